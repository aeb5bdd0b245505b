import { security } from '../definitions/security.ts'
import { server } from '../definitions/server.ts'
import { OperationError, ResponseCode } from '../errors.ts'
import { formatPath, MAX_ID } from '../path.ts'
import type { ObjectStore } from '../store.ts'
import { type SecurityInstance, securityInstances, serverOf } from './bootstrap-account.ts'
import type { BootstrapContext, Outcome } from './operation.ts'

/**
 * Performs a Bootstrap-Finish: 2.04 when the client can work with what it was given, or else 4.06 with what is wrong
 * (LwM2M Core 1.2.2 §6.1.6, §6.1.7.2).
 */
export function bootstrapFinish(store: ObjectStore, context: BootstrapContext): Outcome {
  const problem = findInconsistency(store, context)
  if (problem !== undefined) throw new OperationError('NOT_ACCEPTABLE', problem)
  return { responseCode: ResponseCode.changed }
}

/** The first reason for which the accounts of the store cannot work; names places and Short Server IDs, no secret. */
function findInconsistency(store: ObjectStore, context: BootstrapContext): string | undefined {
  const { maximumBootstrapAccounts = 1, keepsKey = () => false } = context
  const securities = securityInstances(store)
  const accounts = securities.filter(({ isBootstrapServer }) => !isBootstrapServer)
  if (securities.length - accounts.length > maximumBootstrapAccounts)
    return 'there are too many Bootstrap-Server Accounts'
  return (
    findServerProblem(store, accounts) ??
    findAccountProblem(store, accounts) ??
    firstProblem(securities, instance => findSecurityProblem(store, instance, keepsKey))
  )
}

function findServerProblem(store: ObjectStore, accounts: readonly SecurityInstance[]): string | undefined {
  const serverInstanceIds = store.instanceIds(server.id)
  if (serverInstanceIds.length === 0) return 'there is no server account'
  const reached = new Map<number | undefined, number>()
  for (const { shortServerId } of accounts) reached.set(shortServerId, (reached.get(shortServerId) ?? 0) + 1)
  const seen = new Set<number>()
  return firstProblem(serverInstanceIds, instanceId => {
    const place = formatPath([server.id, instanceId])
    const shortServerId = serverOf(store, instanceId)
    if (shortServerId === undefined) return `${place} has no Short Server ID`
    if (seen.has(shortServerId)) return `two Server instances have the Short Server ID ${shortServerId}`
    seen.add(shortServerId)
    const count = reached.get(shortServerId)
    if (count === 1) return undefined
    return `${place} has ${count === undefined ? 'no Security instance' : 'several Security instances'}`
  })
}

function findAccountProblem(store: ObjectStore, accounts: readonly SecurityInstance[]): string | undefined {
  const served = new Set(store.instanceIds(server.id).map(instanceId => serverOf(store, instanceId)))
  return firstProblem(accounts, ({ path, shortServerId }) => {
    if (shortServerId === undefined) return `${formatPath(path)} has no Short Server ID`
    return served.has(shortServerId) ? undefined : `${formatPath(path)} has no Server instance`
  })
}

const { securityMode, publicKeyOrIdentity, serverPublicKey, secretKey } = security.resources

/**
 * The credentials that each Security Mode needs: PSK, Raw Public Key, Certificate, NoSec, EST (§E.1). Of a server with a
 * certificate nothing has to be known where the client has a trust store (LwM2M Transport 1.2.2 §5.2.8.7).
 */
const neededCredentials = [
  [publicKeyOrIdentity, secretKey],
  [publicKeyOrIdentity, serverPublicKey, secretKey],
  [publicKeyOrIdentity, secretKey],
  [],
  [serverPublicKey],
]

function findSecurityProblem(
  store: ObjectStore,
  { path, uri, oscore }: SecurityInstance,
  keepsKey: (securityInstanceId: number) => boolean,
): string | undefined {
  const place = formatPath(path)
  if (uri === undefined || uri === '') return `${place} has no server URI`
  const credentials = neededCredentials[Number(store.get([...path, securityMode.id]) ?? -1)]
  if (credentials === undefined) return `${place} has no Security Mode`
  for (const { id } of credentials) {
    if (id === secretKey.id && keepsKey(path[1] as number)) continue
    const value = store.get([...path, id])
    if (!(value instanceof Uint8Array) || value.length === 0) return `${formatPath([...path, id])} is empty`
  }
  const isLinked = oscore !== undefined && oscore.objectId !== MAX_ID
  if (isLinked && !store.hasInstance(oscore.objectId, oscore.instanceId)) return `${place} links to no OSCORE instance`
  return undefined
}

function firstProblem<T>(items: readonly T[], problemOf: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = problemOf(item)
    if (problem !== undefined) return problem
  }
  return undefined
}
