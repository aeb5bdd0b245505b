import { security } from './definitions/security.ts'
import { server } from './definitions/server.ts'
import type { ObjectStore } from './store.ts'
import type { Value } from './value.ts'

/** How an account is secured, by the number of resource /0/x/2 (LwM2M Core 1.2.2 §E.1). */
const securityModes = ['psk', 'rpk', 'x509', 'noSec', 'est'] as const
export type SecurityMode = (typeof securityModes)[number]

/** One server to register with: its Server Object instance joined with its Security Object instance. Holds no secret. */
export interface ServerAccount {
  readonly securityInstanceId: number
  readonly serverInstanceId: number
  /** 1–65534. */
  readonly shortServerId: number
  readonly uri: string
  readonly securityMode: SecurityMode
  /** Name to expect in the server's certificate and to send as SNI, when it is not the host of the URI. */
  readonly sni: string | undefined
  /** 0 is infinite (LwM2M Core 1.2.2 §E.2); 86400 when the resource is absent or negative (§6.2.1). */
  readonly lifetimeSeconds: number
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
}

/** 136 years: what servers take, and as good as for ever. */
const longestLifetimeSeconds = 2 ** 32 - 1

/**
 * The servers to register with, by Server Object instance id. A Server instance without a Security instance of its Short
 * Server ID has no way to be reached and is left out, and so are bootstrap servers.
 */
export function serverAccounts(store: ObjectStore): ServerAccount[] {
  const securities = securityInstances(store)
  const accounts: ServerAccount[] = []
  for (const serverInstanceId of store.instanceIds(server.id)) {
    const value = (name: keyof typeof server.resources): Value | undefined =>
      store.get([server.id, serverInstanceId, server.resources[name].id])
    const shortServerId = wholeNumber(value('shortServerId'))
    const reach = shortServerId === undefined ? undefined : securities.get(shortServerId)
    if (shortServerId === undefined || reach === undefined) continue
    accounts.push({
      ...reach,
      serverInstanceId,
      shortServerId,
      lifetimeSeconds: Math.min(wholeNumber(value('lifetime')) ?? 86400, longestLifetimeSeconds),
      binding: text(value('binding')) || 'U',
      defaultPminSeconds: wholeNumber(value('defaultMinimumPeriod')) ?? 0,
      defaultPmaxSeconds: wholeNumber(value('defaultMaximumPeriod')),
      disableTimeoutSeconds: wholeNumber(value('disableTimeout')) ?? 86400,
      storesNotifications: value('notificationStoringWhenDisabledOrOffline') === true,
      registrationPriority: wholeNumber(value('registrationPriorityOrder')),
    })
  }
  return accounts
}

type Reach = Pick<ServerAccount, 'securityInstanceId' | 'uri' | 'securityMode' | 'sni'>

/** Security instances of servers, by Short Server ID; of two with the same the lower instance counts. */
function securityInstances(store: ObjectStore): Map<number, Reach> {
  const instances = new Map<number, Reach>()
  for (const securityInstanceId of store.instanceIds(security.id)) {
    const value = (name: keyof typeof security.resources): Value | undefined =>
      store.get([security.id, securityInstanceId, security.resources[name].id])
    const shortServerId = wholeNumber(value('shortServerId'))
    const uri = text(value('lwm2mServerUri'))
    const securityMode = securityModes[wholeNumber(value('securityMode')) ?? -1]
    if (shortServerId === undefined || instances.has(shortServerId) || value('bootstrapServer') === true) continue
    if (!uri || securityMode === undefined) continue
    instances.set(shortServerId, { securityInstanceId, uri, securityMode, sni: text(value('sni')) })
  }
  return instances
}

function text(value: Value | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** A number of 0 or more; a server may have written anything. */
function wholeNumber(value: Value | undefined): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' && number >= 0 ? number : undefined
}
