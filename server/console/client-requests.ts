import { ContentFormat } from '../../objects/formats/format.ts'
import { type CoapOption, Code, noPayload } from '../../transport/coap/message.ts'
import { coapPath, pathAndQuery } from './console-path.ts'
import { type MessageFields, requestTemplate } from './message-template.ts'
import { contentFormatOption, queryOption } from './option-values.ts'
import { acceptOptions, formatOptions } from './requests.ts'
import { ANY, type Any, type MessageTemplate } from './template.ts'

// Requests of a client to a server (LwM2M Transport 1.2.2 §6.4.2, §6.4.3, §6.4.6; RFC 9148 §5), which a console expects
// rather than sends. Each throws ConsoleError.

export interface RegistrationRequest extends MessageFields {
  /** With a query behind `?` unless there is `query`. */
  readonly path: string
  readonly query?: readonly string[] | undefined
  readonly payload?: Uint8Array | Any | undefined
}

export function register(request: RegistrationRequest): MessageTemplate {
  return registration(request, [contentFormatOption(ContentFormat.link)])
}

/** Of format links, unless its payload is known to be empty. */
export function update(request: RegistrationRequest): MessageTemplate {
  const { payload = ANY } = request
  const isEmpty = payload !== ANY && payload.length === 0
  return registration(request, isEmpty ? [] : [contentFormatOption(ContentFormat.link)])
}

function registration(request: RegistrationRequest, format: readonly CoapOption[]): MessageTemplate {
  const { path, query, payload = ANY } = request
  const { options, queries } = pathAndQuery(path, query)
  return requestTemplate(Code.post, request, [...options, ...queries.map(queryOption), ...format], payload)
}

export interface DeregisterRequest extends MessageFields {
  readonly path: string
}

export function deregister(request: DeregisterRequest): MessageTemplate {
  return requestTemplate(Code.delete, request, coapPath(request.path), noPayload)
}

export interface SendRequest extends MessageFields {
  /** Default: `/dp`. A query behind `?` is left out. */
  readonly path?: string | undefined
  /** Default: SenML CBOR; null: none. */
  readonly contentFormat?: number | null | undefined
  readonly payload?: Uint8Array | Any | undefined
}

export function send(request: SendRequest): MessageTemplate {
  const { path = '/dp', contentFormat = ContentFormat.senmlCbor, payload = ANY } = request
  const { options } = pathAndQuery(path, undefined)
  return requestTemplate(Code.post, request, [...options, ...formatOptions(contentFormat)], payload)
}

/** What requests to a resource of a Bootstrap-Server have in common. */
interface ServerRequest extends MessageFields {
  /** Comes before the path of the resource. Default: empty. */
  readonly uriPath?: string | undefined
  /** Comes before the queries that the request has by itself. */
  readonly uriQuery?: readonly string[] | undefined
}

export interface BootstrapRequest extends ServerRequest {
  readonly endpointName: string
  readonly preferredContentFormat?: number | undefined
  readonly payload?: Uint8Array | Any | undefined
}

export function requestBootstrap(request: BootstrapRequest): MessageTemplate {
  const { endpointName, preferredContentFormat, payload = ANY } = request
  const queries = [`ep=${endpointName}`]
  if (preferredContentFormat !== undefined) queries.push(`pct=${preferredContentFormat}`)
  return requestTemplate(Code.post, request, resource(request, '/bs', queries), payload)
}

export interface BootstrapPackRequest extends ServerRequest {
  readonly endpointName: string
  /** A Content-Format. */
  readonly accept?: number | undefined
}

export function bootstrapPackRequest(request: BootstrapPackRequest): MessageTemplate {
  const queries = [`ep=${request.endpointName}`]
  const options = [...resource(request, '/bspack', queries), ...acceptOptions(request.accept)]
  return requestTemplate(Code.get, request, options, noPayload)
}

export interface EstRequest extends ServerRequest {
  readonly payload?: Uint8Array | Any | undefined
}

export function estCaCerts(request: EstRequest): MessageTemplate {
  return requestTemplate(Code.get, request, resource(request, '/est/crts'), request.payload ?? ANY)
}

/** The payload is a PKCS #10 request (RFC 9148 §5.3). */
export function estSimpleEnroll(request: EstRequest): MessageTemplate {
  return enrollment(request, '/est/sen')
}

export function estSimpleReenroll(request: EstRequest): MessageTemplate {
  return enrollment(request, '/est/sren')
}

/** Of application/pkcs10 (RFC 9148 §10.1). */
const pkcs10 = 286

function enrollment(request: EstRequest, path: string): MessageTemplate {
  const options = [...resource(request, path), contentFormatOption(pkcs10)]
  return requestTemplate(Code.post, request, options, request.payload ?? ANY)
}

function resource(request: ServerRequest, path: string, queries: readonly string[] = []): CoapOption[] {
  const { uriPath = '', uriQuery = [] } = request
  return [...coapPath(uriPath + path), ...[...uriQuery, ...queries].map(queryOption)]
}
