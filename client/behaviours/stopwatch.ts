import type { Clock } from '../../transport/clock.ts'

/** Time that goes by while it runs; no timer, it is reckoned when asked for. */
export class Stopwatch {
  readonly #clock: Clock
  #elapsedMs = 0
  #sinceMs: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isRunning(): boolean {
    return this.#sinceMs !== undefined
  }

  get seconds(): number {
    const running = this.#sinceMs === undefined ? 0 : this.#clock.now() - this.#sinceMs
    return (this.#elapsedMs + running) / 1000
  }

  /** Goes on from where it stopped. */
  start(): void {
    this.#sinceMs ??= this.#clock.now()
  }

  stop(): void {
    this.#elapsedMs = this.seconds * 1000
    this.#sinceMs = undefined
  }

  /** Counts from zero again, running or not. */
  reset(): void {
    this.#elapsedMs = 0
    if (this.isRunning) this.#sinceMs = this.#clock.now()
  }
}
