import { MessageFormatError } from '../errors.ts'
import type { Stream } from '../stream.ts'
import { encodeFrame, FrameReader, FrameTooLargeError } from './frame.ts'
import { type CoapFrame, MessageType } from './message.ts'
import type { Packet, ReceivedPacket } from './packet.ts'

const noBytes = Buffer.alloc(0)

/**
 * The packets in the bytes of a stream, and the bytes that are none. Empty messages, which mean nothing there, are skipped
 * (RFC 8323 §3.4).
 */
export class PacketFrames {
  readonly #stream: Stream
  readonly #reader: FrameReader
  /** Nobody knows where a next message would begin: there was a malformed one, or only half of one. */
  #isLost = false
  /** What came behind the malformed message. */
  #stray: Buffer = noBytes
  #isPaused = false
  #isEnded = false

  constructor(stream: Stream, maximumMessageBytes: number) {
    this.#stream = stream
    this.#reader = new FrameReader(maximumMessageBytes)
  }

  /** Takes bytes that have arrived. */
  push(bytes: Buffer): void {
    if (this.#isLost) this.#stray = this.#stray.length === 0 ? bytes : Buffer.concat([this.#stray, bytes])
    else this.#reader.push(bytes)
  }

  /** Undefined until more bytes come. */
  next(): ReceivedPacket | undefined {
    if (this.#isLost) return this.#nextStray()
    const unread = this.#reader.pending
    let frame: CoapFrame | undefined
    try {
      frame = this.#reader.next()
    } catch (error) {
      if (!(error instanceof MessageFormatError || error instanceof FrameTooLargeError)) throw error
      this.#isLost = true
      return { kind: 'malformed', reason: error.message, bytes: unread }
    }
    if (frame !== undefined) {
      const packet: Packet = { ...frame, type: MessageType.nonConfirmable, messageId: 0 }
      // The bytes that it came in: RFC 8323 §3.2 and RFC 7252 §3.1 leave one way to write a message down.
      return { kind: 'message', packet, bytes: encodeFrame(frame) }
    }
    if (!this.#isEnded || this.#reader.pendingBytes === 0) return undefined
    this.#isLost = true
    return { kind: 'malformed', reason: 'the stream ended within a message', bytes: this.#reader.pending }
  }

  /** Makes the peer wait until {@link resume}. */
  pause(): void {
    if (this.#isPaused || this.#isEnded) return
    this.#isPaused = true
    this.#stream.pause()
  }

  resume(): void {
    if (!this.#isPaused || this.#isEnded) return
    this.#isPaused = false
    this.#stream.resume()
  }

  /** No more bytes will come: half a message is malformed from now on. */
  end(): void {
    this.#isEnded = true
  }

  /** Nothing more is read, not even what has arrived. */
  clear(): void {
    this.#isEnded = true
    this.#isLost = true
    this.#stray = noBytes
  }

  #nextStray(): ReceivedPacket | undefined {
    const bytes = this.#stray
    if (bytes.length === 0) return undefined
    this.#stray = noBytes
    return { kind: 'malformed', reason: 'behind a malformed message', bytes }
  }
}
