import type { Observable } from 'rxjs'
import type { SoftwareName } from '../machines/software-context.ts'
import type { SoftwareState } from '../machines/software-management.machine.ts'
import type { DownloadSettings } from './download.ts'
import type { PackageError } from './package-error.ts'
import type { PackageProgress } from './package-pull.ts'
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

/** Update State, Update Result and Activation State (/9/x/7, /9/x/9, /9/x/12). */
export interface SoftwareStatus extends SoftwareName {
  readonly state: SoftwareState
  readonly result: number
  readonly isActive: boolean
  /** Why the last thing failed, since this run of the process began. */
  readonly error?: PackageError
}

/** One instance of Software Management as the application follows it. */
export interface ManagedSoftware {
  readonly instanceId: number
  /** As it is now, and each change. Completes when the instance is gone, and with `unsubscribe`. */
  readonly state$: Observable<SoftwareStatus>
  /** Of a package that is on its way, after each piece. Completes with `unsubscribe`. */
  readonly progress$: Observable<PackageProgress>
}

/** Software that is on the device when it is made. */
export interface InstalledSoftware extends SoftwareDescription {
  readonly isActive?: boolean
}

/** The software of a client. */
export interface SoftwareManagement {
  /** What is managed at the moment, by instance id. */
  readonly instances: ReadonlyMap<number, ManagedSoftware>
  /**
   * Adds an instance, in the state in which an earlier run has left it; the first time it is `installed` already, if that is
   * given. One that is there is returned. Throws OperationError `BAD_REQUEST` for an id above 65534, ValueError for a name or
   * version that is no text or too long; nothing is added then.
   */
  add(instanceId: number, installed?: InstalledSoftware): ManagedSoftware
  /** Ends what runs; what is noted stays, and so do the instances, without their functions. */
  unsubscribe(): void
}

export const defaultMaximumBytes = 64 * 1024 * 1024
export const defaultMaximumInstances = 16
/** Of PkgName and of PkgVersion. */
export const maximumNameBytes = 255

/** Whether a text can be PkgName or PkgVersion. */
export function isSoftwareName(text: string): boolean {
  return Buffer.byteLength(text) <= maximumNameBytes && text.isWellFormed()
}
