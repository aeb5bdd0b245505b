import type { DownloadSettings } from './download.ts'
import type { PackageStores } from './package-stores.ts'

/** What is known of a package, told by whoever verifies it. */
export interface SoftwareDescription {
  /** PkgName (/9/x/0), 255 bytes at most. */
  readonly name?: string
  /** PkgVersion (/9/x/1), 255 bytes at most. */
  readonly version?: string
}

/** Software of one instance, as the application is told of it. */
export interface Software extends SoftwareDescription {
  readonly instanceId: number
}

/** Its package. */
export interface SoftwarePackage extends Software {
  readonly bytes: number
  /** From its beginning, as often as it is called. */
  read(): AsyncIterable<Uint8Array>
}

export interface SoftwareWork {
  /** Aborted when nobody waits for the end any more: the instance is gone, or `unsubscribe` was called. */
  readonly signal: AbortSignal
}

export interface SoftwareManagementOptions {
  /** Where the packages are kept, and the state of each instance, over a restart. */
  readonly stores: PackageStores
  /**
   * Judges a package that was downloaded, and says what it is. PackageError `INTEGRITY_FAILED`, or anything else thrown,
   * `UNSUPPORTED_PACKAGE` and so on refuse it.
   */
  readonly verify?: (
    software: SoftwarePackage,
    work: SoftwareWork,
  ) => SoftwareDescription | void | Promise<SoftwareDescription | void>
  /** Installs a package, which is removed when that is done; in place of the software before it when `isUpgrade`. */
  readonly install: (
    software: SoftwarePackage,
    work: SoftwareWork & { readonly isUpgrade: boolean },
  ) => void | Promise<void>
  /** Takes software from the device; with `isForUpdate` it only makes room for the package that will replace it. */
  readonly uninstall: (
    software: Software,
    work: SoftwareWork & { readonly isForUpdate: boolean },
  ) => void | Promise<void>
  /** Begins to run the software. Without it, to be activated is a mark and no more. */
  readonly activate?: (software: Software, work: SoftwareWork) => void | Promise<void>
  /** Ends that. Also before software that runs is uninstalled. */
  readonly deactivate?: (software: Software, work: SoftwareWork) => void | Promise<void>
  /**
   * The process ended in the middle of an `install` or `uninstall`: whether it was done all the same. Default: no, and the
   * server may try again.
   */
  readonly completed?: (
    software: Software,
    what: 'install' | 'uninstall',
    work: SoftwareWork,
  ) => boolean | Promise<boolean>
  /** The largest package, in bytes; default 64 MiB. */
  readonly maximumBytes?: number
  /** Instances that there may be, those of the application among them; default 16. */
  readonly maximumInstances?: number
  readonly download?: DownloadSettings
}

export const defaultMaximumBytes = 64 * 1024 * 1024
export const defaultMaximumInstances = 16
