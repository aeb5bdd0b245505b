import { printable } from '../../objects/printable.ts'
import type { CoapOption } from '../../transport/coap/message.ts'
import { OptionNumber, pathOptions } from '../../transport/coap/options.ts'
import { ConsoleError } from './console-error.ts'

/** A path of the object tree as it is typed, which need not be one that a client knows or could know. */
export interface ConsolePath {
  readonly options: readonly CoapOption[]
  /** How many identifiers it has, 0–4; a first segment that is no number is not one of them. */
  readonly depth: number
}

/** `/rd/demo`, any text between the slashes, as options: by default those of a Uri-Path. Throws ConsoleError. */
export function coapPath(path: string, optionNumber: number = OptionNumber.uriPath): CoapOption[] {
  if (!path.startsWith('/')) throw new ConsoleError(`not a valid CoAP path: ${printable(path)}`)
  return pathOptions(optionNumber, segmentsOf(path))
}

/** `/3/0/9`, also behind one segment of another kind: `/gateway/3/0/9`. Throws ConsoleError. */
export function lwm2mPath(path: string): ConsolePath {
  const segments = path.startsWith('/') ? segmentsOf(path) : undefined
  if (segments === undefined) throw new ConsoleError(`not a valid LwM2M path: ${printable(path)}`)
  const hasPrefix = segments.length > 1 && segments[0] !== '' && !/^\d+$/.test(segments[0] as string)
  const ids = hasPrefix ? segments.slice(1) : segments
  if (ids.length > 4)
    throw new ConsoleError(`not a valid LwM2M path: ${printable(path)} (it has more than four numbers)`)
  const wrong = ids.find(id => !/^[+-]?\d+$/.test(id))
  if (wrong !== undefined)
    throw new ConsoleError(`not a valid LwM2M path: ${printable(path)} ("${printable(wrong)}" is no number)`)
  return { options: pathOptions(OptionNumber.uriPath, segments), depth: ids.length }
}

/** Splits `/rd?ep=a&lt=60`; a query that is given by itself leaves the path as it is. Throws ConsoleError. */
export function pathAndQuery(
  path: string,
  query: readonly string[] | undefined,
): { readonly options: CoapOption[]; readonly queries: readonly string[] } {
  const mark = query === undefined ? path.indexOf('?') : -1
  if (mark === -1) return { options: coapPath(path), queries: query ?? [] }
  return { options: coapPath(path.slice(0, mark)), queries: path.slice(mark + 1).split('&') }
}

function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/')
}
