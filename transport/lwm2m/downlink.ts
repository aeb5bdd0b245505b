import { OperationError } from '../../objects/errors.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import type { Operation, Outcome } from '../../objects/operations/operation.ts'
import { idFromDigits, type Path } from '../../objects/path.ts'
import { type CoapMessage, type CoapOption, Code, noPayload } from '../coap/message.ts'
import { findStrings, findUint, OptionNumber, pathOptions, stringOption, uintOption } from '../coap/options.ts'

/**
 * Reads the operation that a server's request asks for (LwM2M Transport 1.2.2 §6.4.3, §6.4.4).
 * Throws {@link OperationError}: NOT_FOUND for a path that is none, METHOD_NOT_ALLOWED for a method the path has not.
 */
export function decodeOperation(request: CoapMessage): Operation {
  const path = findPath(request)
  if (path === undefined) throw new OperationError('NOT_FOUND', 'no such path')
  if (path.length === 0) throw new OperationError('METHOD_NOT_ALLOWED', 'this operation has no root path')
  switch (request.code) {
    case Code.get:
      return decodeGet(request, path)
    case Code.put:
      return decodePut(request, path)
    case Code.post:
      return decodePost(request, path)
    default:
      throw new OperationError('METHOD_NOT_ALLOWED', 'no operation uses this method')
  }
}

/** The path of a request, read from the digits of its options without a string for each; undefined when it is none. */
function findPath(request: CoapMessage): Path | undefined {
  const path: number[] = []
  for (const { number, value } of request.options) {
    if (number !== OptionNumber.uriPath) continue
    const id = idFromDigits(value)
    if (id === undefined || path.length === longestPath) return undefined
    path.push(id)
  }
  return path
}

const longestPath = 4

function decodeGet(request: CoapMessage, path: Path): Operation {
  const accept = findUint(request, OptionNumber.accept)
  if (accept === ContentFormat.link) return { kind: 'discover', path }
  const observe = findUint(request, OptionNumber.observe)
  const kind = observe === 0 ? 'observe' : observe === 1 ? 'cancelObservation' : 'read'
  return accept === undefined ? { kind, path } : { kind, path, accept }
}

function decodePut(request: CoapMessage, path: Path): Operation {
  const contentFormat = findUint(request, OptionNumber.contentFormat)
  if (contentFormat === undefined && request.payload.length === 0) {
    return { kind: 'writeAttributes', path, attributes: findStrings(request, OptionNumber.uriQuery) }
  }
  return write(path, 'replace', contentFormat, request.payload)
}

function decodePost(request: CoapMessage, path: Path): Operation {
  if (path.length === 2) {
    return write(path, 'update', findUint(request, OptionNumber.contentFormat), request.payload)
  }
  if (path.length === 3) return { kind: 'execute', path, arguments: Buffer.from(request.payload).toString('utf8') }
  throw new OperationError('METHOD_NOT_ALLOWED', 'nothing to execute, write or create here')
}

function write(
  path: Path,
  mode: 'replace' | 'update',
  contentFormat: number | undefined,
  payload: Uint8Array,
): Operation {
  return { kind: 'write', path, mode, payload, ...(contentFormat === undefined ? {} : { contentFormat }) }
}

/** The request by which a server asks for an operation; Observe is added by whoever opens the observation. */
export function encodeOperation(operation: Operation): CoapMessage {
  const path = pathOptions(OptionNumber.uriPath, operation.path)
  switch (operation.kind) {
    case 'read':
    case 'observe':
      return { code: Code.get, options: [...path, ...acceptOption(operation.accept)], payload: noPayload }
    case 'cancelObservation':
      return {
        code: Code.get,
        options: [uintOption(OptionNumber.observe, 1), ...path, ...acceptOption(operation.accept)],
        payload: noPayload,
      }
    case 'discover':
      return { code: Code.get, options: [...path, ...acceptOption(ContentFormat.link)], payload: noPayload }
    case 'write':
      return {
        code: operation.mode === 'replace' ? Code.put : Code.post,
        options: [...path, ...formatOption(operation.contentFormat)],
        payload: operation.payload,
      }
    case 'execute': {
      const payload = Buffer.from(operation.arguments, 'utf8')
      return {
        code: Code.post,
        options: [...path, ...formatOption(payload.length > 0 ? ContentFormat.text : undefined)],
        payload,
      }
    }
    case 'writeAttributes': {
      const queries = operation.attributes.map(attribute => stringOption(OptionNumber.uriQuery, attribute))
      return { code: Code.put, options: [...path, ...queries], payload: noPayload }
    }
  }
}

function acceptOption(contentFormat: number | undefined): CoapOption[] {
  return contentFormat === undefined ? [] : [uintOption(OptionNumber.accept, contentFormat)]
}

function formatOption(contentFormat: number | undefined): CoapOption[] {
  return contentFormat === undefined ? [] : [uintOption(OptionNumber.contentFormat, contentFormat)]
}

/** The response that carries an outcome. */
export function encodeOutcome(outcome: Outcome): CoapMessage {
  const { responseCode, contentFormat, payload = noPayload } = outcome
  return {
    code: responseCode,
    options: contentFormat === undefined ? [] : contentFormatOptions(contentFormat),
    payload,
  }
}

/** Each Content-Format needs its option only once; frozen, it is encoded only once, too. */
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
}

export function decodeOutcome(response: CoapMessage): ReceivedOutcome {
  const contentFormat = findUint(response, OptionNumber.contentFormat)
  const { code: responseCode, payload } = response
  return contentFormat === undefined ? { responseCode, payload } : { responseCode, contentFormat, payload }
}
