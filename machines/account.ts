import { assign, setup } from 'xstate'
import { type AccountOutcome, accountEffects } from './effects.ts'
import type { Cause, ClientEvent } from './events.ts'
import { defaultUpdateTiming, type UpdateTiming, updateDelaySeconds } from './lifetime.ts'
import { countFailure, defaultRetry, type RetryOptions } from './retry.ts'

/** A server account as the machines need it; address and security stay with the client. JSON data. */
export interface AccountInput {
  /** 1–65534, unique within the client. */
  readonly shortServerId: number
  /** The lifetime to register with, in seconds; 0 = infinite. */
  readonly lifetimeSeconds: number
  readonly updateTiming?: UpdateTiming
  readonly retry?: RetryOptions
}

/** Why the next Update is sent. */
export interface UpdateCauses {
  /** The lifetime changed. */
  readonly lifetime: boolean
  /** Object instances came or went. */
  readonly links: boolean
  /** The server (/1/x/8) or the application asked for it. */
  readonly requested: boolean
}

/** The memory of an account: JSON data without secrets. */
export interface AccountContext {
  readonly shortServerId: number
  readonly lifetimeSeconds: number
  readonly updateTiming: UpdateTiming
  readonly retry: RetryOptions
  /** Where the server keeps the registration; empty while there is none. */
  readonly location: readonly string[]
  /** When the lifetime asks for an Update; undefined = never. */
  readonly updateDueMs: number | undefined
  /** What the next Update is to tell. */
  readonly causes: UpdateCauses
  /** What the Update in flight tells, or the last one told. */
  readonly sentCauses: UpdateCauses
  /** Failures in a row since the last successful Register. */
  readonly failedAttempts: number
  /** The failure a retry waits for. */
  readonly failure: AccountFailure | undefined
}

export type AccountFailure =
  | { readonly type: 'CONNECT_FAILURE' | 'REG_TIMEOUT'; readonly cause: Cause }
  | { readonly type: 'REGISTRATION_FAILURE'; readonly responseCode: number }

/** What an account is told by the client. */
export type AccountCommand =
  | { readonly type: 'update.requested' }
  | { readonly type: 'instances.changed' }
  | { readonly type: 'lifetime.changed'; readonly lifetimeSeconds: number }
  | { readonly type: 'stop' }

export interface AccountOutput {
  readonly shortServerId: number
}

const noCauses: UpdateCauses = { lifetime: false, links: false, requested: false }

export function initialAccountContext(input: AccountInput): AccountContext {
  return {
    shortServerId: input.shortServerId,
    lifetimeSeconds: input.lifetimeSeconds,
    updateTiming: input.updateTiming ?? defaultUpdateTiming,
    retry: input.retry ?? defaultRetry,
    location: [],
    updateDueMs: undefined,
    causes: noCauses,
    sentCauses: noCauses,
    failedAttempts: 0,
    failure: undefined,
  }
}

/** What the states of the account chart are written in; see registration.ts and update.ts. */
export const account = setup({
  types: {
    context: {} as AccountContext,
    events: {} as AccountCommand | AccountOutcome,
    input: {} as AccountInput,
    output: {} as AccountOutput,
  },
  actors: accountEffects,
  guards: {
    causesWait: ({ context: { causes } }) => causes.lifetime || causes.links || causes.requested,
    updateFallsDue: ({ context }) => context.updateDueMs !== undefined,
  },
  delays: {
    /** Lets causes that come together go out together, and the answer to the server's request go out first. */
    gatheringTime: 100,
  },
  actions: {
    /** Tells the application; the client provides it. */
    announce: (_args, _event: ClientEvent) => {},
    changeLifetime: assign(({ context }, { lifetimeSeconds }: { lifetimeSeconds: number }) => ({
      lifetimeSeconds,
      causes: { ...context.causes, lifetime: true },
    })),
    changeInstances: assign(({ context }) => ({ causes: { ...context.causes, links: true } })),
    requestUpdate: assign(({ context }) => ({ causes: { ...context.causes, requested: true } })),
    /** A Register tells everything, so that nothing waits for an Update any more. */
    beginRegister: assign({ location: [], updateDueMs: undefined, causes: noCauses }),
    beginUpdate: assign(({ context }) => ({ causes: noCauses, sentCauses: context.causes })),
    recordLocation: assign((_, { location }: { location: readonly string[] }) => ({
      location,
      failedAttempts: 0,
      failure: undefined,
    })),
    recordContact: assign(({ context }, { atMs }: { atMs: number }) => ({
      updateDueMs: updateDueMs(context, atMs),
    })),
    recordFailure: assign(({ context }, failure: AccountFailure) => ({
      failure,
      failedAttempts: countFailure(context.failedAttempts),
    })),
  },
})

function updateDueMs({ lifetimeSeconds, updateTiming }: AccountContext, contactMs: number): number | undefined {
  const delaySeconds = updateDelaySeconds(lifetimeSeconds, updateTiming)
  return delaySeconds === undefined ? undefined : contactMs + delaySeconds * 1000
}

/** What is announced once the delay is drawn, so that the application learns cause and next attempt together. */
export function failedAttempt(context: AccountContext, retryDelayMs: number): ClientEvent {
  const { failure, shortServerId, failedAttempts } = context
  // Every way into `retrying` records its failure first.
  return { ...(failure as AccountFailure), shortServerId, failedAttempts, retryDelayMs }
}
