import { contextTag, DerError, DerReader, DerTag } from './der.ts'

/** What the extensions of a certificate say, as far as the rules ask (RFC 5280 §4.2.1). */
export interface Extensions {
  readonly basicConstraints?: BasicConstraints
  /** The names of RFC 5280 §4.2.1.3. */
  readonly keyUsage?: readonly KeyUsage[]
  /** Object identifiers, at least 1. */
  readonly extendedKeyUsage?: readonly string[]
  readonly alternativeNames?: AlternativeNames
  /** Those that forbid a certificate to who does not understand them. */
  readonly unknown: readonly string[]
}

interface BasicConstraints {
  readonly isCa: boolean
  /** How many certification authorities may stand below it; undefined: any number. */
  readonly pathLength: number | undefined
}

interface AlternativeNames {
  readonly dnsNames: readonly string[]
  readonly uris: readonly string[]
  /** 4 or 16 bytes each. */
  readonly ipAddresses: readonly Buffer[]
}

const readers = {
  '2.5.29.15': reader => ({ keyUsage: readKeyUsage(reader) }),
  '2.5.29.17': reader => ({ alternativeNames: readAlternativeNames(reader) }),
  '2.5.29.19': reader => ({ basicConstraints: readBasicConstraints(reader) }),
  '2.5.29.37': reader => ({ extendedKeyUsage: readExtendedKeyUsage(reader) }),
} satisfies Record<string, (reader: DerReader) => Partial<Extensions>>

/** Restricts all names below a certification authority, and is not checked here: such a one is not trusted at all. */
const nameConstraints = '2.5.29.30'

function isKnown(id: string): id is keyof typeof readers {
  return Object.hasOwn(readers, id)
}

/** Reads the Extensions of a certificate of version 3. Throws DerError. */
export function readExtensions(sequence: DerReader): Extensions {
  const seen = new Set<string>()
  const unknown: string[] = []
  let extensions: Partial<Extensions> = {}
  do {
    const extension = sequence.sequence()
    const id = extension.objectIdentifier()
    const isCritical = extension.hasNext(DerTag.boolean) && extension.boolean()
    const value = new DerReader(extension.value(DerTag.octetString).content)
    extension.end()
    if (seen.has(id)) throw new DerError(`the extension ${id} twice`)
    seen.add(id)
    if (isKnown(id)) {
      extensions = { ...extensions, ...readers[id](value) }
      value.end()
    } else if (isCritical || id === nameConstraints) {
      unknown.push(id)
    }
  } while (!sequence.isDone)
  return { ...extensions, unknown }
}

/** By their bits, the first is the highest of the first byte (X.680 §22.6). */
const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

export type KeyUsage = (typeof keyUsages)[number]

function readKeyUsage(reader: DerReader): KeyUsage[] {
  const [first = 0, second = 0] = reader.bitString()
  const bits = (first << 8) | second
  return keyUsages.filter((_, index) => (bits & (0x8000 >> index)) !== 0)
}

function readBasicConstraints(reader: DerReader): BasicConstraints {
  const constraints = reader.sequence()
  // Some write out the default, which DER leaves away: FALSE.
  const isCa = constraints.hasNext(DerTag.boolean) && constraints.boolean()
  const pathLength = constraints.isDone ? undefined : constraints.smallInteger()
  constraints.end()
  return { isCa, pathLength }
}

function readExtendedKeyUsage(reader: DerReader): string[] {
  const purposes = reader.sequence()
  const ids: string[] = []
  do ids.push(purposes.objectIdentifier())
  while (!purposes.isDone)
  return ids
}

const dnsName = contextTag(2, false)
const uri = contextTag(6, false)
const ipAddress = contextTag(7, false)

function readAlternativeNames(reader: DerReader): AlternativeNames {
  const names = reader.sequence()
  const dnsNames: string[] = []
  const uris: string[] = []
  const ipAddresses: Buffer[] = []
  do {
    const { tag, content } = names.any()
    if (tag === dnsName) dnsNames.push(content.toString('latin1'))
    else if (tag === uri) uris.push(content.toString('latin1'))
    else if (tag === ipAddress) ipAddresses.push(checkedAddress(content))
  } while (!names.isDone)
  return { dnsNames, uris, ipAddresses }
}

function checkedAddress(address: Buffer): Buffer {
  if (address.length !== 4 && address.length !== 16) throw new DerError(`an IP address of ${address.length} bytes`)
  return address
}
