import { OperationError } from '../../objects/errors.ts'
import type { Value } from '../../objects/value.ts'

/** Whether servers may write it as a duration in seconds: 0 to 2^31, 68 years. */
export function isDuration(_path: unknown, seconds: Value): boolean {
  return typeof seconds === 'number' && seconds >= 0 && seconds <= 2 ** 31
}

/**
 * The minimum off-time goes from the end of one cycle until the next may begin (5525). Throws OperationError
 * `METHOD_NOT_ALLOWED`.
 */
export function checkRested(sinceEndMs: number, minimumOffSeconds = 0): void {
  if (sinceEndMs >= minimumOffSeconds * 1000) return
  throw new OperationError('METHOD_NOT_ALLOWED', 'the minimum off-time has not passed')
}
