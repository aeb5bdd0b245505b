import type { Clock, Timer } from '../clock.ts'
import type { CoapParameters } from './parameters.ts'

export interface LivenessOptions {
  readonly clock: Clock
  readonly parameters: Pick<CoapParameters, 'pingAfterMs' | 'pongTimeoutMs'>
  /** Whether something of the peer is awaited. */
  readonly isAwaiting: () => boolean
  readonly ping: () => void
  /** The peer answers nothing: the connection is half open, its other end is gone. */
  readonly onDead: () => void
}

/**
 * Finds streams whose other end is gone without a word (RFC 8323 §5.4): where an answer is awaited and nothing arrives, the
 * peer is asked by a Ping. One timer, which runs only while something is awaited.
 */
export class Liveness {
  readonly #options: LivenessOptions
  #timer: Timer
  #heardMs: number
  #pingedMs: number | undefined

  constructor(options: LivenessOptions) {
    this.#options = options
    this.#heardMs = options.clock.now()
  }

  /** The peer has sent something. */
  heard(): void {
    this.#heardMs = this.#options.clock.now()
  }

  /** Something is awaited from now on. */
  watch(): void {
    if (this.#timer !== undefined) return
    // A silence in which nobody waited for anything is none.
    this.heard()
    this.#arm(this.#options.parameters.pingAfterMs)
  }

  stop(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(delayMs: number): void {
    this.#timer = this.#options.clock.setTimeout(() => this.#check(), delayMs)
  }

  #check(): void {
    this.#timer = undefined
    const { clock, parameters, isAwaiting, ping, onDead } = this.#options
    const pingedMs = this.#pingedMs
    this.#pingedMs = undefined
    if (!isAwaiting()) return
    if (pingedMs !== undefined && this.#heardMs < pingedMs) {
      onDead()
      return
    }
    const nowMs = clock.now()
    const silentMs = nowMs - this.#heardMs
    if (silentMs < parameters.pingAfterMs) {
      this.#arm(parameters.pingAfterMs - silentMs)
      return
    }
    this.#pingedMs = nowMs
    this.#arm(parameters.pongTimeoutMs)
    ping()
  }
}
