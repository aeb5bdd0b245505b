import type { Clock } from '../../transport/clock.ts'

/** What a promise resolves with, unless the signal comes first: then rejects with its reason. */
export function interruptible<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const interrupt = () => reject(signal.reason as Error)
    if (signal.aborted) interrupt()
    signal.addEventListener('abort', interrupt, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', interrupt))
  })
}

export interface TimeLimit {
  /** Resolves when the time is over. */
  readonly over: Promise<void>
  readonly isOver: boolean
  end(): void
}

export function timeLimit(clock: Clock, limitSeconds: number): TimeLimit {
  let isOver = false
  let finish = () => {}
  const over = new Promise<void>(resolve => {
    finish = resolve
  })
  const timer = clock.setTimeout(() => {
    isOver = true
    finish()
  }, limitSeconds * 1000)
  return {
    over,
    get isOver() {
      return isOver
    },
    end: () => clock.clearTimeout(timer),
  }
}
