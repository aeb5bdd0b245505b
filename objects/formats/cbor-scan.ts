import { FormatError } from '../errors.ts'
import { decodeUtf8 } from './bytes.ts'

// A SenML pack is two levels deep, three with a decimal fraction; the rest is room for labels to be ignored.
const maxDepth = 8
const indefinite = -1
const breakByte = 0xff
const tagDecimalFraction = 4

/**
 * Checks that `bytes` are exactly one well-formed CBOR item (RFC 8949) of the kind LwM2M needs, before a decoder that
 * acts on tags gets to see them: no tag but the decimal fraction, at most eight levels, every length within the bytes
 * that are there, map keys integers or text without a duplicate, text in UTF-8, no indefinite-length strings.
 * Linear time, and no memory beyond the keys of one map. Throws {@link FormatError}.
 */
export function scanCbor(bytes: Uint8Array): void {
  new CborScan(bytes).document()
}

const major = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const

class CborScan {
  readonly #bytes: Uint8Array
  #position = 0
  /** The argument of the last head: a value, a length, a count or a tag number; `indefinite` where it has none. */
  #argument = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  document(): void {
    this.#item(0)
    if (this.#position !== this.#bytes.length) throw malformed('bytes after the end')
  }

  #item(depth: number): void {
    if (depth > maxDepth) throw malformed('nested too deeply')
    switch (this.#head()) {
      case major.bytes:
        this.#skipString()
        break
      case major.text:
        this.#text()
        break
      case major.array:
        this.#array(depth)
        break
      case major.map:
        this.#map(depth)
        break
      case major.tag:
        if (this.#argument !== tagDecimalFraction) throw malformed('a tag that LwM2M does not use')
        this.#decimalFraction()
        break
    }
  }

  #array(depth: number): void {
    const count = this.#argument
    if (count === indefinite) {
      while (!this.#break()) this.#item(depth + 1)
      return
    }
    this.#require(count)
    for (let index = 0; index < count; index++) this.#item(depth + 1)
  }

  #map(depth: number): void {
    const count = this.#argument
    const keys = new KeySet()
    if (count === indefinite) {
      while (!this.#break()) this.#entry(keys, depth)
      return
    }
    this.#require(count * 2)
    for (let index = 0; index < count; index++) this.#entry(keys, depth)
  }

  #entry(keys: KeySet, depth: number): void {
    if (!keys.add(this.#key())) throw malformed('a map key twice')
    this.#item(depth + 1)
  }

  #key(): number | string {
    const type = this.#head()
    if (type === major.text) {
      const start = this.#text()
      return decodeUtf8(this.#bytes.subarray(start, this.#position))
    }
    if (type > major.negative) throw malformed('a map key that is neither an integer nor text')
    if (this.#argument > 0xffffffff) throw malformed('a map key of more than 32 bits')
    return type === major.negative ? -1 - this.#argument : this.#argument
  }

  /** RFC 8949 §3.4.4: an array of exponent and mantissa, here both plain integers. */
  #decimalFraction(): void {
    const type = this.#head()
    if (type !== major.array || this.#argument !== 2) throw malformed('a decimal fraction that is not a pair')
    for (let index = 0; index < 2; index++) {
      if (this.#head() > major.negative) throw malformed('a decimal fraction that is not of integers')
    }
  }

  /** Returns where the text starts; it ends at the position. */
  #text(): number {
    const start = this.#position
    this.#skipString()
    for (let index = start; index < this.#position; index++) {
      if ((this.#bytes[index] as number) > 0x7f) {
        decodeUtf8(this.#bytes.subarray(start, this.#position))
        break
      }
    }
    return start
  }

  #skipString(): void {
    if (this.#argument === indefinite) throw malformed('a string of indefinite length')
    this.#require(this.#argument)
    this.#position += this.#argument
  }

  /** Reads an initial byte and its argument (RFC 8949 §3) and returns the major type. */
  #head(): number {
    this.#require(1)
    const first = this.#bytes[this.#position++] as number
    const type = first >> 5
    const information = first & 0x1f
    if (type === major.simple) this.#checkSimple(information)
    if (information < 24) this.#argument = information
    else if (information < 28) this.#argument = this.#integer(1 << (information - 24))
    else if (information === 31 && (type === major.array || type === major.map)) this.#argument = indefinite
    else if (information === 31 && (type === major.bytes || type === major.text)) this.#argument = indefinite
    else throw malformed('a reserved initial byte')
    return type
  }

  /** Of the simple values only false, true, null and undefined are known; a break is met by its container. */
  #checkSimple(information: number): void {
    if (information < 20 || information === 24) throw malformed('an unassigned simple value')
  }

  /** Exact up to 2^53, which is more than any length, key or tag that is accepted. */
  #integer(width: number): number {
    this.#require(width)
    let value = 0
    for (let index = 0; index < width; index++) value = value * 256 + (this.#bytes[this.#position++] as number)
    return value
  }

  #break(): boolean {
    if (this.#bytes[this.#position] !== breakByte) return false
    this.#position++
    return true
  }

  #require(count: number): void {
    if (count > this.#bytes.length - this.#position) throw malformed('cut short')
  }
}

/** The keys of one map. Those of a SenML record are small integers, and take a bit each. */
class KeySet {
  #small = 0
  #others: Set<number | string> | undefined

  /** Returns false when the key was there before. */
  add(key: number | string): boolean {
    if (typeof key === 'number' && key >= -16 && key < 16) {
      const bit = 1 << (key & 31)
      if ((this.#small & bit) !== 0) return false
      this.#small |= bit
      return true
    }
    this.#others ??= new Set()
    const size = this.#others.size
    return this.#others.add(key).size > size
  }
}

function malformed(what: string): FormatError {
  return new FormatError(`CBOR: ${what}`)
}
