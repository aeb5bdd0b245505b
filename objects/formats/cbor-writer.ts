import type { Path } from '../path.ts'
import type { Value } from '../value.ts'
import { formatObjectLink } from './object-link.ts'

/** Major types of CBOR in the upper three bits of the initial byte (RFC 8949 §3.1). */
const Major = { unsigned: 0x00, negative: 0x20, bytes: 0x40, text: 0x60, array: 0x80, map: 0xa0, tag: 0xc0 } as const

/** Seconds since 1970 follow (RFC 8949 §3.4.2). */
export const epochTimeTag = 1

const halfFloat = 0xf9
const singleFloat = 0xfa
const doubleFloat = 0xfb

const initialBytes = 256
const zero = 0x30
const slash = 0x2f

/**
 * Writes CBOR in preferred serialization (RFC 8949 §4.1): the shortest form of every head and, where nothing is lost,
 * of every float. The encoder library writes a float that is integral as an integer, which readers of float resources
 * refuse, and any other one in eight bytes.
 */
export class CborWriter {
  #buffer = Buffer.allocUnsafe(initialBytes)
  #length = 0

  /** What was written; the writer is of no use afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  array(length: number): void {
    this.#head(Major.array, length)
  }

  map(size: number): void {
    this.#head(Major.map, size)
  }

  tag(number: number): void {
    this.#head(Major.tag, number)
  }

  /** A whole number of at most 64 bits. */
  integer(value: number | bigint): void {
    if (value >= 0) this.#head(Major.unsigned, value)
    else this.#head(Major.negative, typeof value === 'bigint' ? -1n - value : -1 - value)
  }

  float(value: number): void {
    const half = halfBits(value)
    if (half !== undefined) {
      this.#reserve(3)
      this.#buffer[this.#length] = halfFloat
      this.#buffer.writeUInt16BE(half, this.#length + 1)
      this.#length += 3
    } else if (Math.fround(value) === value) {
      this.#reserve(5)
      this.#buffer[this.#length] = singleFloat
      this.#buffer.writeFloatBE(value, this.#length + 1)
      this.#length += 5
    } else {
      this.double(value)
    }
  }

  /** A float in eight bytes, even where fewer would do. */
  double(value: number): void {
    this.#reserve(9)
    this.#buffer[this.#length] = doubleFloat
    this.#buffer.writeDoubleBE(value, this.#length + 1)
    this.#length += 9
  }

  /** A number as an integer where it is one, else as a float. */
  number(value: number): void {
    if (Number.isSafeInteger(value)) this.integer(value)
    else this.float(value)
  }

  /** The value of a resource (LwM2M Core 1.2.2 Table C.-2); a number of type float stays one where it is integral. */
  value(value: Value, isFloat: boolean): void {
    switch (typeof value) {
      case 'string':
        this.text(value)
        break
      case 'number':
        if (isFloat) this.float(value)
        else this.number(value)
        break
      case 'bigint':
        this.integer(value)
        break
      case 'boolean':
        this.boolean(value)
        break
      default:
        if (value instanceof Uint8Array) this.bytes(value)
        else this.text(formatObjectLink(value))
    }
  }

  boolean(value: boolean): void {
    this.#byte(value ? 0xf5 : 0xf4)
  }

  null(): void {
    this.#byte(0xf6)
  }

  text(value: string): void {
    if (value.length < 24 && this.#shortText(value)) return
    const length = Buffer.byteLength(value)
    this.#head(Major.text, length)
    this.#reserve(length)
    this.#buffer.write(value, this.#length, length)
    this.#length += length
  }

  /** The identifiers of a path from `level` on as text, separated by slashes. */
  name(level: number, path: Path): void {
    let length = path.length - level - 1
    for (let index = level; index < path.length; index++) length += digitsOf(path[index] as number)
    this.#head(Major.text, length)
    this.#reserve(length)
    let end = this.#length + length
    this.#length = end
    for (let index = path.length - 1; index >= level; index--) {
      let id = path[index] as number
      do {
        this.#buffer[--end] = zero + (id % 10)
        id = Math.floor(id / 10)
      } while (id > 0)
      if (index > level) this.#buffer[--end] = slash
    }
  }

  bytes(value: Uint8Array): void {
    this.#head(Major.bytes, value.length)
    this.#reserve(value.length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
  }

  /** Writes text whose length fits into the initial byte, and returns whether it did: it may not be ASCII. */
  #shortText(value: string): boolean {
    const { length } = value
    this.#reserve(length + 1)
    const start = this.#length + 1
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) return false
      this.#buffer[start + index] = code
    }
    this.#buffer[this.#length] = Major.text | length
    this.#length = start + length
    return true
  }

  #byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  #head(major: number, argument: number | bigint): void {
    this.#reserve(9)
    const buffer = this.#buffer
    const start = this.#length
    if (argument < 24) {
      buffer[start] = major | Number(argument)
      this.#length += 1
    } else if (argument <= 0xff) {
      buffer[start] = major | 24
      buffer[start + 1] = Number(argument)
      this.#length += 2
    } else if (argument <= 0xffff) {
      buffer[start] = major | 25
      buffer.writeUInt16BE(Number(argument), start + 1)
      this.#length += 3
    } else if (argument <= 0xffffffff) {
      buffer[start] = major | 26
      buffer.writeUInt32BE(Number(argument), start + 1)
      this.#length += 5
    } else {
      buffer[start] = major | 27
      buffer.writeBigUInt64BE(BigInt(argument), start + 1)
      this.#length += 9
    }
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + length))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** How many decimal digits an identifier has. */
function digitsOf(id: number): number {
  if (id < 10) return 1
  if (id < 100) return 2
  if (id < 1000) return 3
  return id < 10000 ? 4 : 5
}

const single = new Float32Array(1)
const singleBits = new Uint32Array(single.buffer)

/** The 16 bits of a float that fits into a normal half-precision one without loss, undefined for any other. */
function halfBits(value: number): number | undefined {
  single[0] = value
  if (single[0] !== value) return undefined
  const bits = singleBits[0] as number
  const sign = (bits >>> 16) & 0x8000
  if (value === 0) return sign
  const exponent = ((bits >>> 23) & 0xff) - 127
  if (exponent < -14 || exponent > 15 || (bits & 0x1fff) !== 0) return undefined
  return sign | ((exponent + 15) << 10) | ((bits >>> 13) & 0x3ff)
}
