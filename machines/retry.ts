/** How long to wait between failed attempts, and when to give up. JSON data. */
export interface RetryOptions {
  /** The longest wait after the first failure, in seconds; above 0. Each further failure doubles it. */
  readonly initialDelaySeconds: number
  /** No wait inside of a sequence is longer, in seconds; above 0. */
  readonly maximumDelaySeconds: number
  /** Share of each wait that is random, 0–1, so that clients which lost their server together do not come back together. */
  readonly spread?: number
  /** Attempts of a sequence, 1 or more; without it there is one sequence that never ends. */
  readonly attempts?: number
  /** The wait between two sequences, in seconds. Default: `maximumDelaySeconds`. */
  readonly sequenceDelaySeconds?: number
  /** Sequences before it is given up, 1 or more. Default 1. */
  readonly sequences?: number
}

/** Never gives up. */
export const defaultRetry: RetryOptions = { initialDelaySeconds: 2, maximumDelaySeconds: 600, spread: 0.5 }

const largestCount = 2 ** 31 - 1

/** The next count of failed attempts; it stays at 2^31−1. */
export function countFailure(failedAttempts: number): number {
  return Math.min(failedAttempts + 1, largestCount)
}

/** Whether the last attempt of the last sequence has failed (LwM2M Core 1.2.2 §6.2.1.2). */
export function isExhausted(failedAttempts: number, { attempts, sequences = 1 }: RetryOptions): boolean {
  return attempts !== undefined && failedAttempts >= Math.max(attempts, 1) * Math.max(sequences, 1)
}

/** The same delays in one sequence that never ends. */
export function withoutEnd({ initialDelaySeconds, maximumDelaySeconds, spread = 0 }: RetryOptions): RetryOptions {
  return { initialDelaySeconds, maximumDelaySeconds, spread }
}

/**
 * The wait in milliseconds after `failedAttempts` (≥ 1) failures in a row. Within a sequence it doubles with each failure
 * up to the maximum; `fraction` (uniform in [0, 1)) takes away up to the spread.
 */
export function retryDelayMs(failedAttempts: number, options: RetryOptions, fraction: number): number {
  const { initialDelaySeconds, maximumDelaySeconds, spread = 0, attempts } = options
  const attempt = attempts === undefined ? failedAttempts : failedAttempts % Math.max(attempts, 1)
  if (attempt === 0) return Math.round((options.sequenceDelaySeconds ?? maximumDelaySeconds) * 1000)
  // 2^32 times the smallest sensible delay is beyond any maximum, and keeps the product finite.
  const doublings = Math.min(Math.max(attempt - 1, 0), 32)
  const ceilingSeconds = Math.min(initialDelaySeconds * 2 ** doublings, maximumDelaySeconds)
  return Math.round(ceilingSeconds * 1000 * (1 - spread + spread * fraction))
}
