import type { Outcome, SeriesPart } from '../objects/operations/operation.ts'

/** What a notification says, or would have said, and of when. */
export interface Report {
  /** Seconds since 1970. */
  readonly timeSeconds: number
  readonly outcome: Outcome
}

/** What a confirmable notification on its way carries: of the history, or the state as it is. */
export interface InFlight {
  readonly reports: readonly Report[]
  readonly isHistory: boolean
  readonly series: SeriesPart | undefined
}
