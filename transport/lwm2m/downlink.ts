import { OperationError } from '../../objects/errors.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import type { BootstrapOperation, Operation, Outcome } from '../../objects/operations/operation.ts'
import { idFromDigits, type Path, pathFromSegments } from '../../objects/path.ts'
import { type CoapMessage, type CoapOption, Code, noPayload } from '../coap/message.ts'
import {
  findOption,
  findStrings,
  findUint,
  OptionNumber,
  pathOptions,
  stringOption,
  uintOption,
} from '../coap/options.ts'

/**
 * Reads the operation that a server's request asks for (LwM2M Transport 1.2.2 §6.4.4, §6.4.5). A path that begins with
 * `prefix` is one of that device behind a gateway (LwM2M Gateway 1.1 §8.3.1).
 * Throws {@link OperationError}: NOT_FOUND for a path that is none, METHOD_NOT_ALLOWED for a method the path has not,
 * BAD_REQUEST for a query that cannot be understood.
 */
export function decodeOperation(request: CoapMessage, prefix?: string): Operation {
  const path = findPath(request, prefix)
  if (path === undefined) throw new OperationError('NOT_FOUND', 'no such path')
  if (path.length === 0) return decodeComposite(request)
  switch (request.code) {
    case Code.get:
      return decodeGet(request, path)
    case Code.put:
      return decodePut(request, path)
    case Code.post:
      return decodePost(request, path)
    case Code.delete:
      return { kind: 'delete', path }
    default:
      throw new OperationError('METHOD_NOT_ALLOWED', 'no operation uses this method')
  }
}

/**
 * Reads the operation that a Bootstrap-Server's request asks for (LwM2M Transport 1.2.2 §6.4.2). Throws like
 * {@link decodeOperation}.
 */
export function decodeBootstrapOperation(request: CoapMessage): BootstrapOperation {
  if (request.code === Code.post && isFinish(request)) return { kind: 'bootstrapFinish' }
  const path = findPath(request)
  if (path === undefined) throw new OperationError('NOT_FOUND', 'no such path')
  switch (request.code) {
    case Code.get: {
      const accept = findUint(request, OptionNumber.accept)
      if (accept === ContentFormat.link) return { kind: 'bootstrapDiscover', path }
      return { kind: 'bootstrapRead', path, ...defined({ accept }) }
    }
    case Code.put:
      return { kind: 'bootstrapWrite', path, ...payloadOf(request) }
    case Code.delete:
      return { kind: 'bootstrapDelete', path }
    default:
      throw new OperationError('METHOD_NOT_ALLOWED', 'the Bootstrap interface does not use this method')
  }
}

const finishPath = 'bs'

function isFinish(request: CoapMessage): boolean {
  const path = findStrings(request, OptionNumber.uriPath)
  return path.length === 1 && path[0] === finishPath
}

/** The path of a request, read from the digits of its options without a string for each; undefined when it is none. */
function findPath(request: CoapMessage, prefix?: string): Path | undefined {
  const path: number[] = []
  let isFirst = true
  for (const { number, value } of request.options) {
    if (number !== OptionNumber.uriPath) continue
    const isPrefix = isFirst && prefix !== undefined && Buffer.from(value).toString() === prefix
    isFirst = false
    if (isPrefix) continue
    const id = idFromDigits(value)
    if (id === undefined || path.length === longestPath) return undefined
    path.push(id)
  }
  return path
}

const longestPath = 4

/** The first segment of the path of a request, unless it is an identifier: it may be the prefix of a device (LwM2M Gateway 1.1 §8.3.1). */
export function findPrefix(request: CoapMessage): string | undefined {
  const first = findOption(request, OptionNumber.uriPath)
  return first === undefined || idFromDigits(first) !== undefined ? undefined : Buffer.from(first).toString()
}

/** The same request for a device behind a gateway. */
export function withPrefix(request: CoapMessage, prefix: string): CoapMessage {
  const index = request.options.findIndex(({ number }) => number >= OptionNumber.uriPath)
  const at = index < 0 ? request.options.length : index
  return { ...request, options: request.options.toSpliced(at, 0, stringOption(OptionNumber.uriPath, prefix)) }
}

function decodeGet(request: CoapMessage, path: Path): Operation {
  const accept = findUint(request, OptionNumber.accept)
  if (accept === ContentFormat.link) return { kind: 'discover', path, ...defined({ depth: findDepth(request) }) }
  const observe = findUint(request, OptionNumber.observe)
  if (observe === 0) return { kind: 'observe', path, ...defined({ accept }), ...observationAttributes(request) }
  const kind = observe === 1 ? 'cancelObservation' : 'read'
  return accept === undefined ? { kind, path } : { kind, path, accept }
}

/** FETCH and iPATCH have the root as their path; what they are about is in the payload. */
function decodeComposite(request: CoapMessage): Operation {
  const path = [] as const
  if (request.code === Code.iPatch) return { kind: 'writeComposite', path, ...payloadOf(request) }
  if (request.code !== Code.fetch) throw new OperationError('METHOD_NOT_ALLOWED', 'this operation has no root path')
  const accept = findUint(request, OptionNumber.accept)
  const observe = findUint(request, OptionNumber.observe)
  const composite = { path, ...payloadOf(request), ...defined({ accept }) }
  if (observe === 0) return { kind: 'observeComposite', ...composite, ...observationAttributes(request) }
  return { kind: observe === 1 ? 'cancelObservationComposite' : 'readComposite', ...composite }
}

/** The attributes that hold for one observation alone (LwM2M Core 1.2.2 §6.4.1). */
function observationAttributes(request: CoapMessage): { attributes?: readonly string[] } {
  if (findOption(request, OptionNumber.uriQuery) === undefined) return {}
  return { attributes: findStrings(request, OptionNumber.uriQuery) }
}

/** LwM2M Core 1.2.2 §6.3.2: the depth of a Discover is 0 to 3. */
function findDepth(request: CoapMessage): number | undefined {
  const depth = findStrings(request, OptionNumber.uriQuery)
    .find(text => text.startsWith(depthQuery))
    ?.slice(depthQuery.length)
  if (depth === undefined) return undefined
  if (!/^[0-3]$/.test(depth)) throw new OperationError('BAD_REQUEST', 'depth is 0 to 3')
  return Number(depth)
}

const depthQuery = 'depth='

function decodePut(request: CoapMessage, path: Path): Operation {
  const payload = payloadOf(request)
  if (payload.contentFormat === undefined && request.payload.length === 0) {
    return { kind: 'writeAttributes', path, attributes: findStrings(request, OptionNumber.uriQuery) }
  }
  return { kind: 'write', path, mode: 'replace', ...payload }
}

/** The arguments of an Execute are text; any other format at a resource is a partial update. */
const argumentFormats: ReadonlySet<number | undefined> = new Set([
  undefined,
  ContentFormat.text,
  ContentFormat.legacyText,
])

function decodePost(request: CoapMessage, path: Path): Operation {
  const payload = payloadOf(request)
  if (path.length === 1) return { kind: 'create', path, ...payload }
  if (path.length === 3 && argumentFormats.has(payload.contentFormat)) {
    return { kind: 'execute', path, arguments: Buffer.from(request.payload).toString('utf8') }
  }
  if (path.length < 4) return { kind: 'write', path, mode: 'update', ...payload }
  throw new OperationError('METHOD_NOT_ALLOWED', 'nothing to execute, write or create here')
}

interface Payload {
  readonly contentFormat?: number
  readonly payload: Uint8Array
}

function payloadOf(request: CoapMessage): Payload {
  const contentFormat = findUint(request, OptionNumber.contentFormat)
  const { payload } = request
  return contentFormat === undefined ? { payload } : { contentFormat, payload }
}

/** Without what is undefined. */
function defined<K extends string>(fields: { [N in K]: number | undefined }): { [N in K]?: number } {
  const result: { [N in K]?: number } = {}
  for (const name in fields) if (fields[name] !== undefined) result[name] = fields[name]
  return result
}

/**
 * The request by which a server asks for an operation; the Observe option of an Observe or Observe-Composite is added by
 * whoever opens the observation.
 */
export function encodeOperation(operation: Operation | BootstrapOperation): CoapMessage {
  switch (operation.kind) {
    case 'observe': {
      const { path, attributes = [], accept } = operation
      return message(Code.get, [...uriPath(path), ...attributes.map(query), ...acceptOption(accept)])
    }
    case 'read':
    case 'bootstrapRead':
      return message(Code.get, [...uriPath(operation.path), ...acceptOption(operation.accept)])
    case 'cancelObservation':
      return message(Code.get, [endObserve, ...uriPath(operation.path), ...acceptOption(operation.accept)])
    case 'observeComposite': {
      const { contentFormat, attributes = [], accept } = operation
      return message(
        Code.fetch,
        [...formatOption(contentFormat), ...attributes.map(query), ...acceptOption(accept)],
        operation,
      )
    }
    case 'readComposite':
      return message(
        Code.fetch,
        [...formatOption(operation.contentFormat), ...acceptOption(operation.accept)],
        operation,
      )
    case 'cancelObservationComposite': {
      const formats = [...formatOption(operation.contentFormat), ...acceptOption(operation.accept)]
      return message(Code.fetch, [endObserve, ...formats], operation)
    }
    case 'discover': {
      const depth = operation.depth === undefined ? [] : [query(`${depthQuery}${operation.depth}`)]
      return message(Code.get, [...uriPath(operation.path), ...depth, ...acceptOption(ContentFormat.link)])
    }
    case 'bootstrapDiscover':
      return message(Code.get, [...uriPath(operation.path), ...acceptOption(ContentFormat.link)])
    case 'write':
      return withPayload(operation.mode === 'replace' ? Code.put : Code.post, operation)
    case 'bootstrapWrite':
      return withPayload(Code.put, operation)
    case 'writeComposite':
      return withPayload(Code.iPatch, operation)
    case 'create':
      return withPayload(Code.post, operation)
    case 'delete':
    case 'bootstrapDelete':
      return message(Code.delete, uriPath(operation.path))
    case 'execute': {
      const payload = Buffer.from(operation.arguments, 'utf8')
      const format = formatOption(payload.length > 0 ? ContentFormat.text : undefined)
      return message(Code.post, [...uriPath(operation.path), ...format], { payload })
    }
    case 'writeAttributes':
      return message(Code.put, [...uriPath(operation.path), ...operation.attributes.map(query)])
    case 'bootstrapFinish':
      return message(Code.post, pathOptions(OptionNumber.uriPath, [finishPath]))
  }
}

function message(
  code: number,
  options: readonly CoapOption[],
  { payload }: Payload = { payload: noPayload },
): CoapMessage {
  return { code, options, payload }
}

function withPayload(code: number, content: Payload & { readonly path: Path }): CoapMessage {
  return message(code, [...uriPath(content.path), ...formatOption(content.contentFormat)], content)
}

const endObserve = uintOption(OptionNumber.observe, 1)

function uriPath(path: Path): CoapOption[] {
  return pathOptions(OptionNumber.uriPath, path)
}

function query(text: string): CoapOption {
  return stringOption(OptionNumber.uriQuery, text)
}

function acceptOption(contentFormat: number | undefined): CoapOption[] {
  return contentFormat === undefined ? [] : [uintOption(OptionNumber.accept, contentFormat)]
}

function formatOption(contentFormat: number | undefined): CoapOption[] {
  return contentFormat === undefined ? [] : [uintOption(OptionNumber.contentFormat, contentFormat)]
}

/** The response that carries an outcome, of the client or of the device with a prefix. */
export function encodeOutcome(outcome: Outcome, prefix?: string): CoapMessage {
  const { responseCode, contentFormat, location, payload = noPayload } = outcome
  const format = contentFormat === undefined ? noOptions : contentFormatOptions(contentFormat)
  const options = location === undefined ? format : [...locationPath(location, prefix), ...format]
  return { code: responseCode, options, payload }
}

function locationPath(location: Path, prefix: string | undefined): CoapOption[] {
  return pathOptions(OptionNumber.locationPath, prefix === undefined ? location : [prefix, ...location])
}

const noOptions: readonly CoapOption[] = Object.freeze([])

/** Each Content-Format needs its option only once; frozen, since all responses share it. */
const knownContentFormats = new Map<number, readonly CoapOption[]>()

function contentFormatOptions(contentFormat: number): readonly CoapOption[] {
  let options = knownContentFormats.get(contentFormat)
  if (options === undefined) {
    options = Object.freeze(formatOption(contentFormat))
    knownContentFormats.set(contentFormat, options)
  }
  return options
}

/** An outcome as a server reads it: any code, any Content-Format. */
export interface ReceivedOutcome {
  readonly responseCode: number
  readonly contentFormat?: number
  readonly payload: Uint8Array
  /** The instance that a Create made, when the client chose its id. */
  readonly location?: Path
}

export function decodeOutcome(response: CoapMessage): ReceivedOutcome {
  const contentFormat = findUint(response, OptionNumber.contentFormat)
  const location = pathFromSegments(findStrings(response, OptionNumber.locationPath))
  return {
    responseCode: response.code,
    payload: response.payload,
    ...defined({ contentFormat }),
    ...(location === undefined || location.length === 0 ? {} : { location }),
  }
}
