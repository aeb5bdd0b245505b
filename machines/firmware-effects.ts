import { effect, notProvided } from './effects.ts'
import type { FirmwareResult } from './firmware-context.ts'

/** What an effect of a firmware update is told of itself: nothing, the client knows where its package is. */
type NoInput = Readonly<Record<string, never>>

interface Failure {
  readonly result: FirmwareResult
}

/** From `push`, which ends with what a server writes: the rest of it is refused when the state is left before. */
type PushOutcome = never

/** From `pull`, which downloads the package, from where an earlier download of it has stopped. */
export type PullOutcome = { readonly type: 'pull.finished' } | ({ readonly type: 'pull.failed' } & Failure)

/** From `verify`, by which the application judges the package. */
export type VerifyOutcome = { readonly type: 'verify.passed' } | ({ readonly type: 'verify.failed' } & Failure)

/** From `keep`, which waits until the state is noted: after that it outlives a crash. */
export type KeepOutcome = { readonly type: 'keep.done' } | { readonly type: 'keep.failed' }

/** From `install`, by which the application applies the package. */
export type InstallOutcome =
  | { readonly type: 'install.finished' }
  | ({ readonly type: 'install.failed' } & Failure)
  /** It asks for a later time. */
  | { readonly type: 'install.deferred'; readonly atMs: number }

/** For `deferral`, which ends when the update has been put off for as long as the server allows. */
export interface DeferralInput {
  readonly deferredAtMs: number
}
type DeferralOutcome = { readonly type: 'deferral.over' }

export type FirmwareOutcome = PullOutcome | VerifyOutcome | KeepOutcome | InstallOutcome | DeferralOutcome

/** The effects of a firmware update by name. */
export const firmwareEffects = {
  push: effect<NoInput, PushOutcome>(notProvided),
  pull: effect<NoInput, PullOutcome>(notProvided),
  verify: effect<NoInput, VerifyOutcome>(notProvided),
  keep: effect<NoInput, KeepOutcome>(notProvided),
  install: effect<NoInput, InstallOutcome>(notProvided),
  deferral: effect<DeferralInput, DeferralOutcome>(notProvided),
}
