/** How long to wait between failed attempts. */
export interface RetryOptions {
  /** The longest wait after the first failure, in seconds; above 0. */
  readonly initialDelaySeconds: number
  /** No wait is longer, in seconds; above 0. */
  readonly maximumDelaySeconds: number
}

export const defaultRetry: RetryOptions = { initialDelaySeconds: 2, maximumDelaySeconds: 600 }

const largestCount = 2 ** 31 - 1

/** The next count of failed attempts; it stays at 2^31−1. */
export function countFailure(failedAttempts: number): number {
  return Math.min(failedAttempts + 1, largestCount)
}

/**
 * The wait in milliseconds after `failedAttempts` (≥ 1) failures in a row. The ceiling doubles with each failure up to
 * the maximum; `fraction` (uniform in [0, 1)) spreads the wait over its upper half, so that clients which lost
 * their server together do not come back together.
 */
export function retryDelayMs(failedAttempts: number, options: RetryOptions, fraction: number): number {
  // 2^32 times the smallest sensible delay is beyond any maximum, and keeps the product finite.
  const doublings = Math.min(Math.max(failedAttempts - 1, 0), 32)
  const ceilingSeconds = Math.min(options.initialDelaySeconds * 2 ** doublings, options.maximumDelaySeconds)
  return Math.round(ceilingSeconds * 500 * (1 + fraction))
}
