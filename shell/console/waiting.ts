import { ConsoleError } from '../../server/console/console-error.ts'
import type { Clock } from '../../transport/clock.ts'

/** Rejects with the reason of `signal`. */
export function sleep(durationMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const interrupt = () => {
      clock.clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = clock.setTimeout(() => {
      signal.removeEventListener('abort', interrupt)
      resolve()
    }, durationMs)
    signal.addEventListener('abort', interrupt)
  })
}

/** Resolves when a signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Runs what may go on until somebody interrupts it: that is no error. */
export async function interruptible(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** The time that an argument `timeout_s` says. Throws ConsoleError for a negative one. */
export function milliseconds(seconds: number): number {
  if (seconds < 0) throw new ConsoleError(`timeout_s is not negative: ${seconds}`)
  return seconds * 1000
}
