import { ContentFormat } from '../../objects/formats/format.ts'
import { printable } from '../../objects/printable.ts'
import { type CoapOption, Code } from '../../transport/coap/message.ts'
import { type AttributeQueries, attributeQueries } from './attribute-queries.ts'
import { ConsoleError } from './console-error.ts'
import { coapPath, lwm2mPath, pathAndQuery } from './console-path.ts'
import { joined, type MessageFields, requestTemplate } from './message-template.ts'
import { acceptOption, contentFormatOption, queryOption } from './option-values.ts'
import { ANY, type Any, type MessageTemplate } from './template.ts'

// Requests of a server to a client (LwM2M Transport 1.2.2 §6.4.4). Each throws ConsoleError.

export interface ReadRequest extends MessageFields {
  readonly path: string
  /** A Content-Format. */
  readonly accept?: number | undefined
}

/** A GET of any path. */
export function coapGet(request: ReadRequest): MessageTemplate {
  return requestTemplate(Code.get, request, [...coapPath(request.path), ...acceptOptions(request.accept)])
}

export function read(request: ReadRequest): MessageTemplate {
  return requestTemplate(Code.get, request, [...placeOptions(request.path), ...acceptOptions(request.accept)])
}

export interface DiscoverRequest extends MessageFields {
  readonly path: string
  readonly depth?: number | undefined
}

export function discover(request: DiscoverRequest): MessageTemplate {
  const { path, depth, options } = request
  const levels = depth === undefined ? [] : [queryOption(`depth=${depth}`)]
  const format = acceptOption(ContentFormat.link)
  // The depth comes behind the queries among the further options.
  return requestTemplate(Code.get, { ...request, options: joined(options, levels) }, [...coapPath(path), format])
}

export interface WriteRequest extends MessageFields {
  readonly path: string
  readonly payload: Uint8Array | Any
  /** Default: text; null: none. */
  readonly contentFormat?: number | null | undefined
  /** Whether what is not in the payload stays. Default: false. */
  readonly update?: boolean | undefined
}

export function write(request: WriteRequest): MessageTemplate {
  const { path, payload, contentFormat = ContentFormat.text, update = false } = request
  const options = [...placeOptions(path), ...formatOptions(contentFormat)]
  return requestTemplate(update ? Code.post : Code.put, request, options, payload)
}

export interface WriteAttributesRequest extends MessageFields, AttributeQueries {
  /** With a query behind `?` unless there is `query`. */
  readonly path: string
  /** Come before the attributes. */
  readonly query?: readonly string[] | undefined
}

export function writeAttributes(request: WriteAttributesRequest): MessageTemplate {
  const { options, queries } = pathAndQuery(request.path, request.query)
  return requestTemplate(Code.put, request, [
    ...options,
    ...[...queries, ...attributeQueries(request)].map(queryOption),
  ])
}

export interface ExecuteRequest extends MessageFields {
  readonly path: string
  readonly payload?: Uint8Array | Any | undefined
}

export function execute(request: ExecuteRequest): MessageTemplate {
  const { options, depth } = lwm2mPath(request.path)
  if (depth !== 3) throw new ConsoleError(`only a resource can be executed, not ${printable(request.path)}`)
  return requestTemplate(Code.post, request, options, request.payload)
}

export interface CreateRequest extends MessageFields {
  readonly path: string
  readonly payload?: Uint8Array | Any | undefined
  /** Default: TLV; null: none. */
  readonly contentFormat?: number | null | undefined
}

export function create(request: CreateRequest): MessageTemplate {
  const { path, payload, contentFormat = ContentFormat.tlv } = request
  const { options, depth } = lwm2mPath(path)
  if (depth !== 1) throw new ConsoleError(`an instance is created in an object such as /3, not in ${printable(path)}`)
  return requestTemplate(Code.post, request, [...options, ...formatOptions(contentFormat)], payload)
}

export interface DeleteRequest extends MessageFields {
  readonly path: string
}

/** Named so because `delete` is a word of the language. */
export function deleteInstance(request: DeleteRequest): MessageTemplate {
  const { options, depth } = lwm2mPath(request.path)
  if (depth > 2) throw new ConsoleError(`LWM2M Resource path is not applicable to a Delete: ${printable(request.path)}`)
  return requestTemplate(Code.delete, request, options)
}

export interface BootstrapFinishRequest extends MessageFields {
  readonly payload?: Uint8Array | Any | undefined
}

export function bootstrapFinish(request: BootstrapFinishRequest = {}): MessageTemplate {
  return requestTemplate(Code.post, request, coapPath('/bs'), request.payload ?? ANY)
}

/** Those of a place below the root. */
export function placeOptions(path: string): readonly CoapOption[] {
  const { options, depth } = lwm2mPath(path)
  if (depth === 0) throw new ConsoleError(`${printable(path)} names no object; write a path such as /3`)
  return options
}

export function acceptOptions(contentFormat: number | undefined): CoapOption[] {
  return contentFormat === undefined ? [] : [acceptOption(contentFormat)]
}

export function formatOptions(contentFormat: number | null): CoapOption[] {
  return contentFormat === null ? [] : [contentFormatOption(contentFormat)]
}
