import { AlertDescription, DtlsError } from './alert.ts'

/**
 * Reads the presentation language of TLS (RFC 5246 §4) from its first byte to its last. What does not fit throws
 * {@link DtlsError} `decodeError`. All bytes returned are views.
 */
export class ByteReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** How many bytes are still to be read. */
  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#take(1))
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  uint24(): number {
    return this.#bytes.readUIntBE(this.#take(3), 3)
  }

  bytes(length: number): Buffer {
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** A vector of `minimum` to `maximum` bytes behind its length in one byte. */
  vector8(minimum = 0, maximum = 0xff): Buffer {
    return this.#vector(this.uint8(), minimum, maximum)
  }

  /** A vector of `minimum` to `maximum` bytes behind its length in two bytes. */
  vector16(minimum = 0, maximum = 0xffff): Buffer {
    return this.#vector(this.uint16(), minimum, maximum)
  }

  /** A vector of `minimum` to `maximum` bytes behind its length in three bytes. */
  vector24(minimum = 0, maximum = 0xffffff): Buffer {
    return this.#vector(this.uint24(), minimum, maximum)
  }

  /** Says that nothing may follow. */
  end(): void {
    if (this.remaining > 0) throw malformed(`${this.remaining} bytes too many`)
  }

  #vector(length: number, minimum: number, maximum: number): Buffer {
    if (length < minimum || length > maximum)
      throw malformed(`a vector of ${minimum} to ${maximum} bytes has ${length}`)
    return this.bytes(length)
  }

  /** Moves on by `length` bytes and returns where they begin. */
  #take(length: number): number {
    const start = this.#offset
    if (length > this.#bytes.length - start) throw malformed('ends too early')
    this.#offset = start + length
    return start
  }
}

function malformed(what: string): DtlsError {
  return new DtlsError(AlertDescription.decodeError, `malformed: ${what}`)
}

const initialBytes = 128

/** Writes what {@link ByteReader} reads. A number or vector too large for its field throws RangeError. */
export class ByteWriter {
  #bytes: Buffer
  #length = 0

  /** @param expectedBytes room from the beginning; more is made when it is needed */
  constructor(expectedBytes = initialBytes) {
    this.#bytes = Buffer.allocUnsafe(expectedBytes)
  }

  uint8(value: number): this {
    const start = this.#grow(1)
    this.#bytes.writeUInt8(value, start)
    return this
  }

  uint16(value: number): this {
    const start = this.#grow(2)
    this.#bytes.writeUInt16BE(value, start)
    return this
  }

  uint24(value: number): this {
    const start = this.#grow(3)
    this.#bytes.writeUIntBE(value, start, 3)
    return this
  }

  bytes(bytes: Uint8Array): this {
    const start = this.#grow(bytes.length)
    this.#bytes.set(bytes, start)
    return this
  }

  vector8(bytes: Uint8Array): this {
    return this.uint8(bytes.length).bytes(bytes)
  }

  vector16(bytes: Uint8Array): this {
    return this.uint16(bytes.length).bytes(bytes)
  }

  vector24(bytes: Uint8Array): this {
    return this.uint24(bytes.length).bytes(bytes)
  }

  /** A vector of all that `write` adds to this writer, behind its length in two bytes. */
  nested16(write: () => void): this {
    const start = this.#grow(2)
    write()
    this.#bytes.writeUInt16BE(this.#length - start - 2, start)
    return this
  }

  /** All that was written. The writer is not used afterwards. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Makes room for `length` bytes and returns where they begin. */
  #grow(length: number): number {
    const start = this.#length
    const end = start + length
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, 2 * this.#bytes.length))
      larger.set(this.#bytes.subarray(0, start))
      this.#bytes = larger
    }
    this.#length = end
    return start
  }
}
