export { accountMachine } from './account.machine.ts'
export type {
  AccountCommand,
  AccountContext,
  AccountFailure,
  AccountInput,
  AccountOutput,
  UpdateCauses,
} from './account.ts'
export { accountId, type ClientCommand, type ClientContext, clientMachine } from './client.machine.ts'
export { mermaid } from './diagram.ts'
export {
  type AccountOutcome,
  accountEffects,
  type ConnectionOutcome,
  type DeregisterInput,
  type DeregisterOutcome,
  effect,
  type RegisterInput,
  type RegisterOutcome,
  type RetryTimerInput,
  type RetryTimerOutcome,
  type ServerInput,
  type StartEffect,
  type System,
  type TimerInput,
  type TimerOutcome,
  type UpdateInput,
  type UpdateOutcome,
} from './effects.ts'
export type { Cause, ClientEvent } from './events.ts'
export { defaultUpdateTiming, type UpdateTiming, updateDelaySeconds } from './lifetime.ts'
export { defaultRetry, type RetryOptions, retryDelayMs } from './retry.ts'
export { statecharts } from './statecharts.ts'
