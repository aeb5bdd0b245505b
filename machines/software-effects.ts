import { effect, notProvided } from './effects.ts'
import type { SoftwareName } from './software-context.ts'

/** For what an earlier run may have begun. */
export interface ResumableInput {
  /** The process ended in the middle of it. */
  readonly isResumed: boolean
}

/** For `install`, which begins to use the package. */
export interface InstallInput extends ResumableInput {
  /** It replaces what is in place. */
  readonly isUpgrade: boolean
}

/** For `uninstall`, which takes software from the device, or with `isForUpdate` gets it ready to be replaced. */
export interface UninstallInput extends ResumableInput {
  readonly isForUpdate: boolean
}

/** From `download`, which gets the package from its URI and goes on where an earlier run ended. */
export type DownloadOutcome =
  | { readonly type: 'download.done' }
  | { readonly type: 'download.failed'; readonly result: number }

/** From `verify`, which tells whether the package is sound, and what it is. */
export type VerifyOutcome =
  | ({ readonly type: 'verify.done' } & SoftwareName)
  | { readonly type: 'verify.failed'; readonly result: number }

export type InstallOutcome = { readonly type: 'install.done' } | { readonly type: 'install.failed' }

export type UninstallOutcome = { readonly type: 'uninstall.done' } | { readonly type: 'uninstall.failed' }

/** From `activate`, which begins to run the software. */
export type ActivateOutcome = { readonly type: 'activate.done' } | { readonly type: 'activate.failed' }

/** From `deactivate`, which ends that. */
export type DeactivateOutcome = { readonly type: 'deactivate.done' } | { readonly type: 'deactivate.failed' }

export type SoftwareOutcome =
  | DownloadOutcome
  | VerifyOutcome
  | InstallOutcome
  | UninstallOutcome
  | ActivateOutcome
  | DeactivateOutcome

/** The effects of a Software Management instance by name. */
export const softwareEffects = {
  download: effect<ResumableInput, DownloadOutcome>(notProvided),
  verify: effect<undefined, VerifyOutcome>(notProvided),
  install: effect<InstallInput, InstallOutcome>(notProvided),
  uninstall: effect<UninstallInput, UninstallOutcome>(notProvided),
  activate: effect<undefined, ActivateOutcome>(notProvided),
  deactivate: effect<undefined, DeactivateOutcome>(notProvided),
}
