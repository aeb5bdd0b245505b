import type { EnablerVersion } from '../objects/enabler.ts'
import type { Cause, ClientEvent } from './events.ts'
import { defaultUpdateTiming, type UpdateTiming, updateDelaySeconds } from './lifetime.ts'
import { defaultRetry, type RetryOptions } from './retry.ts'

/** A server account as the machines need it; address and security stay with the client. JSON data. */
export interface AccountInput {
  /** 1–65534, unique within the client. */
  readonly shortServerId: number
  /** The lifetime to register with, in seconds; 0 = infinite. */
  readonly lifetimeSeconds: number
  /** Default `U`. */
  readonly binding?: string
  /** How long the client listens after the last message, in seconds; absent: no queue mode, it always listens. */
  readonly awakeSeconds?: number
  /** The versions to register as, in the order in which they are tried. Default: 1.2, 1.1, 1.0. */
  readonly versions?: readonly EnablerVersion[]
  /** The wait before the first attempt, in seconds (/1/x/14). */
  readonly initialDelaySeconds?: number
  /** Of accounts with a priority the lowest registers first, and the next after it (/1/x/13). */
  readonly priority?: number
  /** Whether the next in the order of priority waits until this one is registered (/1/x/15). */
  readonly failureBlock?: boolean
  /** Whether the client may bootstrap when this account gives up (/1/x/16). Default true. */
  readonly bootstrapOnFailure?: boolean
  readonly updateTiming?: UpdateTiming
  readonly retry?: RetryOptions
  /** Disabled from the beginning. */
  readonly disabled?: Disabled | undefined
  /** What an earlier run of the client left behind. */
  readonly saved?: SavedAccount | undefined
}

/** A registration, as it outlives connections and restarts. */
export interface Registered {
  /** Where the server keeps the registration; empty while there is none. */
  readonly location: readonly string[]
  /** When its lifetime ends; undefined = never. */
  readonly registeredUntilMs?: number | undefined
}

export interface SavedAccount extends Registered {
  /** The version it was registered as. */
  readonly version?: EnablerVersion
  readonly disabled?: Disabled | undefined
  /** What is otherwise now than the server was told. */
  readonly causes?: UpdateCauses
}

/** Why the next Update is sent. */
export interface UpdateCauses {
  /** The lifetime changed. */
  readonly lifetime: boolean
  /** The binding changed. */
  readonly binding: boolean
  /** Object instances came or went. */
  readonly links: boolean
  /** The server (/1/x/8) or the application asked for it, or the client comes back. */
  readonly requested: boolean
}

/** The server is disabled until then (milliseconds since 1970), without a time until it is enabled. */
export interface Disabled {
  readonly untilMs?: number
}

/** The memory of an account: JSON data without secrets. */
export interface AccountContext extends Registered {
  readonly shortServerId: number
  readonly lifetimeSeconds: number
  readonly binding: string
  readonly awakeSeconds: number | undefined
  /** The versions left to try; the first is in use. */
  readonly versions: readonly [EnablerVersion, ...EnablerVersion[]]
  /** All versions that may be tried. */
  readonly allVersions: readonly [EnablerVersion, ...EnablerVersion[]]
  /** 0 once it has passed. */
  readonly initialDelaySeconds: number
  readonly updateTiming: UpdateTiming
  readonly retry: RetryOptions
  /** When the lifetime asks for an Update; undefined = never. */
  readonly updateDueMs: number | undefined
  /** What the next Update is to tell. */
  readonly causes: UpdateCauses
  /** What the Update in flight tells; undefined = none is in flight, nor was one cut off. */
  readonly sentCauses: UpdateCauses | undefined
  /** Failures in a row since the last successful Register or Update. */
  readonly failedAttempts: number
  /** The failure a retry waits for. */
  readonly failure: AccountFailure | undefined
  /** When the next attempt is due; undefined = none waits. */
  readonly retryAtMs: number | undefined
  readonly disabled: Disabled | undefined
  /** Whether the account ends when it has left the server. */
  readonly stopping: boolean
}

export type AccountFailure =
  | { readonly type: 'CONNECT_FAILURE' | 'REG_TIMEOUT'; readonly cause: Cause }
  | { readonly type: 'REGISTRATION_FAILURE'; readonly responseCode: number }

/** What an account is told by the client. */
export type AccountCommand =
  | { readonly type: 'update.requested' }
  | { readonly type: 'instances.changed' }
  | { readonly type: 'lifetime.changed'; readonly lifetimeSeconds: number }
  | { readonly type: 'binding.changed'; readonly binding: string }
  /** Something is to be sent while the client does not listen. */
  | { readonly type: 'transmission.waiting' }
  | ({ readonly type: 'disable' } & Disabled)
  | { readonly type: 'enable' }
  | { readonly type: 'suspend' }
  /** `retryFailed`: an account that has given up tries again. */
  | { readonly type: 'resume'; readonly retryFailed?: boolean }
  | { readonly type: 'reconnect' }
  | { readonly type: 'stop' }

/** What an account tells the client. */
export type AccountReport =
  | { readonly type: 'account.registered'; readonly shortServerId: number }
  /** An attempt failed and another follows, or the account is disabled. */
  | { readonly type: 'account.failing'; readonly shortServerId: number }
  /** The last attempt failed. */
  | { readonly type: 'account.exhausted'; readonly shortServerId: number }

export interface AccountOutput {
  readonly shortServerId: number
}

export const noCauses: UpdateCauses = { lifetime: false, binding: false, links: false, requested: false }

export function isNothing({ lifetime, binding, links, requested }: UpdateCauses): boolean {
  return !lifetime && !binding && !links && !requested
}

/** Whether an Update is due, in flight, or was cut off. */
export function isUpdateOpen({ causes, sentCauses }: AccountContext): boolean {
  return !isNothing(causes) || sentCauses !== undefined
}

const everyVersion = ['1.2', '1.1', '1.0'] as const

export function initialAccountContext(input: AccountInput): AccountContext {
  const { saved, versions = everyVersion } = input
  const allVersions = isNotEmpty(versions) ? versions : everyVersion
  // One that is allowed no more is as good as unknown.
  const known = allVersions.slice(Math.max(0, allVersions.indexOf(saved?.version ?? allVersions[0])))
  return {
    shortServerId: input.shortServerId,
    lifetimeSeconds: input.lifetimeSeconds,
    binding: input.binding ?? 'U',
    awakeSeconds: input.awakeSeconds,
    versions: isNotEmpty(known) ? known : allVersions,
    allVersions,
    initialDelaySeconds: input.initialDelaySeconds ?? 0,
    updateTiming: input.updateTiming ?? defaultUpdateTiming,
    retry: input.retry ?? defaultRetry,
    location: saved?.location ?? [],
    registeredUntilMs: saved?.registeredUntilMs,
    updateDueMs: undefined,
    causes: saved?.causes ?? noCauses,
    sentCauses: undefined,
    failedAttempts: 0,
    failure: undefined,
    retryAtMs: undefined,
    disabled: input.disabled ?? saved?.disabled,
    stopping: false,
  }
}

function isNotEmpty<T>(list: readonly T[]): list is readonly [T, ...T[]] {
  return list.length > 0
}

/** Whether the server still keeps the registration at this time. */
export function isRegisteredAt({ location, registeredUntilMs }: Registered, atMs: number): boolean {
  return location.length > 0 && (registeredUntilMs === undefined || atMs < registeredUntilMs)
}

/** What a Register or an Update that was sent at `contactMs` makes of the deadlines. */
export function deadlinesAfter(
  { lifetimeSeconds, updateTiming }: AccountContext,
  contactMs: number,
): Pick<AccountContext, 'updateDueMs' | 'registeredUntilMs'> {
  const delaySeconds = updateDelaySeconds(lifetimeSeconds, updateTiming)
  return {
    updateDueMs: delaySeconds === undefined ? undefined : contactMs + delaySeconds * 1000,
    registeredUntilMs: lifetimeSeconds === 0 ? undefined : contactMs + lifetimeSeconds * 1000,
  }
}

/** What is announced once it is known when the next attempt follows, if one does. */
export function failedAttempt(context: AccountContext, retryDelayMs?: number): ClientEvent {
  const { failure, shortServerId, failedAttempts } = context
  // Every way into `retrying` records its failure first.
  const event = { ...(failure as AccountFailure), shortServerId, failedAttempts }
  return retryDelayMs === undefined ? event : { ...event, retryDelayMs }
}
