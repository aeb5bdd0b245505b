import type { Schema } from '../objects/formats/format.ts'
import { formatOf } from '../objects/formats/formats.ts'
import { covers, formatPath, type Path } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import { sameValue } from '../objects/value.ts'
import { type CoapMessage, isSuccess } from '../transport/coap/message.ts'
import { encodeOutcome } from '../transport/lwm2m/downlink.ts'
import type { Report } from './report.ts'

/** No record with a time of its own is shorter, so more reports than this allows are not even tried. */
const shortestRecordBytes = 8

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
  const limit = Math.max(1, Math.ceil(Math.min(reports.length, maximumBytes / shortestRecordBytes)))
  let count = format.timed !== true ? 1 : end < 0 ? limit : Math.min(end, limit)
  for (;;) {
    const carried = reports.slice(0, count)
    const payload = format.encode(base, format.timed === true ? timedValues(carried) : (outcome.values ?? []), schema)
    if (payload.length <= maximumBytes || count === 1) {
      return { message: encodeOutcome({ ...outcome, payload }), reports: carried }
    }
    count = Math.max(1, Math.min(count - 1, Math.floor((count * maximumBytes) / payload.length)))
  }
}

/** Whether a report can be told of these paths: one that was saved may be of other objects than this program has. */
export function isTellable(report: Report, paths: readonly Path[], base: Path, schema: Schema): boolean {
  if (!isTold(report)) return true
  const { contentFormat, values } = report.outcome
  if (contentFormat === undefined || formatOf(contentFormat) === undefined || values === undefined) return false
  if (!values.every(({ path }) => paths.some(observed => covers(observed, path)))) return false
  try {
    reportBatch([report], base, schema, Number.POSITIVE_INFINITY)
    return true
  } catch {
    return false
  }
}

/** An error has no values that could be told with others. */
function isTold({ outcome }: Report): boolean {
  return isSuccess(outcome.responseCode)
}

function timedValues(reports: readonly Report[]): PathValue[] {
  const last = new Map<string, PathValue>()
  const timed = new Set<PathValue>()
  for (const { timeSeconds, outcome } of reports) {
    for (const { path, value } of outcome.values ?? []) {
      const key = formatPath(path)
      const before = last.get(key)
      if (before !== undefined && sameValue(before.value ?? undefined, value ?? undefined)) continue
      // One place has one value at a time.
      if (before?.timeSeconds === timeSeconds) timed.delete(before)
      const entry = { path, ...(value === undefined ? {} : { value }), timeSeconds }
      last.set(key, entry)
      timed.add(entry)
    }
  }
  return [...timed]
}
