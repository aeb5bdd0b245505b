import { backgroundClock, type Clock, type Timer } from './clock.ts'
import { closedError, type TransportError } from './errors.ts'

/** What an attempt to connect may take, and who gives it up. */
export interface AttemptLimits {
  /** Infinity: as long as it likes. */
  readonly timeoutMs: number
  /** What it fails with when it takes longer. */
  readonly late: () => TransportError
  /** Gives it up: it fails with TransportError CLOSED. */
  readonly signal: AbortSignal | undefined
  /** Default: that of the machine. */
  readonly clock?: Clock | undefined
}

/**
 * Makes an attempt that ends in time: `begin` is given what settles it later on, and returns what releases everything when
 * it is given up.
 */
export function attempt<T>(
  { timeoutMs, late, signal, clock = backgroundClock }: AttemptLimits,
  begin: (done: (value: T) => void, failed: (error: TransportError) => void) => () => void,
): Promise<T> {
  if (signal?.aborted === true) return Promise.reject(closedError())
  return new Promise((resolve, reject) => {
    let timer: Timer
    const settle = () => {
      clock.clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const giveUp = (error: TransportError) => {
      settle()
      release()
      reject(error)
    }
    const abort = () => giveUp(closedError())
    const release = begin(
      value => {
        settle()
        resolve(value)
      },
      error => {
        settle()
        reject(error)
      },
    )
    if (Number.isFinite(timeoutMs)) timer = clock.setTimeout(() => giveUp(late()), timeoutMs)
    signal?.addEventListener('abort', abort)
  })
}

/** Waits for what cannot be given up itself. Rejects with TransportError CLOSED when `signal` gives it up. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const abort = () => reject(closedError())
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
