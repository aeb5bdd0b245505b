import { FormatError, OperationError } from '../objects/errors.ts'
import { ContentFormat, type Schema } from '../objects/formats/format.ts'
import { formatOf } from '../objects/formats/formats.ts'
import { type Link, parseLinks } from '../objects/formats/link-format.ts'
import { nameOf } from '../objects/formats/path-name.ts'
import type { Path } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import { type CoapMessage, describeCode, isSuccess } from '../transport/coap/message.ts'
import { describeContentFormat } from '../transport/lwm2m/describe.ts'
import { decodeOutcome, type ReceivedOutcome } from '../transport/lwm2m/downlink.ts'
import { RequestError } from './errors.ts'
import type { AnyOperation } from './target.ts'

/** What a client answered: response code as a CoAP code byte, Content-Format, payload. */
export type OperationResult = ReceivedOutcome

/** The answer to a Read, or a notification. */
export interface ReadResult extends OperationResult {
  /** In the order of the payload, with full paths. */
  readonly values: readonly PathValue[]
}

export interface DiscoverResult extends OperationResult {
  readonly links: readonly Link[]
}

export type OperationAtPath = Extract<AnyOperation, { readonly path: Path }>

/** The answer to an operation. Throws RequestError REJECTED. */
export function operationResult(operation: AnyOperation, response: CoapMessage): OperationResult {
  if (isSuccess(response.code)) return decodeOutcome(response)
  const { code: responseCode } = response
  throw new RequestError('REJECTED', `${describe(operation)}: ${describeCode(responseCode)}`, { responseCode })
}

/** Throws RequestError REJECTED or BAD_RESPONSE. */
export function readResult(operation: OperationAtPath, response: CoapMessage, schema: Schema): ReadResult {
  const result = operationResult(operation, response)
  const { contentFormat, payload } = result
  if (contentFormat === undefined && payload.length === 0) return { ...result, values: [] }
  const format = contentFormat === undefined ? undefined : formatOf(contentFormat)
  if (format === undefined) throw unreadable(operation, contentFormat)
  try {
    return { ...result, values: format.decode(operation.path, payload, schema) }
  } catch (error) {
    throw malformed(operation, error)
  }
}

/** Throws RequestError REJECTED or BAD_RESPONSE, which is what a FormatError of `parse` becomes. */
export function discoverResult(
  operation: OperationAtPath,
  response: CoapMessage,
  parse: (text: string) => Link[] = parseLinks,
): DiscoverResult {
  const result = operationResult(operation, response)
  if (result.contentFormat !== ContentFormat.link) throw unreadable(operation, result.contentFormat)
  try {
    return { ...result, links: parse(Buffer.from(result.payload).toString('utf8')) }
  } catch (error) {
    throw malformed(operation, error)
  }
}

function describe(operation: AnyOperation): string {
  return 'path' in operation ? `${operation.kind} ${nameOf(operation.path, operation.prefix)}` : operation.kind
}

function unreadable(operation: AnyOperation, contentFormat: number | undefined): RequestError {
  const format =
    contentFormat === undefined ? 'no Content-Format' : `Content-Format ${describeContentFormat(contentFormat)}`
  return new RequestError('BAD_RESPONSE', `${describe(operation)}: the answer has ${format}`)
}

function malformed(operation: AnyOperation, error: unknown): unknown {
  if (!(error instanceof FormatError || error instanceof OperationError)) return error
  return new RequestError('BAD_RESPONSE', `${describe(operation)}: ${error.message}`, { cause: error })
}
