import type { Clock } from './clock.ts'
import type { Address } from './connection.ts'
import { DelayedLine } from './delayed-line.ts'
import { closedError, TransportError } from './errors.ts'
import { MemoryStream } from './memory-stream-end.ts'
import type { Random } from './random.ts'
import type { StreamConnectOptions, StreamListener, StreamListenOptions, StreamNetwork } from './stream.ts'

/** What streams share with the datagrams of their network. */
export interface MemoryGround {
  readonly conditions: { readonly loss: number }
  drawDelayMs(): number
  freshAddress(host: string): Address
  later(callback: () => void, delayMs: number): void
}

/** How long an attempt to connect takes that nobody answers: what Linux allows by default. */
const connectTimeoutMs = 127_000

const clientHost = '10.0.0.1'

/**
 * Streams of a network in memory, for tests and simulations, the same for the same seed. They have the delays of the
 * network, connecting that of a round trip. They lose nothing and keep the order; while the network loses everything
 * (`loss` 1) they stall, and whoever connects gets TIMEOUT. There is no TLS in memory: NOT_SUPPORTED.
 */
export class MemoryStreamNetwork implements StreamNetwork {
  readonly #clock: Clock
  readonly #random: Random
  readonly #ground: MemoryGround
  readonly #listeners = new Map<string, (stream: MemoryStream) => void>()
  /** The ends that are not over. */
  readonly #streams = new Set<MemoryStream>()
  /** How many bytes a receiver may leave unread before `send` returns false. May be changed at any time. */
  windowBytes = 65_536
  /**
   * Cuts what is sent at the same time into pieces of so many bytes, whatever each `send` held; the last may be shorter.
   * Each travels with a delay of its own. Undefined: each `send` arrives as it is. Holds for what is sent from then on.
   */
  fragmentBytes: readonly [min: number, max: number] | undefined

  constructor(options: { clock: Clock; random: Random; ground: MemoryGround }) {
    this.#clock = options.clock
    this.#random = options.random
    this.#ground = options.ground
  }

  connect(remote: Address, { signal, tls }: StreamConnectOptions = {}): Promise<MemoryStream> {
    if (tls !== undefined) return Promise.reject(noTls())
    if (signal?.aborted === true) return Promise.reject(closedError())
    const [there, back] = [new DelayedLine(this.#clock, this), new DelayedLine(this.#clock, this)]
    const [near, far] = MemoryStream.pair(this, this.#ground.freshAddress(clientHost), { ...remote }, there, back)
    this.#streams.add(near)
    return new Promise((resolve, reject) => {
      const abort = () => {
        near.close()
        reject(closedError())
      }
      const settle = (error?: TransportError) => {
        signal?.removeEventListener('abort', abort)
        if (error === undefined) {
          resolve(near)
          return
        }
        near.cut()
        near.close()
        reject(error)
      }
      signal?.addEventListener('abort', abort, { once: true })
      if (this.isDown) {
        this.later(() => settle(unanswered(remote)), connectTimeoutMs)
        return
      }
      there.carry(() => {
        const listener = this.#listeners.get(key(remote))
        back.carry(() => settle(listener === undefined ? refused(remote) : undefined))
        if (listener === undefined) return
        this.#streams.add(far)
        listener(far)
      })
    })
  }

  listen(
    local: Address,
    accept: (stream: MemoryStream) => void,
    { tls }: StreamListenOptions = {},
  ): Promise<StreamListener> {
    if (tls !== undefined) return Promise.reject(noTls())
    const address = local.port === 0 ? this.#ground.freshAddress(local.host) : local
    if (this.#listeners.has(key(address))) return Promise.reject(inUse(address))
    this.#listeners.set(key(address), accept)
    let isListening = true
    return Promise.resolve({
      local: address,
      close: () => {
        if (isListening) this.#stopListening(address)
        isListening = false
        return Promise.resolve()
      },
    })
  }

  #stopListening(address: Address): void {
    this.#listeners.delete(key(address))
    for (const stream of this.#streams) {
      if (isSame(stream.local, address)) stream.close()
    }
  }

  /**
   * Makes the streams of an address, or all, half-open: nothing arrives any more, and nobody is told. So it is when a NAT
   * has forgotten its binding or a client got another address. Streams opened later are whole.
   */
  cut(address?: Address): void {
    for (const stream of this.#streams) {
      if (address === undefined || isSame(stream.local, address) || isSame(stream.remote, address)) stream.cut()
    }
  }

  /** The pieces in which bytes that are sent at the same time travel. */
  pieces(chunks: readonly Buffer[]): readonly Buffer[] {
    if (this.fragmentBytes === undefined) return chunks
    const [min, max] = this.fragmentBytes
    const bytes = Buffer.concat(chunks)
    const pieces: Buffer[] = []
    for (let start = 0; start < bytes.length; ) {
      const end = start + Math.max(1, min + Math.floor(this.#random.fraction() * (max - min + 1)))
      pieces.push(bytes.subarray(start, end))
      start = end
    }
    return pieces
  }

  get isDown(): boolean {
    return this.#ground.conditions.loss >= 1
  }

  drawDelayMs(): number {
    return this.#ground.drawDelayMs()
  }

  later(callback: () => void, delayMs: number): void {
    this.#ground.later(callback, delayMs)
  }

  forget(stream: MemoryStream): void {
    this.#streams.delete(stream)
  }
}

function key({ host, port }: Address): string {
  return `${host} ${port}`
}

function isSame(a: Address, b: Address): boolean {
  return a.host === b.host && a.port === b.port
}

function noTls(): TransportError {
  return new TransportError('NOT_SUPPORTED', 'there is no TLS in the in-memory network')
}

function refused({ host, port }: Address): TransportError {
  return new TransportError('NETWORK_UNREACHABLE', `${host} port ${port} cannot be reached (nothing listens there)`)
}

function unanswered({ host, port }: Address): TransportError {
  return new TransportError('TIMEOUT', `${host} port ${port} does not answer`)
}

function inUse({ host, port }: Address): TransportError {
  return new TransportError('ADDRESS_IN_USE', `${host} port ${port} is in use`)
}
