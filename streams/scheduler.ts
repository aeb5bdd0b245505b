import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs'
import type { Clock, Timer } from '../transport/clock.ts'

type Work<T> = (this: SchedulerAction<T>, state: T) => void

class ClockAction<T> extends Subscription implements SchedulerAction<T> {
  readonly #clock: Clock
  readonly #work: Work<T>
  #state: T
  #timer: Timer

  constructor(clock: Clock, work: Work<T>, state: T) {
    super()
    this.#clock = clock
    this.#work = work
    this.#state = state
    this.add(() => clock.clearTimeout(this.#timer))
  }

  /** Runs the work after `delayMs`, instead of at the time set before. */
  schedule(state?: T, delayMs = 0): Subscription {
    if (this.closed) return this
    this.#clock.clearTimeout(this.#timer)
    this.#state = state as T
    this.#timer = this.#clock.setTimeout(() => this.#work.call(this, this.#state), delayMs)
    return this
  }
}

/** RxJS time from a {@link Clock}: `interval(1000, clockScheduler(clock))` ticks in simulated time, too. */
export function clockScheduler(clock: Clock): SchedulerLike {
  return {
    now: () => clock.now(),
    schedule: <T>(work: Work<T>, delayMs: number, state?: T) =>
      new ClockAction(clock, work, state as T).schedule(state, delayMs),
  }
}
