import type { ContentFormat } from '../objects/formats/format.ts'
import { formatOf } from '../objects/formats/formats.ts'
import { isSuccess } from '../transport/coap/message.ts'
import type { Observation } from './observation.ts'
import type { Outbox } from './outbox.ts'
import type { Report } from './report.ts'

/** What is kept of an observation in whose place comes another of the same. */
export interface Unsent {
  readonly reports: readonly Report[]
  /** How many more were dropped. */
  readonly droppedCount: number
  /** Whether the newest state is newer than all of them. */
  readonly hasNewer: boolean
}

const nothingUnsent: Unsent = { reports: [], droppedCount: 0, hasNewer: false }

/** What is kept of an observation in whose place comes another, and how much of it was dropped. */
export function unsentOf(outbox: Outbox, former: Observation | undefined): Unsent {
  if (former === undefined) return nothingUnsent
  return {
    reports: outbox.reportsOf(former),
    droppedCount: outbox.takeDropped(former),
    hasNewer: outbox.hasChange(former),
  }
}

/** Keeps for an observation that is answered in a format what the former one of the same was not told. Returns whether that is anything. */
export function takeOver(
  outbox: Outbox,
  observation: Observation,
  contentFormat: ContentFormat | undefined,
  { reports: all, droppedCount, hasNewer }: Unsent,
): boolean {
  if (contentFormat === undefined) return false
  const reports = reportsIn(contentFormat, all)
  outbox.addReports(observation, reports, droppedCount)
  if (reports.length === 0) return false
  // The answer told it; but without times, what comes after that is taken for newer.
  if (hasNewer && formatOf(contentFormat)?.timed !== true) outbox.addChange(observation)
  return true
}

/**
 * The reports that can be told in a format: all where it carries times, or else those made in it. An error is none of them,
 * since it would end the observation.
 */
function reportsIn(contentFormat: ContentFormat, reports: readonly Report[]): readonly Report[] {
  const isTimed = formatOf(contentFormat)?.timed === true
  return reports
    .filter(({ outcome }) => isSuccess(outcome.responseCode) && (isTimed || outcome.contentFormat === contentFormat))
    .map(({ timeSeconds, outcome }) => ({ timeSeconds, outcome: { ...outcome, contentFormat } }))
}
