import type { Duplex } from 'node:stream'
import { backgroundClock, type Clock, type Timer } from './clock.ts'
import type { Address } from './connection.ts'
import type { TransportError } from './errors.ts'
import type { Stream, StreamReceiver } from './stream.ts'
import { closedByPeer } from './stream-error.ts'

/** How long the peer may take to read what is left, once the stream is closed. */
const lingerMs = 5_000

/** What a {@link Stream} tells of its ends. */
export type StreamEnds = Pick<Stream, 'local' | 'remote' | 'identity' | 'proof'>

/** Who the peer has proved to be. */
export type Proven = Pick<Stream, 'identity' | 'proof'>

/** Tells what the error of a duplex means that is open. */
export type ExplainError = (error: Error, remote: Address) => TransportError

/** A {@link Stream} on a stream of Node: a TCP or TLS socket. */
export class DuplexStream implements Stream {
  readonly local: Address
  readonly remote: Address
  readonly identity: Stream['identity']
  readonly proof: Stream['proof']
  readonly #duplex: Duplex
  readonly #clock: Clock
  #receiver: StreamReceiver | undefined
  #isReading = false
  #isPaused = false
  #isCorked = false
  /** Nothing is sent or received any more. */
  #isOver = false
  /** Why, where there was nobody yet to be told. */
  #untold: TransportError | undefined
  #linger: Timer
  readonly #uncork = () => {
    this.#isCorked = false
    this.#duplex.uncork()
  }

  /** `duplex` is open, nobody has read from it, and belongs to the stream from now on. */
  constructor(duplex: Duplex, ends: StreamEnds, explain: ExplainError, clock: Clock = backgroundClock) {
    this.local = ends.local
    this.remote = ends.remote
    this.identity = ends.identity
    this.proof = ends.proof
    this.#duplex = duplex
    this.#clock = clock
    duplex.on('drain', () => this.#receiver?.drained())
    duplex.on('end', () => this.#lose(closedByPeer()))
    duplex.on('error', error => this.#lose(explain(error, this.remote)))
    duplex.on('close', () => {
      clock.clearTimeout(this.#linger)
      this.#lose(closedByPeer())
    })
  }

  receive(receiver: StreamReceiver): void {
    if (this.#isOver) {
      process.nextTick(() => this.#tell(receiver))
      return
    }
    this.#receiver = receiver
    if (this.#isReading) return
    this.#isReading = true
    this.#duplex.on('data', (bytes: Buffer) => this.#receiver?.bytes(bytes))
    if (!this.#isPaused) this.#duplex.resume()
  }

  send(bytes: Uint8Array): boolean {
    if (this.#isOver) return true
    // What one turn of the event loop sends leaves together.
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#duplex.cork()
      process.nextTick(this.#uncork)
    }
    return this.#duplex.write(bytes)
  }

  pause(): void {
    if (this.#isOver) return
    this.#isPaused = true
    this.#duplex.pause()
  }

  resume(): void {
    if (this.#isOver) return
    this.#isPaused = false
    if (this.#isReading) this.#duplex.resume()
  }

  close(): void {
    this.#untold = undefined
    if (!this.#isOver) this.#end()
  }

  #lose(error: TransportError): void {
    if (this.#isOver) return
    const receiver = this.#receiver
    this.#untold = error
    this.#end()
    if (receiver !== undefined) this.#tell(receiver)
  }

  #tell(receiver: StreamReceiver): void {
    const error = this.#untold
    this.#untold = undefined
    if (error !== undefined) receiver.closed(error)
  }

  #end(): void {
    this.#isOver = true
    this.#receiver = undefined
    const duplex = this.#duplex
    if (duplex.destroyed) return
    duplex.end()
    // A socket that is closed with bytes unread resets the connection, and what the peer has not yet read is lost.
    duplex.resume()
    this.#linger = this.#clock.setTimeout(() => duplex.destroy(), lingerMs)
  }
}
