import { MessageFormatError } from '../errors.ts'
import {
  ascending,
  checkTokenLength,
  contentBytes,
  decodeContent,
  headerBytes,
  writeContent,
  writeHeader,
} from './codec.ts'
import { type CoapFrame, Code, isRequest, isResponse, isSignal, MessageType } from './message.ts'

/** The forms of a length (RFC 8323 §3.2): in the first half-byte up to 12; else 13, 14 or 15 there, and the rest in bytes. */
const lengthForms = [
  { base: 0, bytes: 0 },
  { base: 13, bytes: 1 },
  { base: 269, bytes: 2 },
  { base: 65_805, bytes: 4 },
] as const

function formOf(length: number): 0 | 1 | 2 | 3 {
  return length < 13 ? 0 : length < 269 ? 1 : length < 65_805 ? 2 : 3
}

/** The bytes of a message on a stream (RFC 8323 §3.2); `options` may come in any order. */
export function encodeFrame(frame: CoapFrame): Buffer {
  const { code, token, payload } = frame
  const options = ascending(frame.options)
  const length = contentBytes(options, payload)
  const form = formOf(length)
  const extended = lengthForms[form]
  const codeIndex = 1 + extended.bytes
  const bytes = Buffer.allocUnsafe(codeIndex + 1 + token.length + length)
  bytes[0] = ((form === 0 ? length : 12 + form) << 4) | token.length
  if (form > 0) bytes.writeUIntBE(length - extended.base, 1, extended.bytes)
  bytes[codeIndex] = code
  writeContent(bytes, codeIndex + 1, token, options, payload)
  return bytes
}

/** A message on a stream that announces more bytes than are accepted (Max-Message-Size, RFC 8323 §5.3.1). */
export class FrameTooLargeError extends Error {
  override readonly name = 'FrameTooLargeError'
  readonly code = 'MESSAGE_TOO_LARGE'
  /** The size of the whole message, from its first byte to its last. */
  readonly announcedBytes: number

  constructor(announcedBytes: number, maximumBytes: number) {
    super(`a message of ${announcedBytes} bytes, where ${maximumBytes} are accepted`)
    this.announcedBytes = announcedBytes
  }
}

const noBytes = Buffer.alloc(0)

/**
 * Finds the messages in the bytes of a stream (RFC 8323 §3.2), however they are split. Memory is taken as bytes arrive, not
 * as a length announces them.
 */
export class FrameReader {
  readonly #maximumMessageBytes: number
  /** A pushed chunk as it came, or memory of its own; what waits lies from `#start` to `#end`. */
  #bytes: Buffer = noBytes
  #start = 0
  #end = 0
  #messageBytes = 0
  #failure: Error | undefined

  /** @param maximumMessageBytes The largest message accepted, from its first byte to its last. */
  constructor(maximumMessageBytes: number) {
    this.#maximumMessageBytes = maximumMessageBytes
  }

  /** What has arrived and waits to be read: less than one message once {@link next} has returned undefined. */
  get pendingBytes(): number {
    return this.#end - this.#start
  }

  /** The same as bytes: a view, which stays as it is when the reader goes on. */
  get pending(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end)
  }

  /** The size of the message that {@link next} has returned last, from its first byte to its last. */
  get messageBytes(): number {
    return this.#messageBytes
  }

  /** Takes bytes that have arrived and will not change. After a failure they are dropped. */
  push(bytes: Buffer): void {
    if (this.#failure !== undefined) return
    const pending = this.pendingBytes
    if (pending === 0) {
      this.#bytes = bytes
      this.#start = 0
      this.#end = bytes.length
      return
    }
    const needed = pending + bytes.length
    // Twice what waits, so that a message that comes byte by byte is not copied as often.
    if (this.#start + needed > this.#bytes.length) this.#move(Math.max(needed, 2 * pending))
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /**
   * The next whole message, which aliases nothing that was pushed; undefined until more bytes come. Empty messages are
   * skipped, whatever they carry (RFC 8323 §3.4). Throws {@link MessageFormatError}, or {@link FrameTooLargeError} once the
   * header has arrived; from then on always the same, since nobody knows where the next message begins.
   */
  next(): CoapFrame | undefined {
    if (this.#failure !== undefined) throw this.#failure
    try {
      const frame = this.#next()
      // The rest of a chunk must not keep the whole of it in memory.
      if (frame === undefined && this.#start > 0) this.#move(this.pendingBytes)
      return frame
    } catch (error) {
      this.#failure = error as Error
      this.#start = this.#end
      this.#move(0)
      throw error
    }
  }

  #next(): CoapFrame | undefined {
    while (this.#start < this.#end) {
      const start = this.#start
      const first = this.#bytes[start] as number
      const tokenLength = first & 15
      checkTokenLength(tokenLength)
      const nibble = first >> 4
      const { base, bytes } = lengthForms[nibble < 13 ? 0 : ((nibble - 12) as 1 | 2 | 3)]
      const codeIndex = start + 1 + bytes
      if (codeIndex >= this.#end) return undefined
      const length = bytes === 0 ? nibble : base + this.#bytes.readUIntBE(start + 1, bytes)
      const end = codeIndex + 1 + tokenLength + length
      if (end - start > this.#maximumMessageBytes) throw new FrameTooLargeError(end - start, this.#maximumMessageBytes)
      const code = this.#bytes[codeIndex] as number
      checkCode(code)
      if (end > this.#end) return undefined
      this.#start = end
      this.#messageBytes = end - start
      if (code !== Code.empty) return decodeFrame(code, tokenLength, this.#bytes.subarray(codeIndex + 1, end))
    }
    return undefined
  }

  /** Moves what waits into memory of this size. */
  #move(size: number): void {
    const bytes = size === 0 ? noBytes : Buffer.allocUnsafeSlow(size)
    bytes.set(this.#bytes.subarray(this.#start, this.#end))
    this.#end -= this.#start
    this.#start = 0
    this.#bytes = bytes
  }
}

function checkCode(code: number): void {
  if (code !== Code.empty && !isRequest(code) && !isResponse(code) && !isSignal(code)) {
    throw new MessageFormatError('a reserved code class')
  }
}

/** Copies token, options and payload behind the header of a datagram: from there on all messages are alike. */
function decodeFrame(code: number, tokenLength: number, content: Buffer): CoapFrame {
  const datagram = Buffer.allocUnsafe(headerBytes + content.length)
  writeHeader(datagram, MessageType.nonConfirmable, tokenLength, code, 0)
  datagram.set(content, headerBytes)
  const { token, options, payload } = decodeContent(datagram)
  return { code, token, options, payload }
}
