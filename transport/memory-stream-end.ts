import type { Address } from './connection.ts'
import type { DelayedLine } from './delayed-line.ts'
import { TransportError } from './errors.ts'
import type { Stream, StreamReceiver } from './stream.ts'

/** What the ends of a stream have of their network. */
export interface MemoryStreamGround {
  readonly windowBytes: number
  readonly fragmentBytes: readonly [min: number, max: number] | undefined
  pieces(chunks: readonly Buffer[]): readonly Buffer[]
  later(callback: () => void, delayMs: number): void
  /** An end is over. */
  forget(stream: MemoryStream): void
}

/** One end of a stream in memory. */
export class MemoryStream implements Stream {
  readonly local: Address
  readonly remote: Address
  readonly #network: MemoryStreamGround
  readonly #outward: DelayedLine
  readonly #inward: DelayedLine
  #peer!: MemoryStream
  #receiver: StreamReceiver | undefined
  #isPaused = false
  /** Closed by its user, or its user knows that it is over. */
  #isOver = false
  /** Sent, and on its way at the end of this moment. */
  #leaving: Buffer[] = []
  /** Arrived, and not yet handed to the receiver. */
  #unread: Buffer[] = []
  /** What follows the last bytes. */
  #end: TransportError | undefined
  /** How much of what was sent the peer has not read. */
  #unreadByPeerBytes = 0
  /** `send` has returned false, and `drained` is owed. */
  #isWaiting = false

  constructor(network: MemoryStreamGround, local: Address, remote: Address, outward: DelayedLine, inward: DelayedLine) {
    this.#network = network
    this.local = local
    this.remote = remote
    this.#outward = outward
    this.#inward = inward
  }

  /** Both ends: that of `local`, and that of `remote`. */
  static pair(
    network: MemoryStreamGround,
    local: Address,
    remote: Address,
    there: DelayedLine,
    back: DelayedLine,
  ): [near: MemoryStream, far: MemoryStream] {
    const near = new MemoryStream(network, local, remote, there, back)
    const far = new MemoryStream(network, remote, local, back, there)
    near.#peer = far
    far.#peer = near
    return [near, far]
  }

  send(bytes: Uint8Array): boolean {
    if (this.#isOver || bytes.length === 0) return !this.#isWaiting
    this.#unreadByPeerBytes += bytes.length
    this.#isWaiting ||= !this.#hasRoom()
    this.#leaving.push(Buffer.from(bytes))
    if (this.#network.fragmentBytes === undefined) this.#depart()
    else if (this.#leaving.length === 1) this.#network.later(() => this.#depart(), 0)
    return !this.#isWaiting
  }

  receive(receiver: StreamReceiver): void {
    if (this.#isOver) return
    this.#receiver = receiver
    this.#network.later(() => this.#proceed(), 0)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#network.later(() => this.#proceed(), 0)
  }

  close(): void {
    if (this.#isOver) return
    this.#depart()
    this.#finish()
    this.#outward.carry(() => this.#peer.#ended(closed('the peer has closed the connection')))
  }

  /** Makes the stream half-open: nothing arrives any more at either end, and nobody is told. */
  cut(): void {
    this.#outward.cut()
    this.#inward.cut()
  }

  /** Ends the stream at once, with what is on its way: both ends hear that it is closed. */
  reset(): void {
    this.cut()
    for (const end of [this, this.#peer]) end.#broken()
  }

  #depart(): void {
    const pieces = this.#network.pieces(this.#leaving)
    this.#leaving = []
    for (const piece of pieces) this.#outward.carry(() => this.#peer.#arrived(piece))
  }

  #arrived(bytes: Buffer): void {
    if (this.#isOver) return
    this.#unread.push(bytes)
    this.#proceed()
  }

  #ended(end: TransportError): void {
    this.#end = end
    this.#proceed()
  }

  #broken(): void {
    this.#unread = []
    this.#isPaused = false
    this.#end = closed('the connection was reset')
    this.#network.later(() => this.#proceed(), 0)
  }

  /** Tells the receiver what it may be told by now. */
  #proceed(): void {
    this.#tellDrained()
    while (this.#receiver !== undefined && !this.#isPaused) {
      const bytes = this.#unread.shift()
      if (bytes === undefined) break
      this.#read(bytes.length)
      this.#receiver.bytes(bytes)
    }
    const receiver = this.#receiver
    if (this.#end === undefined || receiver === undefined || this.#isPaused) return
    this.#finish()
    receiver.closed(this.#end)
  }

  /** The peer learns at once how much it may send, but when its user is told takes as long as any news. */
  #read(bytes: number): void {
    const peer = this.#peer
    peer.#unreadByPeerBytes -= bytes
    if (peer.#isWaiting && peer.#hasRoom()) this.#outward.carry(() => peer.#tellDrained())
  }

  #tellDrained(): void {
    if (!this.#isWaiting || this.#receiver === undefined || !this.#hasRoom()) return
    this.#isWaiting = false
    this.#receiver.drained()
  }

  #hasRoom(): boolean {
    return this.#unreadByPeerBytes <= this.#network.windowBytes
  }

  #finish(): void {
    this.#isOver = true
    this.#receiver = undefined
    this.#unread = []
    this.#network.forget(this)
  }
}

function closed(why: string): TransportError {
  return new TransportError('CLOSED', why)
}
