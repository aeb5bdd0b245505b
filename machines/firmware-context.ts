/** Update Result, /5/x/5 (LwM2M Core 1.2.2 §E.6). */
export const firmwareResult = {
  initial: 0,
  success: 1,
  notEnoughStorage: 2,
  outOfMemory: 3,
  connectionLost: 4,
  integrityFailed: 5,
  unsupportedPackage: 6,
  invalidUri: 7,
  updateFailed: 8,
  unsupportedProtocol: 9,
  cancelled: 10,
  deferred: 11,
} as const

export type FirmwareResult = (typeof firmwareResult)[keyof typeof firmwareResult]

/** Whether a result tells of a failure, and not of a wish. */
export function isFirmwareFailure(result: FirmwareResult): boolean {
  return result > firmwareResult.success && result < firmwareResult.cancelled
}

/** How far an update has come, as it is noted for the case of a restart. */
export type FirmwarePhase = 'idle' | 'pushing' | 'pulling' | 'pulled' | 'downloaded' | 'deferred' | 'updating'

/** What a firmware update goes on from. JSON data. */
export interface FirmwareInput {
  readonly phase: FirmwarePhase
  readonly result: FirmwareResult
  /** Whether the application has the last word on an update, or to have come so far is enough. */
  readonly manual: boolean
  /** Whether nothing may be downloaded at first. */
  readonly held: boolean
  /** Since when the update is put off, milliseconds since 1970. */
  readonly deferredAtMs?: number
}

/** The memory of a firmware update: JSON data; the URI, which may hold a secret, is not among it. */
export interface FirmwareContext {
  /** Where it begins. */
  readonly phase: FirmwarePhase
  readonly result: FirmwareResult
  readonly manual: boolean
  readonly held: boolean
  /** Whether a server writes the package, or the client fetches it. */
  readonly pushed: boolean
  readonly deferredAtMs: number | undefined
}

interface Failure {
  readonly result: FirmwareResult
}

/** What a firmware update is told. What a state does not know is against the rules there: `snapshot.can()` tells. */
export type FirmwareCommand =
  /** A server begins to write a package, has written all of it, or will not. */
  | { readonly type: 'push.begun' }
  | { readonly type: 'push.received' }
  | ({ readonly type: 'push.failed' } & Failure)
  /** A server wrote where the package is. */
  | { readonly type: 'uri.written' }
  /** A server wrote an empty URI or an empty package. */
  | { readonly type: 'reset' }
  /** /5/x/10. */
  | { readonly type: 'cancel' }
  /** /5/x/2, or the user takes an update that was put off. */
  | { readonly type: 'update' }
  /** /5/x/2, which the user puts off. */
  | { readonly type: 'defer'; readonly atMs: number }
  /** How long an update may be put off is another now. */
  | { readonly type: 'deferral.changed' }
  /** The application judges the new firmware. */
  | { readonly type: 'confirm' }
  | ({ readonly type: 'fail' } & Failure)
  /** The network must not be used for a while. */
  | { readonly type: 'hold' }
  | { readonly type: 'release' }

export function initialFirmwareContext({ phase, result, manual, held, deferredAtMs }: FirmwareInput): FirmwareContext {
  return { phase, result, manual, held, pushed: phase === 'pushing', deferredAtMs }
}
