import { accessOf } from '../access.ts'
import type { EnablerVersion } from '../enabler.ts'
import { OperationError } from '../errors.ts'
import { ContentFormat, type DataFormat } from '../formats/format.ts'
import { formatOf } from '../formats/formats.ts'
import type { Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationContext, SeriesPart } from './operation.ts'
import { andThen } from './read.ts'
import { attempt, readPlaces } from './read-composite.ts'

/** What is to be sent. */
export interface SendRequest {
  readonly paths: readonly Path[]
  readonly contentFormat: number
  /**
   * What was read of the paths earlier, with its times: it goes in place of what they hold now, together with the time
   * series among them. Nothing that is missing is an error then, and without paths nothing is read.
   */
  readonly kept?: readonly PathValue[] | undefined
}

/** What a Send carries, ready to be put into a request. */
export interface SendContent {
  readonly contentFormat: ContentFormat
  readonly payload: Uint8Array
  /** As the payload has them; empty only when `kept` was given. */
  readonly values: readonly PathValue[]
  readonly series?: SeriesPart
}

/**
 * Reads what a Send to the server of `context` carries: what a Read-Composite of it would get, without the places that are
 * missing, not readable, or closed to it (LwM2M Core 1.2.2 §6.4.6, §8.2). Throws OperationError as that does when nothing is
 * left, and UNSUPPORTED_CONTENT_FORMAT as {@link sendFormat}. A Promise only when a `read` handler returned one.
 */
export function readSend(
  store: ObjectStore,
  context: OperationContext,
  { paths, contentFormat, kept }: SendRequest,
): SendContent | Promise<SendContent> {
  const format = sendFormat(contentFormat, context.enablerVersion)
  const encode = (values: readonly PathValue[]): SendContent => ({
    contentFormat: format.contentFormat,
    payload: format.encode([], values, store),
    values,
  })
  if (kept !== undefined && paths.length === 0) return encode(kept)
  const access = accessOf(store, context.shortServerId)
  // As a report, it is bounded in what it carries of time series.
  const outcome = attempt(() => readPlaces(store, access, context, 'observeComposite', format, paths))
  return andThen(outcome, read => {
    if (read instanceof OperationError) {
      if (kept === undefined) throw read
      return encode(kept)
    }
    const { values = [], payload, series } = read
    const part = series && { series }
    if (kept !== undefined) return { ...encode([...kept, ...values.filter(isTimed)]), ...part }
    if (payload === undefined || values.every(({ value }) => value === undefined)) {
      throw new OperationError('NOT_FOUND', 'nothing to send has a value')
    }
    return { contentFormat: format.contentFormat, payload, values, ...part }
  })
}

/** Values with the time of their measurement are those of time series. */
function isTimed({ timeSeconds }: PathValue): boolean {
  return timeSeconds !== undefined
}

/**
 * The formats of a Send: SenML, and in LwM2M 1.2 LwM2M CBOR (LwM2M Core 1.2.2 §6.4.6). Throws OperationError
 * UNSUPPORTED_CONTENT_FORMAT for any other.
 */
export function sendFormat(contentFormat: number, enablerVersion: EnablerVersion = '1.1'): DataFormat {
  const isSenml = contentFormat === ContentFormat.senmlCbor || contentFormat === ContentFormat.senmlJson
  const isPossible = isSenml || (contentFormat === ContentFormat.lwm2mCbor && enablerVersion === '1.2')
  const format = isPossible ? formatOf(contentFormat) : undefined
  if (format !== undefined) return format
  throw new OperationError(
    'UNSUPPORTED_CONTENT_FORMAT',
    `a Send of LwM2M ${enablerVersion} cannot be in Content-Format ${contentFormat}`,
  )
}
