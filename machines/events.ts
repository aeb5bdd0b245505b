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
  /** Milliseconds until the next attempt; 0 = at once, absent = none: the account has given up. */
  readonly retryDelayMs?: number
}

/** An attempt that failed without an answer of the server. */
interface UnansweredAttempt extends FailedAttempt {
  readonly cause: Cause
}

/** What the client tells its application. The client goes on by itself, except after DISCONNECT and a fatal event. */
export type ClientEvent =
  /** The Bootstrap-Server accepted the Bootstrap-Request, or has begun on its own. */
  | { readonly type: 'BOOTSTRAP_REG_COMPLETE'; readonly securityInstanceId: number }
  /** Bootstrap-Finish: the new accounts are consistent and in force. They register 3.5 s later, once its answer has arrived. */
  | { readonly type: 'BOOTSTRAP_TRANSFER_COMPLETE'; readonly securityInstanceId: number }
  /** One attempt to bootstrap failed; whatever the server had written is undone. */
  | {
      readonly type: 'BOOTSTRAP_RETRY'
      readonly securityInstanceId: number
      readonly cause: Cause
      readonly failedAttempts: number
      /** Milliseconds until the next attempt; 0 = at once, with the next Bootstrap-Server Account. */
      readonly retryDelayMs: number
    }
  /**
   * Bootstrap is given up. Fatal when there is no account to go on with: then the client has stopped and waits for
   * `start`, or for `restartAfterSeconds`.
   */
  | { readonly type: 'BOOTSTRAP_REG_FAILURE'; readonly cause: Cause; readonly fatal: boolean }
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
      readonly includeBinding: boolean
      readonly includeLinks: boolean
    }
  /** The server accepted the Update. */
  | { readonly type: 'REG_UPDATE_COMPLETE'; readonly shortServerId: number }
  /** Queue mode: the awake window is over, the client listens no more until it has something to send. */
  | { readonly type: 'QUEUE_MODE_RX_OFF'; readonly shortServerId: number }
  /** The server (/1/x/4) or the application disabled the account, until then or, without a time, until it is enabled. */
  | { readonly type: 'SERVER_DISABLED'; readonly shortServerId: number; readonly untilMs?: number }
  /** A De-register is sent. */
  | { readonly type: 'DEREGISTER'; readonly shortServerId: number }
  /** The server rejected the De-register or stayed silent; its registration ends with the lifetime. */
  | { readonly type: 'DEREGISTER_FAILURE'; readonly shortServerId: number; readonly cause: Cause }
  /**
   * The application stopped the client and this server account is done; without an id the client had no account.
   * `start` is accepted from here on.
   */
  | { readonly type: 'DISCONNECT'; readonly shortServerId?: number }
  /** The application suspended the client: no timer runs and nothing is sent until `resume`. */
  | { readonly type: 'ENGINE_SUSPENDED' }
  /**
   * A value for this place was refused, as `client.objects.set` would have, and nothing is stored; or its source failed
   * (`SOURCE_FAILED`), which `onError` is told in full. The sink goes on.
   */
  | { readonly type: 'SINK_FAILURE'; readonly path: string; readonly cause: Cause }
  /** Fatal: no server is left to try. The client has stopped and waits for `start`, or for `restartAfterSeconds`. */
  | { readonly type: 'NETWORK_ERROR' }
