export { accountMachine } from './account.machine.ts'
export type {
  AccountCommand,
  AccountContext,
  AccountFailure,
  AccountInput,
  AccountOutput,
  AccountReport,
  Disabled,
  Registered,
  SavedAccount,
  UpdateCauses,
} from './account-context.ts'
export { type BootstrapReport, bootstrapMachine } from './bootstrap.machine.ts'
export {
  type BootstrapAccountInput,
  type BootstrapCommand,
  type BootstrapContext,
  type BootstrapInput,
  type BootstrapOutput,
  defaultBootstrapRetry,
  type Expiry,
} from './bootstrap-context.ts'
export { clientMachine } from './client.machine.ts'
export { accountId, type ClientCommand, type ClientContext, type ClientInput } from './client-context.ts'
export { mermaid } from './diagram.ts'
export {
  type AccountOutcome,
  type AwakeWindowInput,
  type AwakeWindowOutcome,
  accountEffects,
  type BootstrapConnectionOutcome,
  type BootstrapOutcome,
  type BootstrapPackOutcome,
  type BootstrapRequestOutcome,
  type BootstrapResult,
  type BootstrapServerInput,
  bootstrapEffects,
  type ConnectionMessage,
  type ConnectionOutcome,
  type DeregisterInput,
  type DeregisterOutcome,
  effect,
  type RegisterInput,
  type RegisterOutcome,
  type RetryDelayInput,
  type RetryDelayOutcome,
  type RunningEffect,
  type ServerInput,
  type SilenceInput,
  type SilenceOutcome,
  type StartEffect,
  type System,
  type TimerInput,
  type TimerOutcome,
  type UpdateInput,
  type UpdateOutcome,
} from './effects.ts'
export type { Cause, ClientEvent } from './events.ts'
export {
  type FirmwareCommand,
  type FirmwareContext,
  type FirmwareInput,
  type FirmwarePhase,
  type FirmwareResult,
  firmwareResult,
} from './firmware-context.ts'
export { type DeferralInput, type FirmwareOutcome, firmwareEffects } from './firmware-effects.ts'
export { firmwarePhase, firmwareState, firmwareUpdateMachine } from './firmware-update.machine.ts'
export { defaultUpdateTiming, type UpdateTiming, updateDelaySeconds } from './lifetime.ts'
export { defaultRetry, isExhausted, type RetryOptions, retryDelayMs } from './retry.ts'
export {
  type SavedSoftware,
  type SoftwareCommand,
  type SoftwareContext,
  type SoftwareInput,
  type SoftwareName,
  type SoftwarePhase,
  softwareResult,
} from './software-context.ts'
export { type InstallInput, type SoftwareOutcome, softwareEffects, type UninstallInput } from './software-effects.ts'
export {
  type SoftwareState,
  softwareManagementMachine,
  softwarePhase,
  softwareState,
} from './software-management.machine.ts'
export { statecharts } from './statecharts.ts'
