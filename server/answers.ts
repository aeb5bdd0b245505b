import { FormatError, OperationError, ResponseCode } from '../objects/errors.ts'
import { type CoapMessage, diagnostic, noPayload } from '../transport/coap/message.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'

const maximumEndpointLength = 200

export function success(code: number): CoapMessage {
  return { code, options: [], payload: noPayload }
}

/** The response to what a client did wrong; throws anything else again. */
export function failure(error: unknown): CoapMessage {
  if (error instanceof OperationError) return diagnostic(error.responseCode, error.message)
  if (error instanceof FormatError) return diagnostic(ResponseCode.badRequest, error.message)
  throw error
}

/**
 * Without security there is nothing but `ep` to know a client by. It ends up in logs, so it must be plain text. Throws
 * OperationError BAD_REQUEST.
 */
export function checkEndpoint(endpoint: string | undefined): string {
  if (endpoint === undefined) throw new OperationError('BAD_REQUEST', 'the ep parameter is missing')
  if (endpoint.length === 0 || endpoint.length > maximumEndpointLength || /[\p{Cc}\ufffd]/u.test(endpoint)) {
    throw new OperationError('BAD_REQUEST', 'the ep parameter is no endpoint name')
  }
  return endpoint
}

/** Whether a client is who it says, where a certificate or key of its own tells who that is. */
export function isOwnName(endpoint: string, { proof, identity }: PeerConnection): boolean {
  return proof !== 'ownKey' || identity === endpoint
}
