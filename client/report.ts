import type { Outcome } from '../objects/operations/operation.ts'

/** What a notification says, or would have said, and of when. */
export interface Report {
  /** Seconds since 1970. */
  readonly timeSeconds: number
  readonly outcome: Outcome
}
