import type { Clock } from './clock.ts'

/** What carries a {@link DelayedLine}. */
export interface LineGround {
  /** Whether nothing gets through now. */
  readonly isDown: boolean
  drawDelayMs(): number
  later(callback: () => void, delayMs: number): void
}

interface Travelling {
  readonly dueMs: number
  readonly arrive: () => void
}

/** How long what did not get through waits for its next try. */
const retryMs = 1_000

/** One direction of a link in memory: each thing arrives after a delay of its own, but never before an earlier one. */
export class DelayedLine {
  readonly #clock: Clock
  readonly #ground: LineGround
  readonly #travelling: Travelling[] = []
  #isCut = false
  readonly #arrived = () => {
    if (this.#ground.isDown) {
      this.#ground.later(this.#arrived, retryMs)
      return
    }
    const first = this.#travelling.shift()
    if (this.#travelling.length > 0) this.#wait()
    first?.arrive()
  }

  constructor(clock: Clock, ground: LineGround) {
    this.#clock = clock
    this.#ground = ground
  }

  carry(arrive: () => void): void {
    if (this.#isCut) return
    const dueMs = this.#clock.now() + this.#ground.drawDelayMs()
    if (this.#travelling.push({ dueMs, arrive }) === 1) this.#wait()
  }

  /** Nothing arrives any more. */
  cut(): void {
    this.#isCut = true
    this.#travelling.length = 0
  }

  /** For the first only: what overtakes it would wait for it anyway. */
  #wait(): void {
    const dueMs = this.#travelling[0]?.dueMs ?? 0
    this.#ground.later(this.#arrived, Math.max(0, dueMs - this.#clock.now()))
  }
}
