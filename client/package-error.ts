export type PackageErrorCode =
  /** There is no room for the package, or it is above the limit. */
  | 'NOT_ENOUGH_STORAGE'
  | 'OUT_OF_MEMORY'
  /** The transfer has ended before its end: a server that is silent, a connection that is gone, the process restarted. */
  | 'CONNECTION_LOST'
  /** What has arrived is not what was sent. */
  | 'INTEGRITY_FAILED'
  /** It is no package for this device. */
  | 'UNSUPPORTED_PACKAGE'
  /** The URI of a package is none, or leads nowhere. */
  | 'INVALID_URI'
  | 'UNSUPPORTED_PROTOCOL'
  /** It could not be applied. */
  | 'UPDATE_FAILED'
  | 'CANCELLED'
  /** The application puts it off. */
  | 'DEFERRED'

/**
 * Why a package of firmware or software cannot be had or applied. `message` is for people and holds nothing of the package. What
 * verifies or applies a package may throw one to say which; anything else thrown is INTEGRITY_FAILED or UPDATE_FAILED.
 */
export class PackageError extends Error {
  override readonly name = 'PackageError'
  readonly code: PackageErrorCode

  constructor(code: PackageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
