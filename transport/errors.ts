export type TransportErrorCode =
  /** A CON message was retransmitted MAX_RETRANSMIT times and never acknowledged (RFC 7252 §4.2). */
  | 'TIMEOUT'
  /** The request was acknowledged, but no response came (RFC 7252 §5.2.2). */
  | 'NO_RESPONSE'
  /** The peer answered with a Reset message (RFC 7252 §4.2). */
  | 'RESET'
  /** The exchange was cancelled by its owner. */
  | 'CANCELLED'
  /** The peer or its connection was closed. */
  | 'CLOSED'
  /**
   * One end has aborted the connection, and says why in the message: what was no message, one too large, settings that it
   * cannot follow (RFC 8323 §5.6).
   */
  | 'ABORTED'
  /** Too many requests wait for this peer. */
  | 'QUEUE_FULL'
  /** A block-wise transfer broke its rules: a wrong block, a changed ETag, too much data (RFC 7959). */
  | 'BLOCKWISE'
  /** The name of the host cannot be resolved. */
  | 'HOST_NOT_FOUND'
  /** The host cannot be reached, or nothing listens on its port. */
  | 'NETWORK_UNREACHABLE'
  /** Another process listens on this address and port. */
  | 'ADDRESS_IN_USE'
  /** A URI that is none, or of a scheme the engine does not speak. */
  | 'INVALID_URI'
  /** The DTLS handshake came to no agreement; `alertCode` says which alert ended it, if one did. */
  | 'HANDSHAKE'
  /** What secures a server contradicts itself or is incomplete: `coap://` with a key, a key without bytes. */
  | 'INVALID_SECURITY'
  /** A kind of security that the engine does not speak. */
  | 'NOT_SUPPORTED'

export interface TransportErrorOptions extends ErrorOptions {
  readonly alertCode?: number
  readonly isAlertOfPeer?: boolean
}

/** Why bytes did not get through. `code` is stable and meant for programs. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly code: TransportErrorCode
  /** The TLS or DTLS alert that ended the handshake or the session, 0–255 (RFC 5246 §7.2). */
  readonly alertCode: number | undefined
  /** Whether it was the peer that sent the alert. */
  readonly isAlertOfPeer: boolean

  constructor(code: TransportErrorCode, message: string, options?: TransportErrorOptions) {
    super(message, options)
    this.code = code
    this.alertCode = options?.alertCode
    this.isAlertOfPeer = options?.isAlertOfPeer ?? false
  }
}

/** What ends with a connection that its owner closes. */
export function closedError(): TransportError {
  return new TransportError('CLOSED', 'the connection was closed')
}

/** What is no well-formed CoAP message (RFC 7252 §3, §4.2, RFC 8323 §3.2). */
export class MessageFormatError extends Error {
  override readonly name = 'MessageFormatError'
  readonly code = 'MESSAGE_FORMAT'
}
