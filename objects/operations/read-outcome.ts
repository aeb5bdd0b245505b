import { ResponseCode } from '../errors.ts'
import type { DataFormat } from '../formats/format.ts'
import type { Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ObjectStore } from '../store.ts'
import type { TimeSeries } from '../time-series.ts'
import type { BootstrapContext, OperationContext, OperationKind, Outcome } from './operation.ts'

/** Who reads. A Bootstrap-Server has no Short Server ID and sees no time series. */
export type ReadContext = BootstrapContext & Partial<Pick<OperationContext, 'shortServerId' | 'maximumSeriesBytes'>>

/** The entries of a series that a server does not have. */
interface Undelivered {
  readonly series: TimeSeries
  /** Which of the values they take the place of. */
  readonly index: number
  readonly position: number
  readonly count: number
}

/** A payload with the first entries of each series. */
interface Carried {
  /** How many of each series at most. */
  readonly limit: number
  readonly values: readonly PathValue[]
  readonly payload: Uint8Array
}

/** No record is shorter that has its own time: map, base time of five bytes, value. */
const shortestRecordBytes = 8

/**
 * The answer to a read of `values`. In a format that carries times, a value with a time series gives way to the entries
 * that the server does not have; a report (an Observe or Observe-Composite and each notification of one, a Send) carries
 * no more of them than fit.
 */
export function readOutcome(
  store: ObjectStore,
  { shortServerId, maximumSeriesBytes }: ReadContext,
  kind: OperationKind,
  format: DataFormat,
  base: Path,
  values: readonly PathValue[],
): Outcome {
  const { content: responseCode } = ResponseCode
  const { contentFormat } = format
  const isTimed = format.timed === true && shortServerId !== undefined && !store.timeSeries.isEmpty
  const undelivered = isTimed ? findUndelivered(store, shortServerId, values) : none
  if (shortServerId === undefined || undelivered.length === 0) {
    return { responseCode, contentFormat, payload: format.encode(base, values, store), values }
  }
  const carry = (limit: number): Carried => {
    const carried = withEntries(values, undelivered, limit)
    return { limit, values: carried, payload: format.encode(base, carried, store) }
  }
  const isReport = kind === 'observe' || kind === 'observeComposite'
  const counts = undelivered.map(({ count }) => count).sort((a, b) => a - b)
  const most = counts.at(-1) as number
  const {
    limit,
    payload,
    values: carried,
  } = isReport && maximumSeriesBytes !== undefined ? fit(carry, counts, maximumSeriesBytes) : carry(most)
  return {
    responseCode,
    contentFormat,
    payload,
    values: carried,
    series: {
      complete: limit >= most,
      delivered() {
        for (const { series, position, count } of undelivered) {
          series.delivered(shortServerId, position + Math.min(count, limit))
        }
      },
    },
  }
}

const none: readonly Undelivered[] = []

function findUndelivered(store: ObjectStore, shortServerId: number, values: readonly PathValue[]): Undelivered[] {
  const found: Undelivered[] = []
  for (const [index, { path }] of values.entries()) {
    const series = store.timeSeries.find(path)
    if (series === undefined) continue
    const position = series.positionOf(shortServerId)
    const count = series.countFrom(position)
    if (count > 0) found.push({ series, index, position, count })
  }
  return found
}

function withEntries(values: readonly PathValue[], undelivered: readonly Undelivered[], limit: number): PathValue[] {
  const carried: PathValue[] = []
  let start = 0
  for (const { series, index, position, count } of undelivered) {
    for (; start < index; start++) carried.push(values[start] as PathValue)
    series.appendTo(carried, position, Math.min(count, limit))
    start = index + 1
  }
  for (; start < values.length; start++) carried.push(values[start] as PathValue)
  return carried
}

/**
 * Carries about as many entries as fit, and one of each series at least. How many is reckoned from two payloads, that of
 * the fewest entries and one that is too long; what is still too long loses a quarter of its entries at a time.
 */
function fit(carry: (limit: number) => Carried, counts: readonly number[], maximumBytes: number): Carried {
  const tooLong = ({ payload, limit }: Carried) => payload.length > maximumBytes && limit > 1
  let carried = carry(fairLimit(counts, maximumBytes / shortestRecordBytes))
  if (!tooLong(carried)) return carried
  const fewest = carry(1)
  const share = (maximumBytes - fewest.payload.length) / (carried.payload.length - fewest.payload.length)
  let entries = counts.length + share * (carried.values.length - fewest.values.length)
  while (tooLong(carried)) {
    const limit = Math.min(fairLimit(counts, entries), carried.limit - 1)
    carried = limit === 1 ? fewest : carry(limit)
    entries *= 0.75
  }
  return carried
}

/** How many entries each series may carry, all the same, so that they carry `entries` together; `counts` ascend. */
function fairLimit(counts: readonly number[], entries: number): number {
  let left = entries
  for (const [index, count] of counts.entries()) {
    const share = left / (counts.length - index)
    if (count > share) return Math.max(Math.floor(share), 1)
    left -= count
  }
  return counts.at(-1) as number
}
