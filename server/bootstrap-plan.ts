import { security12 } from '../objects/definitions/security.ts'
import { server12 } from '../objects/definitions/server.ts'
import { type Link, parseLinks } from '../objects/formats/link-format.ts'
import { covers, formatPath, type Path, pathFromSegments } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import type { BootstrapAccount } from './bootstrap-account.ts'
import type { BootstrapWrite, ClientBootstrap } from './bootstrap-config.ts'
import { RequestError } from './errors.ts'

/** An instance that a client has, and of Security and Server the server it belongs to. */
export interface KnownInstance {
  readonly path: Path
  readonly shortServerId?: number
}

/** What is taken of a client that was not asked: its Bootstrap-Server Account is where it mostly is. */
export const presumedInstances: readonly KnownInstance[] = [{ path: [security12.id, 0] }]

/**
 * The links of a Bootstrap-Discover. LwM2M 1.0 puts the enabler version in front, as no link of its own; it is told as an
 * attribute of the root all the same (LwM2M Core 1.2.2 §6.1.7.3). Throws FormatError.
 */
export function parseDiscovered(text: string): Link[] {
  const bare = /^lwm2m="?(\d\.\d)"?(?:,|$)/.exec(text)
  if (bare === null) return parseLinks(text)
  return [{ target: '/', attributes: { lwm2m: bare[1] as string } }, ...parseLinks(text.slice(bare[0].length))]
}

/** The instances among links; objects without one, and what is no path, are left out. */
export function knownInstances(links: readonly Link[]): KnownInstance[] {
  return links.flatMap(({ target, attributes }) => {
    const path = pathFromSegments(target.slice(1).split('/'))
    if (path?.length !== 2) return []
    const shortServerId = Number(attributes['ssid'])
    return [Number.isInteger(shortServerId) ? { path, shortServerId } : { path }]
  })
}

/**
 * What to write for a client: Security and Server instances of each server, then the rest. An account that the client
 * keeps is written over, any other goes to the next free instance, clear of the Bootstrap-Server Account. Throws
 * RequestError BAD_CONFIGURATION when the configuration insists on the instance of that account.
 */
export function planWrites(client: ClientBootstrap, known: readonly KnownInstance[]): BootstrapWrite[] {
  const kept = known.filter(instance => !client.delete.some(path => isDeleted(instance, path)))
  const securities = new InstanceIds(security12.id, client, kept, 'securityInstanceId')
  const servers = new InstanceIds(server12.id, client, kept, 'serverInstanceId')
  return [
    ...client.servers.map(account => write([security12.id, securities.take(account)], account.security)),
    ...client.servers.map(account => write([server12.id, servers.take(account)], account.server)),
    ...client.writes,
  ]
}

function write(path: Path, resources: readonly PathValue[]): BootstrapWrite {
  return { path, values: resources.map(resource => ({ ...resource, path: [...path, ...resource.path] })) }
}

/** LwM2M Core 1.2.2 §6.1.7.6: a Delete passes the Bootstrap-Server Account over. */
function isDeleted(instance: KnownInstance, path: Path): boolean {
  return covers(path, instance.path) && !isBootstrapAccount(instance)
}

/** The one Security instance without a Short Server ID (LwM2M Core 1.2.2 §6.1.7.3). */
function isBootstrapAccount({ path, shortServerId }: KnownInstance): boolean {
  return path[0] === security12.id && shortServerId === undefined
}

/** Gives the accounts of one client their instances of one object. */
class InstanceIds {
  readonly #objectId: number
  readonly #fixed: 'securityInstanceId' | 'serverInstanceId'
  readonly #kept: readonly KnownInstance[]
  readonly #taken: Set<number>
  #next = 0

  constructor(
    objectId: number,
    client: ClientBootstrap,
    kept: readonly KnownInstance[],
    fixed: 'securityInstanceId' | 'serverInstanceId',
  ) {
    this.#objectId = objectId
    this.#fixed = fixed
    this.#kept = kept.filter(({ path }) => path[0] === objectId)
    const written = client.writes.filter(({ path }) => path[0] === objectId)
    this.#taken = new Set([...this.#kept, ...written].map(({ path }) => path[1] as number))
    for (const account of client.servers) if (account[fixed] !== undefined) this.#taken.add(account[fixed])
  }

  take(account: BootstrapAccount): number {
    const { shortServerId } = account
    const fixed = account[this.#fixed]
    if (fixed !== undefined) return this.#checked(fixed)
    const own = this.#kept.find(instance => instance.shortServerId === shortServerId)
    if (own !== undefined) return own.path[1] as number
    while (this.#taken.has(this.#next)) this.#next++
    return this.#next++
  }

  #checked(instanceId: number): number {
    const isAccount = this.#kept.some(instance => instance.path[1] === instanceId && isBootstrapAccount(instance))
    if (!isAccount) return instanceId
    const place = formatPath([this.#objectId, instanceId])
    throw new RequestError('BAD_CONFIGURATION', `${place} is the Bootstrap-Server Account of the client`)
  }
}
