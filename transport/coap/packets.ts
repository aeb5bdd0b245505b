import type { Clock } from '../clock.ts'
import type { Connection } from '../connection.ts'
import { closedError, MessageFormatError, TransportError } from '../errors.ts'
import type { Stream } from '../stream.ts'
import { decodeDatagram, encodeDatagram } from './codec.ts'
import { encodeFrame } from './frame.ts'
import { Code } from './message.ts'
import type { Packet, ReceivedPacket } from './packet.ts'
import { PacketFrames } from './packet-frames.ts'
import { encodeCsm, type Settings } from './signaling.ts'

export interface PacketSessionOptions {
  readonly clock: Clock
  /**
   * Packets that may wait to be received, at least 1. Beyond it the oldest one makes room; over a stream nothing is dropped
   * and the peer has to wait. Default 256.
   */
  readonly maximumWaiting?: number
  /** What the CSM of a stream tells the peer. Default: messages up to 65,536 bytes, block-wise transfers with BERT. */
  readonly settings?: Settings
}

const defaultSettings: Settings = { maximumMessageBytes: 65_536, isBlockwise: true }

type Arrival = ReceivedPacket | TransportError

/**
 * Packets as they come and go, for test consoles: no exchanges, retransmission, deduplication or answers. Nothing is sent
 * by itself but the CSM at the start of a stream (RFC 8323 §5.3), without which no peer would talk. A Ping or a confirmable
 * message is answered only by whoever receives it here; the peer's CSM, Release and Abort are packets like any other.
 */
export class PacketSession {
  readonly #connection: Connection | Stream
  readonly #clock: Clock
  readonly #maximumWaiting: number
  readonly #incoming: PacketFrames | undefined
  /** Empty while anybody receives. */
  readonly #waiting: Arrival[] = []
  /** In the order of their calls. */
  readonly #receivers = new Set<(arrival: Arrival) => void>()
  #end: TransportError | undefined
  /** Packets for the peer of a stream since it stopped reading. */
  #unsent = 0
  #droppedPackets = 0

  constructor(connection: Connection | Stream, options: PacketSessionOptions) {
    this.#connection = connection
    this.#clock = options.clock
    this.#maximumWaiting = options.maximumWaiting ?? 256
    const closed = (error: TransportError) => this.#ended(error)
    if (isStream(connection)) {
      const settings = options.settings ?? defaultSettings
      const incoming = new PacketFrames(connection, settings.maximumMessageBytes)
      this.#incoming = incoming
      connection.receive({
        bytes: bytes => {
          incoming.push(bytes)
          this.#takeFrames(incoming)
        },
        drained: () => {
          this.#unsent = 0
        },
        closed,
      })
      this.sendRaw(encodeFrame(encodeCsm(settings)))
    } else {
      connection.receive({
        datagram: bytes => this.#arrived(readDatagram(bytes)),
        failed: error => this.#arrived(error),
        closed,
      })
    }
  }

  /** Datagrams that made room, unread, because more than `maximumWaiting` would have waited. */
  get droppedPackets(): number {
    return this.#droppedPackets
  }

  /** What ended the session, be it that packets still wait to be received; undefined as long as it lasts. */
  get end(): TransportError | undefined {
    return this.#end
  }

  /**
   * Sends a packet once and returns its bytes. Throws RangeError for one that cannot be written down (a token over eight
   * bytes, a message id over 65,535, an Empty message that carries something), else as {@link sendRaw}.
   */
  send(packet: Packet): Buffer {
    checkFields(packet)
    const bytes = this.#incoming === undefined ? encodeDatagram(packet) : encodeFrame(packet)
    this.sendRaw(bytes)
    return bytes
  }

  /**
   * Sends bytes as they are, which stay so: one datagram, or the next ones of a stream. Throws the TransportError that the
   * session ended with, or QUEUE_FULL when `maximumWaiting` packets wait for the peer of a stream to read.
   */
  sendRaw(bytes: Uint8Array): void {
    if (this.#end !== undefined) throw this.#end
    if (this.#unsent >= this.#maximumWaiting) {
      throw new TransportError('QUEUE_FULL', `the peer does not read: ${this.#unsent} packets wait for it`)
    }
    if (this.#connection.send(bytes) === false) this.#unsent++
  }

  /**
   * The next packet, in order of arrival. Without `timeoutMs` it waits for as long as the session lasts; 0 takes what is
   * there. Rejects with TransportError TIMEOUT; CANCELLED by `signal`; with what the network refused (NETWORK_UNREACHABLE), once
   * and in its place; and behind the last packet with what ended the session (CLOSED, or a HANDSHAKE alert).
   */
  receive(timeoutMs = Number.POSITIVE_INFINITY, signal?: AbortSignal): Promise<ReceivedPacket> {
    if (signal?.aborted === true) return Promise.reject(cancelledError())
    const next = this.#waiting.shift() ?? this.#end
    if (next !== undefined) {
      if (this.#incoming !== undefined) this.#takeFrames(this.#incoming)
      return next instanceof TransportError ? Promise.reject(next) : Promise.resolve(next)
    }
    return new Promise((resolve, reject) => {
      const settle = (arrival: Arrival) => {
        this.#receivers.delete(settle)
        this.#clock.clearTimeout(timer)
        signal?.removeEventListener('abort', cancel)
        if (arrival instanceof TransportError) reject(arrival)
        else resolve(arrival)
      }
      const expire = () => settle(new TransportError('TIMEOUT', `nothing was received within ${timeoutMs} ms`))
      const cancel = () => settle(cancelledError())
      const timer = Number.isFinite(timeoutMs) ? this.#clock.setTimeout(expire, timeoutMs) : undefined
      signal?.addEventListener('abort', cancel)
      this.#receivers.add(settle)
    })
  }

  /** Closes the connection and forgets what waits. Idempotent. */
  close(): void {
    this.#end = closedError()
    this.#waiting.length = 0
    this.#incoming?.clear()
    this.#connection.close()
    this.#rejectReceivers(this.#end)
  }

  #arrived(arrival: Arrival): void {
    const [receiver] = this.#receivers
    if (receiver !== undefined) {
      receiver(arrival)
      return
    }
    if (this.#waiting.length >= this.#maximumWaiting) {
      this.#waiting.shift()
      this.#droppedPackets++
    }
    this.#waiting.push(arrival)
  }

  /** Takes no more than may wait: a stream, unlike datagrams, can make its peer wait instead. */
  #takeFrames(incoming: PacketFrames): void {
    while (this.#waiting.length < this.#maximumWaiting) {
      const packet = incoming.next()
      if (packet === undefined) {
        incoming.resume()
        return
      }
      this.#arrived(packet)
    }
    incoming.pause()
  }

  #ended(error: TransportError): void {
    if (this.#end !== undefined) return
    this.#end = error
    if (this.#incoming !== undefined) {
      this.#incoming.end()
      this.#takeFrames(this.#incoming)
    }
    this.#rejectReceivers(error)
  }

  #rejectReceivers(error: TransportError): void {
    for (const receiver of this.#receivers) receiver(error)
  }
}

/** Only a stream can make its peer wait. */
function isStream(connection: Connection | Stream): connection is Stream {
  return 'pause' in connection
}

function readDatagram(bytes: Buffer): ReceivedPacket {
  try {
    return { kind: 'message', packet: decodeDatagram(bytes), bytes }
  } catch (error) {
    if (!(error instanceof MessageFormatError)) throw error
    return { kind: 'malformed', reason: error.message, bytes }
  }
}

function cancelledError(): TransportError {
  return new TransportError('CANCELLED', 'nobody wants the next packet any more')
}

/** What has no place on the wire; everything else that makes no sense is the sender's to choose. */
function checkFields({ code, messageId, token, options, payload }: Packet): void {
  checkRange('a code', code, 0xff)
  checkRange('a message id', messageId, 0xffff)
  checkRange('the length of a token', token.length, 8)
  for (const { number, value } of options) {
    checkRange('an option number', number, 0xffff)
    checkRange('the length of an option', value.length, 0xffff + 269)
  }
  if (code === Code.empty && token.length + options.length + payload.length > 0) {
    throw new RangeError('an Empty message has no token, options or payload; bytes that break this rule are sent raw')
  }
}

function checkRange(name: string, value: number, maximum: number): void {
  if (!Number.isInteger(value) || value < 0 || value > maximum)
    throw new RangeError(`${name} is 0–${maximum}, not ${value}`)
}
