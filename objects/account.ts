import type { StoredContent } from './content.ts'
import { security } from './definitions/security.ts'
import { server12 } from './definitions/server.ts'
import { type EnablerVersion, enablerVersions } from './enabler.ts'
import type { ObjectStore } from './store.ts'
import type { Value } from './value.ts'

/** How an account is secured, by the number of resource /0/x/2 (LwM2M Core 1.2.2 §E.1). */
const securityModes = ['psk', 'rpk', 'x509', 'noSec', 'est'] as const
export type SecurityMode = (typeof securityModes)[number]

/** Where a server is and how it is reached securely: its Security Object instance. Holds no secret. */
interface Reach {
  readonly securityInstanceId: number
  readonly uri: string
  readonly securityMode: SecurityMode
  /** Name to expect in the server's certificate and to send as SNI, when it is not the host of the URI. */
  readonly sni: string | undefined
}

/**
 * One server to register with: its Server Object instance joined with its Security Object instance. All times lie
 * between 0 and 2^32−1 s, whatever a server has written.
 */
export interface ServerAccount extends Reach {
  readonly serverInstanceId: number
  /** 1–65534. */
  readonly shortServerId: number
  /** 0 is infinite (LwM2M Core 1.2.2 §E.2); 86400 when the resource is absent or negative (§6.2.1). */
  readonly lifetimeSeconds: number
  /** The transports of the server, one letter each; where none is written, that of the URI. */
  readonly binding: string
  /** Attributes for observations that have none of their own. */
  readonly defaultPminSeconds: number
  readonly defaultPmaxSeconds: number | undefined
  /** How long an executed Disable lasts. */
  readonly disableTimeoutSeconds: number
  /** Whether notifications are kept while the server is disabled or the client offline. */
  readonly storesNotifications: boolean
  /** Lower registers first; `undefined`: no order. */
  readonly registrationPriority: number | undefined
  /** How long to wait before the first Register of this server once its turn has come (/1/x/14). Default: 0. */
  readonly initialDelaySeconds: number
  /** Whether no server further down the order is registered with when this one has failed (/1/x/15). */
  readonly failureBlock: boolean
  /** Whether to bootstrap again when the registration has failed (/1/x/16). */
  readonly bootstrapOnFailure: boolean
  /** Attempts of one sequence (/1/x/17); like the following `undefined` when absent: the default of the client holds. */
  readonly communicationRetryCount: number | undefined
  /** The delay between two attempts of a sequence before it grows (/1/x/18). */
  readonly communicationRetryTimerSeconds: number | undefined
  /** The delay between two sequences (/1/x/19). */
  readonly sequenceDelaySeconds: number | undefined
  /** Sequences until the registration has failed (/1/x/20). */
  readonly sequenceRetryCount: number | undefined
  /** The binding to reach the server by where several are possible (/1/x/22), such as `T`. */
  readonly preferredTransport: string | undefined
  /** What of the enablers this client knows the server speaks (/1/x/25), lowest first; `undefined`: none is named. */
  readonly supportedVersions: readonly EnablerVersion[] | undefined
}

/** A server to bootstrap from: its Security Object instance. Times as in {@link ServerAccount}. */
export interface BootstrapAccount extends Reach {
  /** How long to wait for the server to begin before it is asked (/0/x/11). Default: 0. */
  readonly holdOffSeconds: number
  /** How long after a bootstrap that succeeded the account is purged (/0/x/12); `undefined`: never. */
  readonly accountTimeoutSeconds: number | undefined
}

/**
 * The servers to register with, by Server Object instance id. A Server instance without a Security instance of its Short
 * Server ID has no way to be reached and is left out, and so are bootstrap servers. Of two of one server the lower counts.
 */
export function serverAccounts(store: ObjectStore): ServerAccount[] {
  const securities = serverSecurities(store)
  const accounts: ServerAccount[] = []
  const known = new Set<number>()
  for (const serverInstanceId of store.instanceIds(server12.id)) {
    const place = (name: keyof typeof server12.resources) => [
      server12.id,
      serverInstanceId,
      server12.resources[name].id,
    ]
    const value = (name: keyof typeof server12.resources) => store.get(place(name))
    const shortServerId = wholeNumber(value('shortServerId'))
    const reach = shortServerId === undefined ? undefined : securities.get(shortServerId)
    if (shortServerId === undefined || reach === undefined || known.has(shortServerId)) continue
    known.add(shortServerId)
    accounts.push({
      serverInstanceId,
      shortServerId,
      lifetimeSeconds: seconds(value('lifetime')) ?? 86400,
      binding: text(value('binding')) ?? impliedBinding(reach.uri),
      defaultPminSeconds: seconds(value('defaultMinimumPeriod')) ?? 0,
      defaultPmaxSeconds: seconds(value('defaultMaximumPeriod')),
      disableTimeoutSeconds: seconds(value('disableTimeout')) ?? 86400,
      storesNotifications: value('notificationStoringWhenDisabledOrOffline') === true,
      registrationPriority: wholeNumber(value('registrationPriorityOrder')),
      initialDelaySeconds: seconds(value('initialRegistrationDelayTimer')) ?? 0,
      failureBlock: value('registrationFailureBlock') === true,
      bootstrapOnFailure: value('bootstrapOnRegistrationFailure') !== false,
      communicationRetryCount: wholeNumber(value('communicationRetryCount')),
      communicationRetryTimerSeconds: seconds(value('communicationRetryTimer')),
      sequenceDelaySeconds: seconds(value('communicationSequenceDelayTimer')),
      sequenceRetryCount: wholeNumber(value('communicationSequenceRetryCount')),
      preferredTransport: bindingPattern.exec(text(value('preferredTransport')) ?? '')?.[0],
      supportedVersions: versionsOf(store.content(place('supportedServerVersions'))),
      // Last: a literal that begins with a spread gets a hidden class of its own each time, which takes V8 30 µs.
      ...reach,
    })
  }
  return accounts
}

/** What holds where nobody has written a binding: the transport of the URI. */
export function impliedBinding(uri: string): string {
  return /^coaps?\+tcp:/i.test(uri) ? 'T' : 'U'
}

/** One letter for UDP, TCP, SMS, non-IP, MQTT or HTTP (LwM2M Core 1.2.2 §6.2.1.2). */
const bindingPattern = /^[UTSNMH]$/

/** A list of which the client knows nothing says no more than none. */
function versionsOf(content: StoredContent | undefined): EnablerVersion[] | undefined {
  const named: ReadonlySet<unknown> = new Set(content instanceof Map ? content.values() : [content])
  const known = enablerVersions.filter(version => named.has(version))
  return known.length === 0 ? undefined : known
}

/** The servers to bootstrap from, by Security Object instance id. One without a URI or Security Mode is left out. */
export function bootstrapAccounts(store: ObjectStore): BootstrapAccount[] {
  return store.instanceIds(security.id).flatMap(instanceId => {
    const value = securityValues(store, instanceId)
    const reach = value('bootstrapServer') === true ? reachOf(instanceId, value) : undefined
    if (reach === undefined) return []
    return {
      holdOffSeconds: seconds(value('clientHoldOffTime')) ?? 0,
      // 0 is for ever, as if absent (§E.1).
      accountTimeoutSeconds: seconds(value('bootstrapServerAccountTimeout')) || undefined,
      ...reach,
    }
  })
}

/** Security instances of servers, by Short Server ID; of two with the same the lower instance counts. */
function serverSecurities(store: ObjectStore): Map<number, Reach> {
  const instances = new Map<number, Reach>()
  for (const instanceId of store.instanceIds(security.id)) {
    const value = securityValues(store, instanceId)
    const shortServerId = wholeNumber(value('shortServerId')) ?? 0
    // 0 and 65535 identify no server (§7.4).
    if (shortServerId < 1 || shortServerId > 65534) continue
    if (instances.has(shortServerId) || value('bootstrapServer') === true) continue
    const reach = reachOf(instanceId, value)
    if (reach !== undefined) instances.set(shortServerId, reach)
  }
  return instances
}

type SecurityValues = (name: keyof typeof security.resources) => Value | undefined

function securityValues(store: ObjectStore, instanceId: number): SecurityValues {
  return name => store.get([security.id, instanceId, security.resources[name].id])
}

function reachOf(securityInstanceId: number, value: SecurityValues): Reach | undefined {
  const uri = text(value('lwm2mServerUri'))
  const securityMode = securityModes[wholeNumber(value('securityMode')) ?? -1]
  if (uri === undefined || securityMode === undefined) return undefined
  return { securityInstanceId, uri, securityMode, sni: text(value('sni')) }
}

function text(value: Value | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** 136 years: what servers take, and as good as for ever. */
const longestSeconds = 2 ** 32 - 1

function seconds(value: Value | undefined): number | undefined {
  const number = wholeNumber(value)
  return number === undefined ? undefined : Math.min(number, longestSeconds)
}

/** A whole number of 0 or more; a server may have written anything. */
function wholeNumber(value: Value | undefined): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' && number >= 0 ? Math.trunc(number) : undefined
}
