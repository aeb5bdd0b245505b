import type { Schema } from '../objects/formats/format.ts'
import { formatOf } from '../objects/formats/formats.ts'
import { formatPath, type Path } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import { sameValue } from '../objects/value.ts'
import { type CoapMessage, isSuccess } from '../transport/coap/message.ts'
import { encodeOutcome } from '../transport/lwm2m/downlink.ts'
import type { Report } from './report.ts'

/** One notification and the reports that it carries. */
export interface ReportBatch {
  readonly message: CoapMessage
  readonly reports: readonly Report[]
}

/**
 * The first of some reports of one observation, at least one, as one notification of at most so many bytes: with their times
 * where the format has a place for them, and otherwise one by one. A value that stays the same is told once.
 */
export function reportBatch(reports: readonly Report[], base: Path, schema: Schema, maximumBytes: number): ReportBatch {
  const [first] = reports as readonly [Report, ...Report[]]
  const { outcome } = first
  const format = outcome.contentFormat === undefined ? undefined : formatOf(outcome.contentFormat)
  if (format === undefined || !isTold(first)) return { message: encodeOutcome(outcome), reports: [first] }
  const end = reports.findIndex(report => !isTold(report) || report.outcome.contentFormat !== outcome.contentFormat)
  let count = format.timed !== true ? 1 : end < 0 ? reports.length : end
  for (;;) {
    const carried = reports.slice(0, count)
    const payload = format.encode(base, format.timed === true ? timedValues(carried) : (outcome.values ?? []), schema)
    if (payload.length <= maximumBytes || count === 1) {
      return { message: encodeOutcome({ ...outcome, payload }), reports: carried }
    }
    count = Math.max(1, Math.min(count - 1, Math.floor((count * maximumBytes) / payload.length)))
  }
}

/** An error has no values that could be told with others. */
function isTold({ outcome }: Report): boolean {
  return isSuccess(outcome.responseCode)
}

function timedValues(reports: readonly Report[]): PathValue[] {
  const last = new Map<string, number>()
  const timed: PathValue[] = []
  for (const { timeSeconds, outcome } of reports) {
    for (const { path, value } of outcome.values ?? []) {
      const key = formatPath(path)
      const index = last.get(key) ?? -1
      const before = timed[index]
      if (before !== undefined && sameValue(before.value ?? undefined, value ?? undefined)) continue
      const entry = { path, ...(value === undefined ? {} : { value }), timeSeconds }
      // A place has one value at a time.
      const isReplaced = before?.timeSeconds === timeSeconds
      if (isReplaced) timed[index] = entry
      else last.set(key, timed.push(entry) - 1)
    }
  }
  return timed
}
