import type { Observable } from 'rxjs'
import type { FirmwareResult } from '../machines/firmware-context.ts'
import type { DownloadSettings } from './download.ts'
import type { FirmwareDescription } from './firmware-note.ts'
import type { FirmwareObjectOptions, FirmwareSeverity } from './firmware-object.ts'
import type { PackageError, PackageErrorCode } from './package-error.ts'
import type { PackageProgress } from './package-pull.ts'
import type { PackageStore } from './package-store.ts'

/** A package of firmware as the application is given it. */
export interface FirmwarePackage extends FirmwareDescription {
  readonly bytes: number
  /** From its beginning, as often as it is called. */
  readonly read: () => AsyncIterable<Uint8Array>
}

export interface FirmwareUpdateOptions extends FirmwareObjectOptions {
  /** Where the package is kept, of this update alone. */
  readonly store: PackageStore
  /**
   * Applies the package. It may end the process: the update goes on with the next one. PackageError `UPDATE_FAILED`, or
   * anything else thrown, keeps the package for another try, `DEFERRED` puts the update off, another code is the result
   * and removes the package. `signal`: the update has ended without it, by `confirm`, `fail` or `unsubscribe`.
   */
  readonly install: (firmware: FirmwarePackage, options: { readonly signal: AbortSignal }) => void | Promise<void>
  /**
   * Judges a package before it counts as downloaded, and may say what it is. PackageError `INTEGRITY_FAILED`, or anything
   * else thrown, `UNSUPPORTED_PACKAGE` and so on refuse it. `signal`: a server has taken it back.
   */
  readonly verify?: (
    firmware: FirmwarePackage,
    options: { readonly signal: AbortSignal },
  ) => FirmwareDescription | void | Promise<FirmwareDescription | void>
  /**
   * Whether an update has succeeded when `install` resolves, or the process comes up again in the middle of it
   * (`automatic`, the default), or only when the application says so by `confirm` or `fail` (`manual`).
   */
  readonly confirm?: 'automatic' | 'manual'
  /**
   * Whether the user puts off the update that a server executes: asked each time, unless the server does not allow it any
   * more. It is installed by `accept`, or when `maximumDeferSeconds` are over. Default: no.
   */
  readonly defers?: (update: {
    readonly severity: FirmwareSeverity
    readonly maximumDeferSeconds: number | undefined
  }) => boolean
  /** The largest package, in bytes; default 64 MiB (67,108,864). */
  readonly maximumBytes?: number
  readonly download?: DownloadSettings
}

/** State and Update Result (/5/0/3, /5/0/5). */
export interface FirmwareStatus {
  readonly state: 'idle' | 'downloading' | 'downloaded' | 'updating'
  readonly result: FirmwareResult
  /** Why it failed, since this run of the process began. */
  readonly error?: PackageError
}

/** Why an application gives up an update. */
export type FirmwareFailure = Exclude<PackageErrorCode, 'CANCELLED' | 'DEFERRED'>

/** A firmware update as the application follows it. */
export interface FirmwareUpdate {
  /** As it is now, and each change. Completes with `unsubscribe`. */
  readonly state$: Observable<FirmwareStatus>
  /** Of a package that is on its way, after each piece. Completes with `unsubscribe`. */
  readonly progress$: Observable<PackageProgress>
  /**
   * The new firmware works. Resolves when that outlives a crash. Rejects with OperationError `METHOD_NOT_ALLOWED` unless
   * an update is being installed or waits for this, with PackageError `NOT_ENOUGH_STORAGE` when it cannot be noted.
   */
  confirm(): Promise<void>
  /** The new firmware does not work; the package is kept for `UPDATE_FAILED`, the default. Otherwise like `confirm`. */
  fail(code?: FirmwareFailure): Promise<void>
  /** The user takes the update that was put off. Throws OperationError `METHOD_NOT_ALLOWED` when there is none. */
  accept(): void
  /** Ends what runs; what is noted stays, and so does the object instance, without its functions. */
  unsubscribe(): void
}
