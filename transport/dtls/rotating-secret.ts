import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'

const secretBytes = 32

/**
 * A secret of 32 bytes that nobody else ever sees, replaced after each period. The one before stays known for another
 * period: what was made with it holds for one period at least and two at most. Needs no timer: it turns when asked for.
 */
export class RotatingSecret {
  readonly #clock: Clock
  readonly #random: Random
  readonly #periodMs: number
  #current: Buffer
  #previous: Buffer | undefined
  #sinceMs: number

  constructor(clock: Clock, random: Random, periodMs: number) {
    this.#clock = clock
    this.#random = random
    this.#periodMs = periodMs
    this.#current = random.bytes(secretBytes)
    this.#sinceMs = clock.now()
  }

  /** The secret to make something with. */
  get current(): Buffer {
    this.#turn()
    return this.#current
  }

  /** The secret before, where something made with it may still hold. */
  get previous(): Buffer | undefined {
    this.#turn()
    return this.#previous
  }

  #turn(): void {
    const nowMs = this.#clock.now()
    const periods = Math.floor((nowMs - this.#sinceMs) / this.#periodMs)
    if (periods < 1) return
    this.#previous?.fill(0)
    this.#previous = this.#current
    if (periods > 1) {
      this.#previous.fill(0)
      this.#previous = undefined
    }
    this.#current = this.#random.bytes(secretBytes)
    this.#sinceMs += periods * this.#periodMs
  }
}
