import type { Outcome, SeriesPart } from '../objects/operations/operation.ts'
import type { PathValue } from '../objects/path-value.ts'

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

/** Whether all of a report is kept. */
export function isWhole(kept: Report | undefined, { outcome }: Report): boolean {
  return kept?.outcome.values?.length === outcome.values?.length && kept !== undefined
}

/** What is kept of a report: its values, except those that a time series keeps by itself. Undefined: nothing. */
export function withoutSeries(
  { timeSeconds, outcome }: Report,
  isKept: (value: PathValue) => boolean,
): Report | undefined {
  const { responseCode, contentFormat, values } = outcome
  if (values === undefined || contentFormat === undefined) return { timeSeconds, outcome }
  const kept = values.filter(value => value.timeSeconds === undefined && isKept(value))
  return kept.length === 0 ? undefined : { timeSeconds, outcome: { responseCode, contentFormat, values: kept } }
}
