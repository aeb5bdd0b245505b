import { OperationError } from '../errors.ts'
import { prefixOf } from '../prefixed-path.ts'
import { CborCursor, major } from './cbor-cursor.ts'
import { ContentFormat } from './format.ts'
import { isName, type Name } from './path-name.ts'
import { readSenmlCbor } from './senml-cbor.ts'
import { SenmlFields, SenmlLabel, type SenmlPackReader } from './senml-fields.ts'
import { readSenmlJson } from './senml-json.ts'

/** No prefix is longer, so that a name says within this many characters what it is about. */
export const longestPrefix = 32

/** A slash before it, and one character that makes it too long. */
const looksAt = longestPrefix + 2

/**
 * The device behind a gateway that a composite operation is about, by the prefix of all its names (LwM2M Gateway 1.1 §8.3.2,
 * §9); undefined: the client itself, or what `contentFormat` does not tell. Of LwM2M CBOR only the first key is looked at.
 * Throws FormatError for a malformed payload, and OperationError NOT_IMPLEMENTED when not all names are about the same.
 */
export function prefixOfNames(contentFormat: number | undefined, payload: Uint8Array): string | undefined {
  switch (contentFormat) {
    case ContentFormat.senmlJson:
    case ContentFormat.senmlEtchJson:
      return prefixOfPack(reader => readSenmlJson(payload, reader))
    case ContentFormat.senmlCbor:
    case ContentFormat.senmlEtchCbor:
      return prefixOfPack(reader => readSenmlCbor(payload, reader))
    case ContentFormat.lwm2mCbor:
      return prefixOfFirstKey(new CborCursor(payload))
    default:
      return undefined
  }
}

function prefixOfPack(read: (reader: SenmlPackReader) => void): string | undefined {
  const prefixes = new Prefixes()
  read(prefixes)
  return prefixes.found
}

function prefixOfFirstKey(cursor: CborCursor): string | undefined {
  if (cursor.map() === 0) return undefined
  if (cursor.peek() === major.array) cursor.array()
  return cursor.peek() === major.text ? String(cursor.key()) : undefined
}

/** Looks at the beginning of the name of each record. */
class Prefixes implements SenmlPackReader {
  readonly fields = new SenmlFields()
  found: string | undefined
  #baseName = ''
  #isFirst = true

  unknownField(): void {
    // Whether it may be there is for the operation to say.
  }

  endRecord(): void {
    const { fields } = this
    if (fields.has(SenmlLabel.bn)) this.#baseName = beginningOf(fields.get(SenmlLabel.bn))
    const prefix = prefixOf((this.#baseName + beginningOf(fields.get(SenmlLabel.n))).slice(0, looksAt))
    fields.clear()
    if (!this.#isFirst && prefix !== this.found) {
      throw new OperationError('NOT_IMPLEMENTED', 'a composite operation on more than the client or one device')
    }
    this.found = prefix
    this.#isFirst = false
  }
}

function beginningOf(field: unknown): string {
  if (!isName(field)) return ''
  return textOf(field, looksAt)
}

function textOf(name: Name, length: number): string {
  if (typeof name === 'string') return name.slice(0, length)
  return Buffer.from(name.bytes.subarray(name.start, Math.min(name.end, name.start + length))).toString()
}
