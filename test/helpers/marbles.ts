import type { SchedulerLike, Subscription } from 'rxjs'
import { type RunHelpers, TestScheduler } from 'rxjs/testing'
import { expect } from 'vitest'
import type { Clock } from '../../transport/clock.ts'

/** A clock in the virtual time of a marble test: one frame is one millisecond, starting at 0. */
function clockOver(scheduler: SchedulerLike): Clock {
  return {
    now: () => scheduler.now(),
    setTimeout: (callback, delayMs) => scheduler.schedule(() => callback(), delayMs),
    clearTimeout: timer => (timer as Subscription | undefined)?.unsubscribe(),
  }
}

/** Runs a marble test whose operators take their time from `clock`. */
export function marbles(test: (helpers: RunHelpers & { readonly clock: Clock }) => void): void {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected))
  scheduler.run(helpers => test({ ...helpers, clock: clockOver(scheduler) }))
}
