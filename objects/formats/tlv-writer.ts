import { OperationError, ValueError } from '../errors.ts'
import { checkValue, isObjectLink, type ResourceType, type Value } from '../value.ts'

/** The kinds of TLV as bits 7-6 of the type byte (LwM2M Core 1.2.2 §7.5.5). */
export const TlvKind = { instance: 0x00, resourceInstance: 0x40, multipleResource: 0x80, resource: 0xc0 } as const

export type TlvKind = (typeof TlvKind)[keyof typeof TlvKind]

const initialBytes = 512
const maxLength = 0xffffff

/**
 * Writes TLVs from the last to the first: a header holds the length of what follows it, so when the headers come after
 * their values each byte is written once, in its final place.
 */
export class TlvWriter {
  #buffer = Buffer.allocUnsafe(initialBytes)
  #start = initialBytes

  /** Bytes written so far. */
  get length(): number {
    return this.#buffer.length - this.#start
  }

  /** What was written; the writer is of no use afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(this.#start)
  }

  /** Puts a header before the `length` bytes written last. */
  header(kind: TlvKind, id: number, length: number): void {
    let type: number = kind
    if (length < 8) {
      type |= length
    } else if (length <= 0xff) {
      type |= 0x08
      this.#uint(length, 1)
    } else if (length <= 0xffff) {
      type |= 0x10
      this.#uint(length, 2)
    } else if (length <= maxLength) {
      type |= 0x18
      this.#uint(length, 3)
    } else {
      throw new OperationError('NOT_ACCEPTABLE', 'longer than a TLV can be')
    }
    if (id > 0xff) type |= 0x20
    this.#uint(id, id > 0xff ? 2 : 1)
    this.#uint(type, 1)
  }

  /** Writes a value in the form of Appendix C. Throws ValueError when it is not of that type. */
  value(type: ResourceType, value: Value): void {
    switch (typeof value) {
      case 'string':
        if (type === 'string' || type === 'coreLink') return this.#text(value)
        break
      case 'number':
        if (type === 'float') return this.#float(value)
        if (type === 'integer' || type === 'unsigned' || type === 'time') return this.#integer(type, value)
        break
      case 'bigint':
        if (type === 'integer' || type === 'unsigned' || type === 'time') return this.#integer(type, value)
        break
      case 'boolean':
        if (type === 'boolean') return this.#uint(value ? 1 : 0, 1)
        break
      default:
        if (type === 'opaque' && value instanceof Uint8Array) return this.#bytes(value)
        if (type === 'objectLink' && isObjectLink(value)) {
          this.#uint(value.instanceId, 2)
          this.#uint(value.objectId, 2)
          return
        }
    }
    throw new ValueError(`expected a value of type ${type}`)
  }

  #text(text: string): void {
    const length = Buffer.byteLength(text)
    const start = this.#reserve(length)
    this.#buffer.write(text, start, length)
  }

  #bytes(bytes: Uint8Array): void {
    const start = this.#reserve(bytes.length)
    this.#buffer.set(bytes, start)
  }

  #float(value: number): void {
    if (!Number.isFinite(value)) throw new ValueError('expected a finite number')
    if (Math.fround(value) === value) {
      const start = this.#reserve(4)
      this.#buffer.writeFloatBE(value, start)
    } else {
      const start = this.#reserve(8)
      this.#buffer.writeDoubleBE(value, start)
    }
  }

  /**
   * Two's complement in 1, 2, 4 or 8 bytes. An unsigned integer gets a leading zero bit below 2^63, so that a reader
   * which takes it for a signed one, as Leshan does, reads the same.
   */
  #integer(type: ResourceType, value: number | bigint): void {
    if (typeof value === 'number' && (value | 0) === value && (value >= 0 || type !== 'unsigned')) {
      const width = value === (value << 24) >> 24 ? 1 : value === (value << 16) >> 16 ? 2 : 4
      const start = this.#reserve(width)
      this.#buffer.writeIntBE(value, start, width)
      return
    }
    const integer = checkValue(type, value) as number | bigint
    if (integer !== value) return this.#integer(type, integer)
    const start = this.#reserve(8)
    this.#buffer.writeBigInt64BE(BigInt.asIntN(64, BigInt(integer)), start)
  }

  #uint(value: number, width: number): void {
    let start = this.#reserve(width)
    for (let shift = (width - 1) * 8; shift >= 0; shift -= 8) this.#buffer[start++] = (value >> shift) & 0xff
  }

  /** Makes room before what was written, and returns where it begins. */
  #reserve(length: number): number {
    if (length > this.#start) this.#grow(length)
    this.#start -= length
    return this.#start
  }

  #grow(length: number): void {
    const written = this.length
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, written + length))
    const start = larger.length - written
    this.#buffer.copy(larger, start, this.#start)
    this.#buffer = larger
    this.#start = start
  }
}
