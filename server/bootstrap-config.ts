import type { ObjectDefinition } from '../objects/definition.ts'
import { type DefinitionTable, tableOf } from '../objects/definition-table.ts'
import { accessControl11 } from '../objects/definitions/access-control.ts'
import { device12 } from '../objects/definitions/device.ts'
import { oscore11 } from '../objects/definitions/oscore.ts'
import { security12 } from '../objects/definitions/security.ts'
import { server12 } from '../objects/definitions/server.ts'
import { PathError } from '../objects/errors.ts'
import { ContentFormat, type Schema } from '../objects/formats/format.ts'
import { JsonPlace } from '../objects/json-place.ts'
import { formatPath, type Path, parsePath } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import { type BootstrapAccount, readAccount } from './bootstrap-account.ts'
import { readResource, readResources } from './bootstrap-values.ts'
import { BootstrapConfigError } from './errors.ts'

/** What a bootstrap server gives to its clients. Holds secrets. */
export interface BootstrapConfig {
  /** By Endpoint Client Name; `*` is for every client that is not named. */
  readonly clients: ReadonlyMap<string, ClientBootstrap>
  /** The types of what is written. */
  readonly schema: Schema
}

/** The bootstrap of one client, in the order in which it is done. */
export interface ClientBootstrap {
  /** The one identity for which it is; undefined: whoever may ask under the name of the client. */
  readonly identity: string | undefined
  /** Whether to ask first what is there, so that free instances are written. */
  readonly discover: boolean
  /** The Server and Access Control objects or instances to read, for whoever looks at the events. */
  readonly read: readonly Path[]
  /** The root, objects or instances to delete. */
  readonly delete: readonly Path[]
  readonly servers: readonly BootstrapAccount[]
  readonly writes: readonly BootstrapWrite[]
  /** The Content-Format to write in; undefined is the one that the client prefers. */
  readonly contentFormat: number | undefined
  /** Whether a Bootstrap-Pack-Request is served. */
  readonly pack: boolean
}

/** One Bootstrap-Write: an instance or a resource, and what is in it by full paths. */
export interface BootstrapWrite {
  readonly path: Path
  readonly values: readonly PathValue[]
}

/** The Content-Formats of the Bootstrap interface by their names in the file (LwM2M Core 1.2.2 §6.1.7.1). */
const contentFormats: ReadonlyMap<string, number> = new Map([
  ['tlv', ContentFormat.tlv],
  ['senmlJson', ContentFormat.senmlJson],
  ['senmlCbor', ContentFormat.senmlCbor],
  ['lwm2mCbor', ContentFormat.lwm2mCbor],
])

/** The servers and how to reach them; the Bootstrap-Server Account is never deleted. */
const accountObjects: readonly Path[] = [[security12.id], [server12.id]]

const builtIn: readonly ObjectDefinition[] = [security12, server12, accessControl11, device12, oscore11]

/** The longest document that is read. */
export const maximumConfigLength = 4_194_304

/**
 * Reads a bootstrap configuration, the JSON of docs/bootstrap-file.md. `definitions` are objects whose resources can be
 * written by name, besides Security, Server, Access Control, Device and OSCORE. Throws BootstrapConfigError.
 */
export function parseBootstrapConfig(text: string, definitions: readonly ObjectDefinition[] = []): BootstrapConfig {
  const tables = new Map([...builtIn, ...definitions].map(definition => [definition.id, tableOf(definition)]))
  const clients = JsonPlace.document(text, message => new BootstrapConfigError(message))
    .only(['clients'])
    .member('clients')
  const byEndpoint = new Map(clients.members().map(([endpoint, place]) => [endpoint, readClient(place, tables)]))
  if (byEndpoint.size === 0) throw clients.fault('names no client; write "*" for any')
  return { clients: byEndpoint, schema: { resource: (object, resource) => tables.get(object)?.byId.get(resource) } }
}

/** What a client of this name gets; undefined when it gets nothing. */
export function bootstrapOf({ clients }: BootstrapConfig, endpoint: string): ClientBootstrap | undefined {
  return clients.get(endpoint) ?? clients.get('*')
}

type Tables = ReadonlyMap<number, DefinitionTable>

function readClient(place: JsonPlace, tables: Tables): ClientBootstrap {
  place.only(['discover', 'read', 'delete', 'servers', 'write', 'format', 'pack', 'identity'])
  const servers = place.member('servers').optional(readServers) ?? []
  return {
    identity: place.member('identity').optional(identity => identity.text()),
    discover: place.member('discover').optional(flag => flag.boolean()) ?? true,
    read:
      place.member('read').optional(list => readPaths(list, isReadable, 'is not /1, /2 or one of their instances')) ??
      [],
    delete:
      place.member('delete').optional(list => readPaths(list, isDeletable, 'is no object or instance')) ??
      (servers.length > 0 ? accountObjects : []),
    servers,
    writes: place.member('write').optional(list => readWrites(list, tables)) ?? [],
    contentFormat: place.member('format').optional(readFormat),
    pack: place.member('pack').optional(flag => flag.boolean()) ?? false,
  }
}

function readServers(list: JsonPlace): BootstrapAccount[] {
  const accounts: BootstrapAccount[] = []
  for (const item of list.items()) {
    const account = readAccount(item)
    for (const name of ['shortServerId', 'securityInstanceId', 'serverInstanceId'] as const) {
      const value = account[name]
      if (value !== undefined && accounts.some(other => other[name] === value)) {
        throw item.member(name).fault(`is ${value} in two servers`)
      }
    }
    accounts.push(account)
  }
  return accounts
}

function readPaths(list: JsonPlace, accepts: (path: Path) => boolean, why: string): Path[] {
  return list.items().map(item => {
    const path = readPath(item)
    if (!accepts(path)) throw item.fault(why)
    return path
  })
}

/** LwM2M Core 1.2.2 §6.1.7.4 */
function isReadable(path: Path): boolean {
  return (path[0] === server12.id || path[0] === accessControl11.id) && path.length <= 2
}

/** LwM2M Core 1.2.2 §6.1.7.6 */
function isDeletable(path: Path): boolean {
  return path.length <= 2
}

function readPath(place: JsonPlace): Path {
  try {
    return parsePath(place.text())
  } catch (error) {
    if (error instanceof PathError) throw place.fault('is no path; write one such as "/3/0"')
    throw error
  }
}

function readWrites(list: JsonPlace, tables: Tables): BootstrapWrite[] {
  const written = new Set<string>()
  return list.items().map(item => {
    const write = readWrite(item, tables)
    const place = formatPath(write.path)
    if (written.has(place)) throw item.member('path').fault(`is ${place} in two writes`)
    written.add(place)
    return write
  })
}

/** An instance with its `values`, or a resource with its `value`. */
function readWrite(item: JsonPlace, tables: Tables): BootstrapWrite {
  const path = readPath(item.member('path'))
  const table = tables.get(path[0] as number)
  if (path.length === 2) {
    const values = readResources(item.only(['path', 'values']).member('values').members(), path, table)
    if (values.length === 0) throw item.member('values').fault('holds no resource')
    return { path, values }
  }
  if (path.length !== 3) throw item.member('path').fault('is neither an instance nor a resource')
  const resource = table?.byId.get(path[2] as number)
  return { path, values: readResource(item.only(['path', 'value']).member('value'), path, resource) }
}

function readFormat(place: JsonPlace): number {
  const contentFormat = contentFormats.get(place.text())
  if (contentFormat === undefined) throw place.fault(`is none of ${[...contentFormats.keys()].join(', ')}`)
  return contentFormat
}
