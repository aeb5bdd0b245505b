/** Why something failed: `code` is stable and meant for programs, `message` is for people and holds no secret. */
export interface Cause {
  readonly code: string
  readonly message: string
}

/** What every failed attempt tells. */
interface FailedAttempt {
  readonly shortServerId: number
  /** How many attempts in a row failed, this one included; 0 for a registration that worked until now. */
  readonly failedAttempts: number
  /** Milliseconds until the next attempt; 0 = at once. */
  readonly retryDelayMs: number
}

/** An attempt that failed without an answer of the server. */
interface UnansweredAttempt extends FailedAttempt {
  readonly cause: Cause
}

/** What the client tells its application. The client goes on by itself, except after DISCONNECT and NETWORK_ERROR. */
export type ClientEvent =
  /** The server accepted the Register; `location` holds the segments of its Location-Path. */
  | {
      readonly type: 'REGISTRATION_COMPLETE'
      readonly shortServerId: number
      readonly location: readonly string[]
      readonly lifetimeSeconds: number
    }
  /** The server rejected the Register with this CoAP code byte. */
  | (FailedAttempt & { readonly type: 'REGISTRATION_FAILURE'; readonly responseCode: number })
  /** No connection to the server: its name is unknown, its host unreachable, its security handshake failed. */
  | (UnansweredAttempt & { readonly type: 'CONNECT_FAILURE' })
  /** A Register or an Update got no answer, or the connection broke: the registration is lost or was never made. */
  | (UnansweredAttempt & { readonly type: 'REG_TIMEOUT' })
  /** An Update is sent. */
  | {
      readonly type: 'REG_UPDATE'
      readonly shortServerId: number
      readonly includeLifetime: boolean
      readonly includeLinks: boolean
    }
  /** The server accepted the Update. */
  | { readonly type: 'REG_UPDATE_COMPLETE'; readonly shortServerId: number }
  /** A De-register is sent. */
  | { readonly type: 'DEREGISTER'; readonly shortServerId: number }
  /** The server rejected the De-register or stayed silent; its registration ends with the lifetime. */
  | { readonly type: 'DEREGISTER_FAILURE'; readonly shortServerId: number; readonly cause: Cause }
  /** The application stopped the client and this server account is done. `start` is accepted from here on. */
  | { readonly type: 'DISCONNECT'; readonly shortServerId: number }
  /** No server is left to try; the client has stopped and waits for `start`. */
  | { readonly type: 'NETWORK_ERROR' }
