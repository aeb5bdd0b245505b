import { type AnyActorRef, type CallbackActorLogic, type EventObject, fromCallback } from 'xstate'
import type { EnablerVersion } from '../objects/enabler.ts'
import type { AccountInput } from './account-context.ts'
import type { BootstrapAccountInput, Expiry } from './bootstrap-context.ts'
import type { Cause } from './events.ts'
import type { RetryOptions } from './retry.ts'

/** The actor system an effect runs in; one per client, so it is the key to the client's own things. */
export type System = AnyActorRef['system']

/** What ends an effect, and for those that take messages what passes one on. */
export interface RunningEffect<TMessage> {
  end(): void
  receive(message: TMessage): void
}

/**
 * Starts something outside of the machine and returns what ends it. `report` tells outcomes; after the end it is
 * ignored. `input` is JSON data without secrets.
 */
export type StartEffect<TInput, TOutcome, TMessage = EventObject> = (
  input: TInput,
  report: (outcome: TOutcome) => void,
  system: System,
) => (() => void) | RunningEffect<TMessage>

/** The actor logic of an effect. It runs while its state is active and ends when the state is left. */
export function effect<TInput, TOutcome extends EventObject, TMessage extends EventObject = EventObject>(
  start: StartEffect<TInput, TOutcome, TMessage>,
): CallbackActorLogic<TMessage, TInput> {
  return fromCallback<TMessage, TInput>(({ input, sendBack, system, receive }) => {
    const running = start(input, sendBack, system)
    if (typeof running === 'function') return running
    receive(message => running.receive(message))
    return () => running.end()
  })
}

/** Holds the place of an effect that the client provides. */
export function notProvided(): never {
  throw new Error('this effect is not provided: give it to machine.provide({actors})')
}

/** Which server account an effect works for. */
export interface ServerInput {
  readonly shortServerId: number
}

/** From `connection`, which opens the way to a server and keeps it open until the account needs it no more. */
export type ConnectionOutcome =
  /** At first, and after each `wake`. */
  | { readonly type: 'connect.succeeded'; readonly atMs: number }
  | { readonly type: 'connect.failed'; readonly cause: Cause }
  /** An open connection broke. */
  | { readonly type: 'connection.lost'; readonly cause: Cause }

/** What `connection` is told: in queue mode it rests between awake windows (LwM2M Core 1.2.2 §6.5). */
export type ConnectionMessage = { readonly type: 'rest' } | { readonly type: 'wake' }

/** For `register`, which sends a Register with the links of all objects as they are now. */
export interface RegisterInput extends ServerInput {
  readonly version: EnablerVersion
  readonly lifetimeSeconds: number
  readonly binding: string
  readonly queueMode: boolean
}
export type RegisterOutcome =
  /** `atMs`: when the request was first sent, since the server may count the lifetime from its first copy. */
  | { readonly type: 'register.created'; readonly location: readonly string[]; readonly atMs: number }
  | { readonly type: 'register.rejected'; readonly responseCode: number }
  | { readonly type: 'register.timedOut'; readonly cause: Cause }

/** For `update`, which sends an Update of what changed. */
export interface UpdateInput extends ServerInput {
  readonly location: readonly string[]
  readonly version: EnablerVersion
  /** The new lifetime and binding; absent when the server knows them already. */
  readonly lifetimeSeconds?: number
  readonly binding?: string
  readonly includeLinks: boolean
}
export type UpdateOutcome =
  /** `atMs` as in `register.created`. */
  | { readonly type: 'update.changed'; readonly atMs: number }
  | { readonly type: 'update.rejected'; readonly responseCode: number }
  | { readonly type: 'update.timedOut'; readonly cause: Cause }

/** For `deregister`, which sends a De-register and bounds its time itself. */
export interface DeregisterInput extends ServerInput {
  readonly location: readonly string[]
}
export type DeregisterOutcome =
  | { readonly type: 'deregister.done' }
  /** Rejected, or without answer. */
  | { readonly type: 'deregister.failed'; readonly cause: Cause }

/** For `awakeWindow`, which ends when nothing is under way and the last message is `awakeSeconds` old. */
export interface AwakeWindowInput extends ServerInput {
  readonly awakeSeconds: number
}
export type AwakeWindowOutcome = { readonly type: 'window.over' }

/** For `timer`, which waits until `deadlineMs` (milliseconds since 1970) and reports at once when that is past. */
export interface TimerInput {
  /** Absent: for ever. */
  readonly deadlineMs?: number
}
export type TimerOutcome = { readonly type: 'timer.due' }

/** For `retryDelay`, which draws the delay of the next attempt with `retryDelayMs`; `atMs` is when it ends. */
export interface RetryDelayInput {
  /** At least 1. */
  readonly failedAttempts: number
  readonly retry: RetryOptions
}
export type RetryDelayOutcome = { readonly type: 'retry.scheduled'; readonly delayMs: number; readonly atMs: number }

export type AccountOutcome =
  | ConnectionOutcome
  | RegisterOutcome
  | UpdateOutcome
  | DeregisterOutcome
  | AwakeWindowOutcome
  | TimerOutcome
  | RetryDelayOutcome

const timing = {
  timer: effect<TimerInput, TimerOutcome>(notProvided),
  retryDelay: effect<RetryDelayInput, RetryDelayOutcome>(notProvided),
}

/** The effects of an account by name, each to be provided once a process. */
export const accountEffects = {
  ...timing,
  connection: effect<ServerInput, ConnectionOutcome, ConnectionMessage>(notProvided),
  register: effect<RegisterInput, RegisterOutcome>(notProvided),
  update: effect<UpdateInput, UpdateOutcome>(notProvided),
  deregister: effect<DeregisterInput, DeregisterOutcome>(notProvided),
  awakeWindow: effect<AwakeWindowInput, AwakeWindowOutcome>(notProvided),
}

/** Which Bootstrap-Server Account an effect works for. */
export interface BootstrapServerInput {
  readonly securityInstanceId: number
}

/**
 * From `bootstrapConnection`, which opens the way to a Bootstrap-Server, performs what that asks for, and undoes all of it
 * when it ends without an accepted Bootstrap-Finish.
 */
export type BootstrapConnectionOutcome =
  | { readonly type: 'connect.succeeded'; readonly atMs: number }
  | { readonly type: 'connect.failed'; readonly cause: Cause }
  /** The server has ended the connection. */
  | { readonly type: 'connection.lost'; readonly cause: Cause }
  /** The first operation of the server arrived. */
  | { readonly type: 'transfer.begun' }
  /** Bootstrap-Finish was accepted: what is to be served from now on. */
  | ({ readonly type: 'transfer.finished' } & BootstrapResult)
  /** Bootstrap-Finish was refused: the accounts are not consistent. */
  | { readonly type: 'transfer.refused'; readonly cause: Cause }

/** What a bootstrap leaves behind. */
export interface BootstrapResult {
  /** At least one: a Bootstrap-Finish without is to be refused. */
  readonly accounts: readonly AccountInput[]
  readonly bootstrapAccounts: readonly BootstrapAccountInput[]
  readonly expiry?: Expiry
}

/** From `bootstrapRequest`, which sends a Bootstrap-Request. */
export type BootstrapRequestOutcome =
  | { readonly type: 'bootstrap.accepted' }
  | { readonly type: 'bootstrap.failed'; readonly cause: Cause }

/** From `bootstrapPack`, which asks for a Bootstrap-Pack and applies it; its end is a `transfer` event, too. */
export type BootstrapPackOutcome =
  /** The server has none: a Bootstrap-Request may do. */
  { readonly type: 'pack.refused' }

/** For `silence`, which ends when the Bootstrap-Server was not heard of for `limitSeconds`. */
export interface SilenceInput extends BootstrapServerInput {
  readonly limitSeconds: number
}
export type SilenceOutcome = { readonly type: 'silence.tooLong' }

export type BootstrapOutcome =
  | BootstrapConnectionOutcome
  | BootstrapRequestOutcome
  | BootstrapPackOutcome
  | SilenceOutcome
  | TimerOutcome
  | RetryDelayOutcome

/** The effects of a bootstrap by name. */
export const bootstrapEffects = {
  ...timing,
  bootstrapConnection: effect<BootstrapServerInput, BootstrapConnectionOutcome>(notProvided),
  bootstrapRequest: effect<BootstrapServerInput, BootstrapRequestOutcome>(notProvided),
  bootstrapPack: effect<BootstrapServerInput, BootstrapPackOutcome | BootstrapRequestOutcome>(notProvided),
  silence: effect<SilenceInput, SilenceOutcome>(notProvided),
}
