export type DownloadErrorCode =
  /** What is no URI, or names no resource that a request can ask for. */
  | 'INVALID_URI'
  /** A URI of another scheme than `coap`, `coaps`, `coap+tcp`, `coaps+tcp`, `http` and `https`. */
  | 'UNSUPPORTED_PROTOCOL'
  /** The URI needs credentials, or these are of no use for it. */
  | 'INVALID_SECURITY'
  /** The name of the host cannot be resolved. */
  | 'HOST_NOT_FOUND'
  /** The two ends do not trust each other. */
  | 'HANDSHAKE'
  /** The server cannot be reached, is silent, or the connection to it was lost, as often as it was tried. */
  | 'CONNECTION_LOST'
  /** The server does not give it: 4.xx, over HTTP 4xx, or it redirects to where nothing may be fetched from. */
  | 'REFUSED'
  /** The server cannot give it now: 5.xx, over HTTP 5xx. */
  | 'SERVER_FAILED'
  /** The server breaks the rules of its protocol. */
  | 'INVALID_RESPONSE'
  /** Another version took its place while it was fetched, again and again. */
  | 'CHANGED'
  /** It is above `maximumBytes`. */
  | 'TOO_LARGE'
  /** `signal` gave it up. */
  | 'CANCELLED'

export interface DownloadErrorOptions extends ErrorOptions {
  readonly isTransient?: boolean
}

/** Why something could not be downloaded. `code` is stable and meant for programs; `message` shows no query of a URI. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError'
  readonly code: DownloadErrorCode
  /** Whether it may succeed later on; it was tried again then, as often as `attempts` says. */
  readonly isTransient: boolean

  constructor(code: DownloadErrorCode, message: string, options?: DownloadErrorOptions) {
    super(message, options)
    this.code = code
    this.isTransient = options?.isTransient ?? false
  }
}
