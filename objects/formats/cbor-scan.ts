import { CborCursor, major, malformedCbor } from './cbor-cursor.ts'

// A SenML pack is two levels deep, three with a decimal fraction; the rest is room for labels to be ignored.
const maxDepth = 8
const tagDecimalFraction = 4

/**
 * Checks that `bytes` are exactly one well-formed CBOR item (RFC 8949) of the kind LwM2M needs, before a decoder that
 * acts on tags gets to see them: no tag but the decimal fraction, at most eight levels, every length within the bytes
 * that are there, map keys integers or text without a duplicate, text in UTF-8, no indefinite-length strings.
 * Linear time, and no memory beyond the keys of one map. Throws {@link FormatError}.
 */
export function scanCbor(bytes: Uint8Array): void {
  const cursor = new CborCursor(bytes)
  skipItem(cursor, 0)
  cursor.end()
}

/** Steps over an item at a depth, checked as {@link scanCbor} does. */
export function skipItem(cursor: CborCursor, depth: number): void {
  if (depth > maxDepth) throw malformedCbor('nested too deeply')
  switch (cursor.peek()) {
    case major.array:
      skipArray(cursor, depth)
      break
    case major.map:
      skipMap(cursor, depth)
      break
    case major.tag:
      skipTag(cursor)
      break
    default:
      skipSingle(cursor)
  }
}

function skipArray(cursor: CborCursor, depth: number): void {
  const count = cursor.array()
  for (let index = 0; cursor.more(index, count); index++) skipItem(cursor, depth + 1)
}

function skipMap(cursor: CborCursor, depth: number): void {
  const count = cursor.map()
  const keys = new KeySet()
  for (let index = 0; cursor.more(index, count); index++) {
    keys.add(cursor.key())
    skipItem(cursor, depth + 1)
  }
}

/** RFC 8949 §3.4.4: an array of exponent and mantissa, here both plain integers. */
function skipTag(cursor: CborCursor): void {
  cursor.head()
  if (cursor.argument !== tagDecimalFraction) throw malformedCbor('a tag that LwM2M does not use')
  if (cursor.array() !== 2) throw malformedCbor('a decimal fraction that is not a pair')
  for (let index = 0; index < 2; index++) {
    if (cursor.head() > major.negative) throw malformedCbor('a decimal fraction that is not of integers')
  }
}

function skipSingle(cursor: CborCursor): void {
  const type = cursor.head()
  if (type === major.bytes) cursor.bytes()
  else if (type === major.text) cursor.text()
}

/** The keys of one map. Those of a SenML record are small integers, and take a bit each. */
export class KeySet {
  #small = 0
  #others: Set<number | string> | undefined

  /** Throws FormatError when the key was there before. */
  add(key: number | string): void {
    if (typeof key === 'number' && key >= -16 && key < 16) {
      const bit = 1 << (key & 31)
      if ((this.#small & bit) !== 0) throw malformedCbor('a map key twice')
      this.#small |= bit
      return
    }
    this.#others ??= new Set()
    const size = this.#others.size
    if (this.#others.add(key).size === size) throw malformedCbor('a map key twice')
  }
}
