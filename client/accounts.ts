import type { AccountInput, SavedAccount } from '../machines/account-context.ts'
import type { BootstrapAccountInput, BootstrapInput, Expiry } from '../machines/bootstrap-context.ts'
import type { RetryOptions } from '../machines/retry.ts'
import { defaultRetry } from '../machines/retry.ts'
import { type BootstrapAccount, bootstrapAccounts, type ServerAccount, serverAccounts } from '../objects/account.ts'
import { server } from '../objects/definitions/server.ts'
import { type EnablerVersion, enablerVersions } from '../objects/enabler.ts'
import { registrationLinks } from '../objects/links.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { ClientOptions } from './options.ts'
import type { SavedServer } from './saved-state.ts'
import { causesBetween, toldBy } from './told.ts'

/** What the specification proposes where the Server object says nothing (LwM2M Core 1.2.2 §6.2.1.2). */
const specifiedRetry = { count: 5, timerSeconds: 60, sequenceDelaySeconds: 86_400, sequences: 1 } as const

/** No wait that a server writes is shorter: attempts would follow each other as fast as they fail. */
const shortestRetrySeconds = 1

/** No wait that a server writes is longer than that: ten days. */
const longestRetrySeconds = 864_000

const defaultAwakeSeconds = 93

const defaultMinimumLifetimeSeconds = 15

type LifecycleOptions = Pick<
  ClientOptions,
  | 'minimumLifetimeSeconds'
  | 'queueMode'
  | 'retry'
  | 'updateTiming'
  | 'versions'
  | 'bootstrapRetry'
  | 'bootstrapPack'
  | 'smsNumber'
  | 'profileId'
>

/** What is known of a server from before the start. */
type KnownServer = Omit<SavedServer, 'attributes' | 'observations'>

/** What a Register always tells. */
interface AlwaysTold {
  readonly binding: string
  readonly versions: readonly [EnablerVersion, ...EnablerVersion[]]
}

/** The versions to register as, the preferred one first. */
export function versionsOf({ versions }: LifecycleOptions): readonly [EnablerVersion, ...EnablerVersion[]] {
  const [first = '1.2', ...rest] = versions ?? [...enablerVersions].reverse()
  return [first, ...rest]
}

/**
 * The server accounts as the statecharts take them. A lifetime that is too short is raised, and written back so that the
 * server reads what holds; 0 is for ever.
 */
export function accountInputs(
  store: ObjectStore,
  options: LifecycleOptions,
  known: (shortServerId: number) => KnownServer | undefined = () => undefined,
): AccountInput[] {
  raiseLifetimes(store, options)
  const canBootstrap = bootstrapAccounts(store).length > 0
  return serverAccounts(store).map(account => {
    const input = accountInput(account, options, canBootstrap)
    const before = known(account.shortServerId)
    return before === undefined ? input : { ...input, saved: savedAccount(before, input, store, options) }
  })
}

/** Raises the lifetimes that are below the minimum in /1/x/1. */
export function raiseLifetimes(
  store: ObjectStore,
  { minimumLifetimeSeconds = defaultMinimumLifetimeSeconds }: LifecycleOptions,
): void {
  for (const { serverInstanceId, lifetimeSeconds } of serverAccounts(store)) {
    if (lifetimeSeconds === 0 || lifetimeSeconds >= minimumLifetimeSeconds) continue
    store.set([server.id, serverInstanceId, server.resources.lifetime.id], minimumLifetimeSeconds)
  }
}

/** How the client bootstraps; undefined when it has no Bootstrap-Server Account. */
export function bootstrapInput(
  store: ObjectStore,
  options: LifecycleOptions,
  expiry?: Expiry,
): BootstrapInput | undefined {
  const [first, ...rest] = bootstrapAccountInputs(store)
  if (first === undefined) return undefined
  const { bootstrapRetry: retry, bootstrapPack: pack } = options
  return {
    accounts: [first, ...rest],
    ...(retry && { retry }),
    ...(pack === undefined ? {} : { pack }),
    ...(expiry && { expiry }),
  }
}

export function bootstrapAccountInputs(store: ObjectStore): BootstrapAccountInput[] {
  return bootstrapAccounts(store).map(({ securityInstanceId, holdOffSeconds }: BootstrapAccount) => ({
    securityInstanceId,
    holdOffSeconds,
  }))
}

function accountInput(
  account: ServerAccount,
  options: LifecycleOptions,
  canBootstrap: boolean,
): AccountInput & AlwaysTold {
  const { shortServerId, lifetimeSeconds, binding, registrationPriority, bootstrapOnFailure } = account
  const { updateTiming } = options
  const awakeSeconds = awakeSecondsOf(options, binding)
  return {
    shortServerId,
    lifetimeSeconds,
    binding,
    versions: allowedVersions(account, options),
    initialDelaySeconds: account.initialDelaySeconds,
    failureBlock: account.failureBlock,
    bootstrapOnFailure,
    retry: retryOf(account, options, canBootstrap && bootstrapOnFailure),
    ...(registrationPriority === undefined ? {} : { priority: registrationPriority }),
    ...(awakeSeconds === undefined ? {} : { awakeSeconds }),
    ...(updateTiming && { updateTiming }),
  }
}

/** Of a registration that an Update cannot bring up to date any more, only the version counts. */
function savedAccount(
  { location, version, registeredUntilMs, disabled, told }: KnownServer,
  { lifetimeSeconds, binding, versions, awakeSeconds }: AccountInput & AlwaysTold,
  store: ObjectStore,
  { smsNumber, profileId }: LifecycleOptions,
): SavedAccount {
  const queueMode = awakeSeconds !== undefined
  const objectLinks = registrationLinks(store, version ?? versions[0])
  const now = toldBy({ lifetimeSeconds, binding, queueMode, smsNumber, profileId, objectLinks })
  const causes = told && causesBetween(told, now)
  return {
    ...(version && { version }),
    ...(disabled && { disabled }),
    ...(causes === undefined
      ? { location: [] }
      : { location, causes, ...(registeredUntilMs === undefined ? {} : { registeredUntilMs }) }),
  }
}

/** The application decides, or in LwM2M 1.0 whoever wrote the binding. */
function awakeSecondsOf({ queueMode }: LifecycleOptions, binding: string): number | undefined {
  if (queueMode === false) return undefined
  if (typeof queueMode === 'object') return queueMode.awakeSeconds ?? defaultAwakeSeconds
  return queueMode === true || binding.includes('Q') ? defaultAwakeSeconds : undefined
}

/** What the server is known to support of what the application allows (/1/x/25). */
function allowedVersions({ supportedVersions }: ServerAccount, options: LifecycleOptions): AlwaysTold['versions'] {
  const allowed = versionsOf(options)
  const [first, ...rest] = allowed.filter(version => supportedVersions?.includes(version) !== false)
  return first === undefined ? allowed : [first, ...rest]
}

/** What the server says about retries counts (/1/x/17–20). Where nothing is said the client goes on for ever, unless it can bootstrap. */
function retryOf(account: ServerAccount, { retry = defaultRetry }: LifecycleOptions, fallsBack: boolean): RetryOptions {
  const { communicationRetryCount, communicationRetryTimerSeconds, sequenceDelaySeconds, sequenceRetryCount } = account
  const written = [communicationRetryCount, communicationRetryTimerSeconds, sequenceDelaySeconds, sequenceRetryCount]
  if (written.every(value => value === undefined)) {
    return fallsBack ? { attempts: specifiedRetry.count, ...retry } : retry
  }
  return {
    initialDelaySeconds: boundedWait(communicationRetryTimerSeconds ?? specifiedRetry.timerSeconds),
    maximumDelaySeconds: longestRetrySeconds,
    attempts: communicationRetryCount ?? specifiedRetry.count,
    sequenceDelaySeconds: boundedWait(sequenceDelaySeconds ?? specifiedRetry.sequenceDelaySeconds),
    sequences: sequenceRetryCount ?? specifiedRetry.sequences,
  }
}

function boundedWait(seconds: number): number {
  return Math.min(Math.max(seconds, shortestRetrySeconds), longestRetrySeconds)
}
