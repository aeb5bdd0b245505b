import { OperationError } from '../objects/errors.ts'
import { type CoapMessage, describeCode } from '../transport/coap/message.ts'

export type SendErrorCode =
  /** There is no registration with the server, or with any. */
  | 'NOT_REGISTERED'
  /** The server does not want to be sent anything: its /1/x/23 is true. */
  | 'MUTED'
  /** The client is suspended, offline or disabled, or has lost the connection. */
  | 'OFFLINE'
  /** The client is registered as LwM2M 1.0, which has no Send. */
  | 'UNSUPPORTED_VERSION'
  /** A Content-Format that a Send cannot have, or that cannot carry what it has to. */
  | 'UNSUPPORTED_FORMAT'
  /** Nothing at the paths is there, readable, and has a value. */
  | 'NOT_FOUND'
  /** The server has no right to read anything of it. */
  | 'UNAUTHORIZED'
  /** A value could not be had; `cause` is what its handler threw. */
  | 'READ_FAILED'
  /** Too many wait for this server. */
  | 'QUEUE_FULL'
  /** The server answered with an error; see `responseCode`. */
  | 'REJECTED'
  /** The registration ended first. */
  | 'CLOSED'

/**
 * A Send that did not arrive. `code` is stable and meant for programs. A server that does not answer is a TransportError
 * (`TIMEOUT` and others) instead.
 */
export class SendError extends Error {
  override readonly name = 'SendError'
  readonly code: SendErrorCode
  /** The CoAP code byte of a REJECTED, for example 0x8d for 4.13. */
  readonly responseCode: number | undefined

  constructor(code: SendErrorCode, message: string, options?: ErrorOptions & { readonly responseCode?: number }) {
    super(message, options)
    this.code = code
    this.responseCode = options?.responseCode
  }
}

export function rejected({ code: responseCode }: CoapMessage): SendError {
  return new SendError('REJECTED', `the server answered the Send with ${describeCode(responseCode)}`, { responseCode })
}

/** What kept a Send from being read, in its own terms; what was no such thing stays as it is. */
export function readFailure(error: unknown): unknown {
  if (!(error instanceof OperationError)) return error
  const { message, cause } = error
  switch (error.code) {
    case 'UNAUTHORIZED':
      return new SendError('UNAUTHORIZED', `nothing may be sent to this server: ${message}`)
    case 'UNSUPPORTED_CONTENT_FORMAT':
    case 'NOT_ACCEPTABLE':
      return new SendError('UNSUPPORTED_FORMAT', `${message}; take SenML CBOR or SenML JSON`)
    case 'INTERNAL_SERVER_ERROR':
      return new SendError('READ_FAILED', message, { cause })
    default:
      return new SendError('NOT_FOUND', `nothing to send: ${message}`)
  }
}
