import { printable } from '../../printable.ts'
import { type DerReader, DerTag, type DerValue } from './der.ts'

/** The name of a subject or issuer (RFC 5280 §4.1.2.4). */
export interface Name {
  /** Two names are one where these bytes are. */
  readonly encoded: Buffer
  /** `CN=server, O=Example`: for people, no control characters, at most 120 characters. */
  readonly text: string
  /** Undefined where there is none, or more than one. */
  readonly commonName: string | undefined
}

const commonName = '2.5.4.3'

/** The short names of attributes that people know (RFC 4514 §3). */
const attributes: Readonly<Record<string, string>> = {
  [commonName]: 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
}

/** Throws DerError. */
export function readName(reader: DerReader): Name {
  const name = reader.value(DerTag.sequence)
  const relativeNames = reader.open(name)
  const parts: string[] = []
  const commonNames: string[] = []
  while (!relativeNames.isDone) {
    const relative = relativeNames.inside(DerTag.set)
    do {
      const attribute = relative.sequence()
      const type = attribute.objectIdentifier()
      const value = decodeText(attribute.any())
      attribute.end()
      if (type === commonName) commonNames.push(value)
      parts.push(`${attributes[type] ?? type}=${value}`)
    } while (!relative.isDone)
  }
  return {
    encoded: name.encoded,
    text: printable(parts.join(', ')),
    commonName: commonNames.length === 1 ? commonNames[0] : undefined,
  }
}

/** The text of an attribute, whichever of the string types it has; in hexadecimal where it is no text. */
function decodeText({ tag, content }: DerValue): string {
  switch (tag) {
    case DerTag.utf8String:
      return content.toString('utf8')
    case DerTag.printableString:
    case DerTag.ia5String:
    case DerTag.teletexString:
      return content.toString('latin1')
    case DerTag.bmpString:
      if (content.length % 2 === 0) return Buffer.from(content).swap16().toString('utf16le')
  }
  return `#${content.toString('hex')}`
}
