import { effect, notProvided } from './effects.ts'
import type { SoftwareName } from './software-context.ts'

/** What an effect is told of itself: nothing, the client knows its instance. */
export type NoInput = Readonly<Record<string, never>>

/** For what an earlier run may have begun. */
interface ResumableInput {
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

/** From `push`, which ends with what a server writes: the rest of it is refused when the state is left before. */
type PushOutcome = never

/** From `pull`, which downloads the package, from where an earlier download of it has stopped. */
export type PullOutcome = { readonly type: 'pull.finished' } | { readonly type: 'pull.failed'; readonly result: number }

/** From `verify`, which tells whether the package is sound, and what it is. */
export type VerifyOutcome =
  | ({ readonly type: 'verify.passed' } & SoftwareName)
  | { readonly type: 'verify.failed'; readonly result: number }

export type InstallOutcome = { readonly type: 'install.finished' } | { readonly type: 'install.failed' }

export type UninstallOutcome = { readonly type: 'uninstall.finished' } | { readonly type: 'uninstall.failed' }

/** From `activate`, which begins to run the software. */
export type ActivateOutcome = { readonly type: 'activate.finished' } | { readonly type: 'activate.failed' }

/** From `deactivate`, which ends that. */
export type DeactivateOutcome = { readonly type: 'deactivate.finished' } | { readonly type: 'deactivate.failed' }

export type SoftwareOutcome =
  | PullOutcome
  | VerifyOutcome
  | InstallOutcome
  | UninstallOutcome
  | ActivateOutcome
  | DeactivateOutcome

/** The effects of a Software Management instance by name. */
export const softwareEffects = {
  push: effect<NoInput, PushOutcome>(notProvided),
  pull: effect<NoInput, PullOutcome>(notProvided),
  verify: effect<NoInput, VerifyOutcome>(notProvided),
  install: effect<InstallInput, InstallOutcome>(notProvided),
  uninstall: effect<UninstallInput, UninstallOutcome>(notProvided),
  activate: effect<NoInput, ActivateOutcome>(notProvided),
  deactivate: effect<NoInput, DeactivateOutcome>(notProvided),
}
