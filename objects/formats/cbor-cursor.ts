import { FormatError } from '../errors.ts'
import { asBuffer, decodeUtf8 } from './bytes.ts'
import type { NameBytes } from './path-name.ts'

/** Major types of CBOR (RFC 8949 §3.1). */
export const major = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const

/** The argument of an array, map or string that ends with a break. */
export const indefinite = -1

/** What a single item can be in a LwM2M payload; integers beyond 2^53 are bigints. */
export type CborItem = number | bigint | string | boolean | Uint8Array | null

const breakByte = 0xff
const tagDateTime = 0
const tagEpochTime = 1
const tagDecimalFraction = 4
const dateTimePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i

/**
 * Reads well-formed CBOR (RFC 8949) from the first byte to the last, item by item, without ever going beyond the bytes
 * that are there. Every method throws {@link FormatError} where something else follows.
 */
export class CborCursor {
  readonly #bytes: Buffer
  #position = 0
  #argument = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = asBuffer(bytes)
  }

  /** The argument of the last head: a value, a length, a count or a tag number; `indefinite` where it has none. */
  get argument(): number {
    return this.#argument
  }

  /** Throws unless everything is read. */
  end(): void {
    if (this.#position !== this.#bytes.length) throw malformedCbor('bytes after the end')
  }

  /** Reads an initial byte and its argument (RFC 8949 §3) and returns the major type. */
  head(): number {
    const first = this.#bytes[this.#position]
    if (first === undefined) throw malformedCbor('cut short')
    this.#position++
    const type = first >> 5
    const information = first & 0x1f
    if (type === major.simple && (information < 20 || information === 24)) {
      throw malformedCbor('an unassigned simple value')
    }
    if (information < 24) this.#argument = information
    else if (information < 28) this.#argument = this.#integer(1 << (information - 24))
    else if (information === 31 && type >= major.bytes && type <= major.map) this.#argument = indefinite
    else throw malformedCbor('a reserved initial byte')
    return type
  }

  /** The number of items of the array that begins here, or `indefinite`. */
  array(): number {
    if (this.head() !== major.array) throw malformedCbor('an array expected')
    this.require(this.#argument)
    return this.#argument
  }

  /** The number of entries of the map that begins here, or `indefinite`. */
  map(): number {
    if (this.head() !== major.map) throw malformedCbor('a map expected')
    this.require(this.#argument * 2)
    return this.#argument
  }

  /** Whether an array or map of `count` goes on after `index` items; steps over its break. */
  more(index: number, count: number): boolean {
    if (count !== indefinite) return index < count
    if (this.#bytes[this.#position] !== breakByte) return true
    this.#position++
    return false
  }

  /** The major type of the next item, undefined at the end. */
  peek(): number | undefined {
    const first = this.#bytes[this.#position]
    return first === undefined ? undefined : first >> 5
  }

  /** A map key: text or an integer of at most 32 bits. */
  key(): number | string {
    const first = this.#bytes[this.#position]
    if (first !== undefined && first < 24) {
      this.#position++
      return first
    }
    const type = this.head()
    if (type === major.text) return this.text()
    if (type > major.negative) throw malformedCbor('a map key that is neither an integer nor text')
    if (this.#argument > 0xffffffff) throw malformedCbor('a map key of more than 32 bits')
    return type === major.negative ? -1 - this.#argument : this.#argument
  }

  /** The text whose head was read. */
  text(): string {
    this.requireLength(this.#argument)
    const start = this.#position
    this.#position += this.#argument
    return decodeUtf8(this.#bytes, start, this.#position)
  }

  /** Where a text lies. */
  name(): NameBytes {
    if (this.head() !== major.text) throw malformedCbor('a name that is no text')
    this.requireLength(this.#argument)
    const start = this.#position
    this.#position += this.#argument
    return { bytes: this.#bytes, start, end: this.#position }
  }

  /** The byte string whose head was read; shares memory with the payload. */
  bytes(): Uint8Array {
    this.requireLength(this.#argument)
    const start = this.#position
    this.#position += this.#argument
    return this.#bytes.subarray(start, this.#position)
  }

  /** A single item that is no array, map or tag but a decimal fraction, which becomes a number. */
  item(): CborItem {
    if (this.peek() === major.simple) return this.#simple()
    switch (this.head()) {
      case major.unsigned:
        return this.#exact()
      case major.negative: {
        const argument = this.#exact()
        return argument < Number.MAX_SAFE_INTEGER ? -1 - Number(argument) : -1n - BigInt(argument)
      }
      case major.bytes:
        return this.#argument === indefinite ? Buffer.concat(this.#chunks(major.bytes)) : this.bytes()
      case major.text:
        return this.#argument === indefinite
          ? this.#chunks(major.text)
              .map(chunk => decodeUtf8(chunk))
              .join('')
          : this.text()
      case major.tag:
        if (this.#argument === tagDecimalFraction) return this.#decimalFraction()
        throw malformedCbor('a tag that LwM2M does not use')
      default:
        throw malformedCbor('a single value expected')
    }
  }

  /** {@link item}, or a time with its tag (RFC 8949 §3.4.1, §3.4.2) as seconds since 1970. */
  time(): CborItem {
    const first = this.#bytes[this.#position]
    const tag = first === undefined || first >> 5 !== major.tag ? undefined : first & 0x1f
    if (tag === tagDateTime || tag === tagEpochTime) this.#position++
    const item = this.item()
    if (tag !== tagDateTime) return item
    const milliseconds = typeof item === 'string' && dateTimePattern.test(item) ? Date.parse(item) : Number.NaN
    if (Number.isNaN(milliseconds)) throw malformedCbor('a date and time that is none')
    return milliseconds / 1000
  }

  /** Throws unless `count` more bytes are there. */
  require(count: number): void {
    if (count > this.#bytes.length - this.#position) throw malformedCbor('cut short')
  }

  /** Throws unless a string of this definite length is there. */
  requireLength(length: number): void {
    if (length === indefinite) throw malformedCbor('a string of indefinite length')
    this.require(length)
  }

  /** Exact up to 2^53, which is more than any length, key or tag that is accepted. */
  #integer(width: number): number {
    this.require(width)
    let value = 0
    for (let index = 0; index < width; index++) value = value * 256 + (this.#bytes[this.#position++] as number)
    return value
  }

  #exact(): number | bigint {
    if (this.#argument <= Number.MAX_SAFE_INTEGER) return this.#argument
    return this.#bytes.readBigUInt64BE(this.#position - 8)
  }

  #chunks(type: number): Uint8Array[] {
    const chunks: Uint8Array[] = []
    while (this.more(0, indefinite)) {
      if (this.head() !== type) throw malformedCbor('a chunk of another type')
      chunks.push(this.bytes())
    }
    return chunks
  }

  /** RFC 8949 §3.4.4: an array of exponent and mantissa, here both plain integers. */
  #decimalFraction(): number {
    if (this.array() !== 2) throw malformedCbor('a decimal fraction that is not a pair')
    const exponent = this.#plainInteger()
    const mantissa = this.#plainInteger()
    return Number(`${mantissa}e${exponent}`)
  }

  #plainInteger(): string {
    const type = this.peek()
    if (type === undefined || type > major.negative) throw malformedCbor('a decimal fraction that is not of integers')
    return String(this.item())
  }

  #simple(): CborItem {
    const first = this.#bytes[this.#position++] as number
    const start = this.#position
    switch (first) {
      case 0xf4:
        return false
      case 0xf5:
        return true
      case 0xf6:
        return null
      case 0xf9:
        this.#skip(2)
        return halfFloat(((this.#bytes[start] as number) << 8) | (this.#bytes[start + 1] as number))
      case 0xfa:
        this.#skip(4)
        return this.#bytes.readFloatBE(start)
      case 0xfb:
        this.#skip(8)
        return this.#bytes.readDoubleBE(start)
      default:
        throw malformedCbor('a simple value that LwM2M does not use')
    }
  }

  #skip(count: number): void {
    this.require(count)
    this.#position += count
  }
}

const single = new Float32Array(1)
const singleBits = new Uint32Array(single.buffer)

/** A half-precision float (RFC 8949 Appendix D), by way of the single-precision one of the same value. */
function halfFloat(bits: number): number {
  const sign = (bits & 0x8000) << 16
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return (sign === 0 ? fraction : -fraction) * 2 ** -24
  singleBits[0] = sign | ((exponent === 0x1f ? 0xff : exponent + 112) << 23) | (fraction << 13)
  return single[0] as number
}

export function malformedCbor(what: string): FormatError {
  return new FormatError(`CBOR: ${what}`)
}
