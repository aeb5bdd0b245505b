import type { Clock, Timer } from '../transport/clock.ts'
import type { TransportLetter } from './current-transport.ts'

/** How long an answer may take to leave. */
const answerMs = 100

/**
 * A transport that a server has asked for, whatever its account says (Registration Update Trigger, LwM2M Core 1.2.2 §6.2.1.2): the
 * connection in use is released at once, and the next one is opened by it.
 */
export class TransportOverride {
  readonly #clock: Clock
  readonly #reconnect: () => void
  #transport: TransportLetter | undefined
  #timer: Timer

  constructor(clock: Clock, reconnect: () => void) {
    this.#clock = clock
    this.#reconnect = reconnect
  }

  set(transport: TransportLetter): void {
    this.#transport = transport
    this.#clock.clearTimeout(this.#timer)
    // The answer to the server's request goes out first.
    this.#timer = this.#clock.setTimeout(this.#reconnect, answerMs)
  }

  /** For the connection that is opened now; it counts once. */
  take(): TransportLetter | undefined {
    const transport = this.#transport
    this.#transport = undefined
    return transport
  }

  /** The connection in use is over already. */
  released(): void {
    this.#clock.clearTimeout(this.#timer)
  }
}
