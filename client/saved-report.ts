import { ResponseCode } from '../objects/errors.ts'
import { ContentFormat } from '../objects/formats/format.ts'
import { formatPath, parsePath } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import type { JsonReader } from './json-reader.ts'
import type { Report } from './report.ts'
import { decodeValue, encodeValue, type SavedValue } from './saved-value.ts'

/** A report as plain JSON. */
export interface SavedReport {
  readonly timeSeconds: number
  /** A CoAP code byte. */
  readonly responseCode: number
  readonly contentFormat?: number
  /** Each path with its value; without one the place is empty. */
  readonly values?: readonly (readonly [path: string, value?: SavedValue])[]
}

export function encodeReport({ timeSeconds, outcome: { responseCode, contentFormat, values } }: Report): SavedReport {
  return {
    timeSeconds,
    responseCode,
    ...(contentFormat === undefined ? {} : { contentFormat }),
    ...(values && { values: values.map(encodePathValue) }),
  }
}

/** Reads what {@link encodeReport} made. Throws `ShapeError`. */
export function decodeReport(report: JsonReader): Report {
  return {
    timeSeconds: report.member('timeSeconds').number(0),
    outcome: {
      responseCode: report.member('responseCode').oneOf(Object.values(ResponseCode)),
      ...report.optional('contentFormat', format => format.oneOf(Object.values(ContentFormat))),
      ...report.optional('values', values => values.items().map(decodePathValue)),
    },
  }
}

function encodePathValue({ path, value }: PathValue): readonly [string, SavedValue?] {
  return value === undefined || value === null ? [formatPath(path)] : [formatPath(path), encodeValue(value)]
}

function decodePathValue(saved: JsonReader): PathValue {
  const [place, value] = saved.items()
  if (place === undefined) return saved.fail('a path with its value')
  try {
    const path = parsePath(place.text())
    return value === undefined ? { path } : { path, value: decodeValue(value) }
  } catch {
    return place.fail('a path with its value')
  }
}
