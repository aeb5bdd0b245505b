export type RequestErrorCode =
  /** No client is registered under this endpoint name, or no bootstrap configuration is for it. */
  | 'UNKNOWN_ENDPOINT'
  /** The client answered with an error; see `responseCode`. */
  | 'REJECTED'
  /** The client answered, but not with what was asked for: an unknown Content-Format, or a malformed payload. */
  | 'BAD_RESPONSE'
  /** The registration ended while the request waited for the client to wake. */
  | 'REGISTRATION_ENDED'
  /** The client asked for bootstrap again, which ended this session. */
  | 'SUPERSEDED'
  /** The configuration does not fit this client: it would overwrite its Bootstrap-Server Account. */
  | 'BAD_CONFIGURATION'

/**
 * A request to a client that led to nothing. `code` is stable and meant for programs. A client that does not answer is a
 * TransportError (`TIMEOUT`, `NO_RESPONSE`, `RESET`) instead.
 */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly code: RequestErrorCode
  /** The CoAP code byte of a REJECTED, for example 0x84 for 4.04. */
  readonly responseCode: number | undefined

  constructor(code: RequestErrorCode, message: string, options?: ErrorOptions & { readonly responseCode?: number }) {
    super(message, options)
    this.code = code
    this.responseCode = options?.responseCode
  }
}

/** A bootstrap configuration that cannot be used. `message` begins with the place in the document and holds no value of it. */
export class BootstrapConfigError extends Error {
  override readonly name = 'BootstrapConfigError'
  readonly code = 'INVALID_BOOTSTRAP_CONFIG'
}
