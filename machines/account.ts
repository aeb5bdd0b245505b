import { assign, sendTo, setup } from 'xstate'
import {
  type AccountCommand,
  type AccountContext,
  type AccountFailure,
  type AccountInput,
  type AccountOutput,
  type AccountReport,
  type Disabled,
  deadlinesAfter,
  isNothing,
  isRegisteredAt,
  isUpdateOpen,
  noCauses,
} from './account-context.ts'
import { type AccountOutcome, accountEffects } from './effects.ts'
import type { ClientEvent } from './events.ts'
import { countFailure, isExhausted } from './retry.ts'

/** 4.12: the versions of client and server do not meet; 4.00: the server knows no such parameter (§6.2.1). */
const versionRefusals: ReadonlySet<number> = new Set([0x8c, 0x80])

/** What the states of the account chart are written in; one file a state. */
export const account = setup({
  types: {
    context: {} as AccountContext,
    events: {} as AccountCommand | AccountOutcome,
    input: {} as AccountInput,
    output: {} as AccountOutput,
  },
  actors: accountEffects,
  guards: {
    startsLater: ({ context: { initialDelaySeconds, location } }) => initialDelaySeconds > 0 && location.length === 0,
    causesWait: ({ context }) => !isNothing(context.causes),
    updateFallsDue: ({ context }) => context.updateDueMs !== undefined,
    updateIsOpen: ({ context }) => isUpdateOpen(context),
    updateIsDone: ({ context }) => !isUpdateOpen(context),
    usesQueueMode: ({ context }) => context.awakeSeconds !== undefined,
    hasRegistration: ({ context: { location } }) => location.length > 0,
    isStopping: ({ context }) => context.stopping,
    isDisabled: ({ context }) => context.disabled !== undefined,
    isExhausted: ({ context: { failedAttempts, retry } }) => isExhausted(failedAttempts, retry),
    isStillRegistered: ({ context }, { atMs }: { atMs: number }) => isRegisteredAt(context, atMs),
    hasGivenUp: ({ context: { failedAttempts, retry } }, { retryFailed = false }: { retryFailed?: boolean }) =>
      isExhausted(failedAttempts, retry) && !retryFailed,
    retryWaits: ({ context: { retryAtMs } }) => retryAtMs !== undefined,
    lowerVersionMayDo: ({ context: { versions } }, { responseCode }: { responseCode: number }) =>
      versions.length > 1 && versionRefusals.has(responseCode),
  },
  delays: {
    initialDelay: ({ context }) => context.initialDelaySeconds * 1000,
    /** Lets causes that come together go out together, and the answer to the server's request go out first. */
    gatheringTime: 100,
    /** Whoever stops a device does not wait for a way to the server that does not open. */
    leaveTime: 5_000,
  },
  actions: {
    /** Tells the application; the client provides it. */
    announce: (_args, _event: ClientEvent) => {},
    /** Tells the client's actor. */
    report: sendTo(
      ({ self, self: { _parent: parent = self } }) => parent,
      ({ context: { shortServerId } }, { type }: Pick<AccountReport, 'type'>) => ({ type, shortServerId }),
    ),
    changeLifetime: assign(({ context }, { lifetimeSeconds }: { lifetimeSeconds: number }) => ({
      lifetimeSeconds,
      causes: { ...context.causes, lifetime: true },
    })),
    changeBinding: assign(({ context }, { binding }: { binding: string }) => ({
      binding,
      causes: { ...context.causes, binding: true },
    })),
    changeInstances: assign(({ context }) => ({ causes: { ...context.causes, links: true } })),
    requestUpdate: assign(({ context }) => ({ causes: { ...context.causes, requested: true } })),
    /** A Register tells everything, so that nothing waits for an Update any more. */
    beginRegister: assign({
      location: [],
      registeredUntilMs: undefined,
      updateDueMs: undefined,
      causes: noCauses,
      sentCauses: undefined,
    }),
    beginUpdate: assign(({ context }) => ({ causes: noCauses, sentCauses: context.causes })),
    endUpdate: assign({ sentCauses: undefined }),
    /** An Update that was cut off is still to be made, and one is needed anyway: the server may have lost sight of us. */
    resumeUpdates: assign(({ context: { causes, sentCauses = noCauses } }) => ({
      causes: {
        lifetime: causes.lifetime || sentCauses.lifetime,
        binding: causes.binding || sentCauses.binding,
        links: causes.links || sentCauses.links,
        requested: true,
      },
      sentCauses: undefined,
    })),
    forgetRegistration: assign({ location: [], registeredUntilMs: undefined }),
    lowerVersion: assign(({ context: { versions, allVersions } }) => {
      const [, next, ...rest] = versions
      return { versions: next === undefined ? allVersions : [next, ...rest] }
    }),
    recordRegistration: assign((_, { location }: { location: readonly string[] }) => ({ location })),
    recordContact: assign(({ context }, { atMs }: { atMs: number }) => ({
      ...deadlinesAfter(context, atMs),
      failedAttempts: 0,
      failure: undefined,
    })),
    recordFailure: assign(({ context }, failure: AccountFailure) => ({
      failure,
      failedAttempts: countFailure(context.failedAttempts),
      versions: failure.type === 'REGISTRATION_FAILURE' ? context.allVersions : context.versions,
    })),
    recordRetry: assign((_, { atMs }: { atMs: number }) => ({ retryAtMs: atMs })),
    endWait: assign({ initialDelaySeconds: 0, retryAtMs: undefined }),
    forgetFailures: assign({ failedAttempts: 0, retryAtMs: undefined }),
    disable: assign((_, { untilMs }: Disabled) => ({ disabled: untilMs === undefined ? {} : { untilMs } })),
    enable: assign({ disabled: undefined }),
    stop: assign({ stopping: true }),
    rest: sendTo('connection', { type: 'rest' }),
    wake: sendTo('connection', { type: 'wake' }),
  },
})
