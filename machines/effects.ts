import { type AnyActorRef, type CallbackActorLogic, type EventObject, fromCallback } from 'xstate'
import type { Cause } from './events.ts'
import type { RetryOptions } from './retry.ts'

/** The actor system an effect runs in; one per client, so it is the key to the client's own things. */
export type System = AnyActorRef['system']

/**
 * Starts something outside of the machine and returns what ends it. `report` tells outcomes; after the end it is
 * ignored. `input` is JSON data without secrets.
 */
export type StartEffect<TInput, TOutcome> = (
  input: TInput,
  report: (outcome: TOutcome) => void,
  system: System,
) => () => void

/** The actor logic of an effect. It runs while its state is active and ends when the state is left. */
export function effect<TInput, TOutcome extends EventObject>(
  start: StartEffect<TInput, TOutcome>,
): CallbackActorLogic<EventObject, TInput> {
  return fromCallback<EventObject, TInput>(({ input, sendBack, system }) => start(input, sendBack, system))
}

/** Holds the place of an effect that the client provides. */
function notProvided(): never {
  throw new Error('this effect is not provided: give it to machine.provide({actors})')
}

/** Which server account an effect works for. */
export interface ServerInput {
  readonly shortServerId: number
}

/** From `connection`, which opens the way to a server and keeps it open until the account needs it no more. */
export type ConnectionOutcome =
  | { readonly type: 'connect.succeeded' }
  | { readonly type: 'connect.failed'; readonly cause: Cause }
  /** An open connection broke. */
  | { readonly type: 'connection.lost'; readonly cause: Cause }

/** For `register`, which sends a Register with the links of all objects as they are now. */
export interface RegisterInput extends ServerInput {
  readonly lifetimeSeconds: number
}
export type RegisterOutcome =
  /** `atMs`: when the request was first sent, since the server may count the lifetime from its first copy. */
  | { readonly type: 'register.created'; readonly location: readonly string[]; readonly atMs: number }
  | { readonly type: 'register.rejected'; readonly responseCode: number }
  | { readonly type: 'register.timedOut'; readonly cause: Cause }

/** For `update`, which sends an Update of what changed. */
export interface UpdateInput extends ServerInput {
  readonly location: readonly string[]
  /** The new lifetime; absent when the server knows it already. */
  readonly lifetimeSeconds?: number
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

/** For `timer`, which waits until `deadlineMs` (milliseconds since 1970) and reports at once when that is past. */
export interface TimerInput {
  readonly deadlineMs: number
}
export type TimerOutcome = { readonly type: 'timer.due' }

/** For `retryTimer`, which draws the delay of the next attempt with `retryDelayMs`, reports it and waits that long. */
export interface RetryTimerInput {
  /** At least 1. */
  readonly failedAttempts: number
  readonly retry: RetryOptions
}
export type RetryTimerOutcome = { readonly type: 'retry.scheduled'; readonly delayMs: number } | TimerOutcome

export type AccountOutcome =
  | ConnectionOutcome
  | RegisterOutcome
  | UpdateOutcome
  | DeregisterOutcome
  | TimerOutcome
  | RetryTimerOutcome

/** The effects of an account by name, each to be provided once a process. */
export const accountEffects = {
  connection: effect<ServerInput, ConnectionOutcome>(notProvided),
  register: effect<RegisterInput, RegisterOutcome>(notProvided),
  update: effect<UpdateInput, UpdateOutcome>(notProvided),
  deregister: effect<DeregisterInput, DeregisterOutcome>(notProvided),
  timer: effect<TimerInput, TimerOutcome>(notProvided),
  retryTimer: effect<RetryTimerInput, RetryTimerOutcome>(notProvided),
}
