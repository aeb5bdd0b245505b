import type { ContentFormat } from '../objects/formats/format.ts'
import { formatOf } from '../objects/formats/formats.ts'
import { isSuccess } from '../transport/coap/message.ts'
import type { Report } from './report.ts'

/** What is kept of an observation in whose place comes another of the same. */
export interface Unsent {
  readonly reports: readonly Report[]
  /** How many more were dropped. */
  readonly droppedCount: number
  /** Whether the newest state is newer than all of them. */
  readonly hasNewer: boolean
}

export const nothingUnsent: Unsent = { reports: [], droppedCount: 0, hasNewer: false }

/**
 * The reports that can be told in a format: all where it carries times, or else those made in it. An error is none of them,
 * since it would end the observation.
 */
export function reportsIn(contentFormat: ContentFormat, reports: readonly Report[]): readonly Report[] {
  const isTimed = formatOf(contentFormat)?.timed === true
  return reports
    .filter(({ outcome }) => isSuccess(outcome.responseCode) && (isTimed || outcome.contentFormat === contentFormat))
    .map(({ timeSeconds, outcome }) => ({ timeSeconds, outcome: { ...outcome, contentFormat } }))
}
