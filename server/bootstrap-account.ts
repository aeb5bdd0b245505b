import { impliedBinding } from '../objects/account.ts'
import { type DefinitionTable, tableOf } from '../objects/definition-table.ts'
import { security12 } from '../objects/definitions/security.ts'
import { server12 } from '../objects/definitions/server.ts'
import type { JsonPlace } from '../objects/json-place.ts'
import { comparePaths } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import type { Value } from '../objects/value.ts'
import { TransportError } from '../transport/errors.ts'
import { isSecure, isStream, parseServerUri, type ServerUri } from '../transport/uri.ts'
import { readResources, resourceIdOf } from './bootstrap-values.ts'

/** A server that a client is to register with: a Security instance and a Server instance. Holds secrets. */
export interface BootstrapAccount {
  /** 1–65534. */
  readonly shortServerId: number
  /** Where to write them; undefined is the next free instance. */
  readonly securityInstanceId: number | undefined
  readonly serverInstanceId: number | undefined
  /** The resources of each instance, by their paths below it. */
  readonly security: readonly PathValue[]
  readonly server: readonly PathValue[]
}

const largestId = 65_534
const largestLifetimeSeconds = 2 ** 31 - 1
const [, longestUri] = security12.resources.lwm2mServerUri.range

/** What LwM2M Core 1.2.2 §6.2.1 takes a lifetime to be that nobody names. */
const defaultLifetimeSeconds = 86_400

const securityTable = tableOf(security12)
const serverTable = tableOf(server12)

/** Reads one of the `servers` of a client. Throws BootstrapConfigError. */
export function readAccount(place: JsonPlace): BootstrapAccount {
  place.only([
    'uri',
    'shortServerId',
    'lifetimeSeconds',
    'binding',
    'security',
    'server',
    'securityInstanceId',
    'serverInstanceId',
  ])
  const instanceId = (name: string) => place.member(name).optional(id => id.whole(0, largestId))
  const shortServerId = place.member('shortServerId').whole(1, largestId)
  return {
    shortServerId,
    securityInstanceId: instanceId('securityInstanceId'),
    serverInstanceId: instanceId('serverInstanceId'),
    security: readSecurity(place, shortServerId),
    server: readServer(place, shortServerId),
  }
}

function readServer(place: JsonPlace, shortServerId: number): PathValue[] {
  const ids = server12.resources
  const lifetime = place.member('lifetimeSeconds').optional(it => it.whole(0, largestLifetimeSeconds))
  const own = new Map<number, Value>([
    [ids.shortServerId.id, shortServerId],
    [ids.lifetime.id, lifetime ?? defaultLifetimeSeconds],
    [ids.binding.id, place.member('binding').optional(readBinding) ?? impliedBinding(place.member('uri').text())],
  ])
  const others = place.member('server').optional(it => it.members()) ?? []
  const further = readFurther(others, own, serverTable)
  const isStoring = further.some(({ path }) => path[0] === ids.notificationStoringWhenDisabledOrOffline.id)
  if (!isStoring) own.set(ids.notificationStoringWhenDisabledOrOffline.id, true)
  return joined(own, further)
}

function readBinding(place: JsonPlace): string {
  const binding = place.text()
  if (!/^[UTSNMHQ]{1,8}$/.test(binding)) throw place.fault('is no binding; write "U" for UDP')
  return binding
}

/** Which credentials each Security Mode has: how they are called in the file and where they go (LwM2M Core 1.2.2 §E.1). */
const modes = {
  psk: { mode: 0, identity: 'publicKeyOrIdentity', key: 'secretKey' },
  rpk: { mode: 1, publicKey: 'publicKeyOrIdentity', serverPublicKey: 'serverPublicKey', privateKey: 'secretKey' },
  x509: { mode: 2, certificate: 'publicKeyOrIdentity', serverCertificate: 'serverPublicKey', privateKey: 'secretKey' },
  noSec: { mode: 3 },
} as const

const credentialIds = [3, 4, 5] as const

function readSecurity(place: JsonPlace, shortServerId: number): PathValue[] {
  const ids = security12.resources
  const uriPlace = place.member('uri')
  const uri = uriPlace.text()
  const { scheme } = readUri(uriPlace, uri)
  const security = place.member('security')
  const mode = security.optional(it => readMode(it.member('mode'))) ?? 'noSec'
  const isOverTcp = isStream(scheme)
  if (isSecure(scheme) !== (mode !== 'noSec')) {
    const secured = `a ${isOverTcp ? 'coaps+tcp' : 'coaps'} URI`
    throw mode === 'noSec'
      ? security.fault(`is needed with ${secured}; write for example {"mode": "psk", "identity": …, "key": …}`)
      : uriPlace.fault(`is not secured; write ${secured}`)
  }
  if (mode === 'rpk' && isOverTcp) {
    throw uriPlace.fault('is over TLS, which has no raw public keys; use psk or x509, or a coaps URI')
  }
  const { mode: securityMode, ...credentials } = modes[mode]
  const own = new Map<number, Value>([
    [ids.lwm2mServerUri.id, uri],
    [ids.bootstrapServer.id, false],
    [ids.securityMode.id, securityMode],
    [ids.shortServerId.id, shortServerId],
  ])
  for (const id of credentialIds) own.set(id, new Uint8Array())
  for (const [name, resource] of Object.entries(credentials)) {
    own.set(ids[resource].id, readCredential(security.member(name), name))
  }
  const taken = new Set(['mode', ...Object.keys(credentials)])
  const others = (security.optional(it => it.members()) ?? []).filter(([name]) => !taken.has(name))
  return joined(own, readFurther(others, own, securityTable))
}

function readUri(place: JsonPlace, uri: string): ServerUri {
  if (uri.length > longestUri) throw place.fault(`is longer than ${longestUri} characters`)
  try {
    return parseServerUri(uri)
  } catch (error) {
    if (error instanceof TransportError) throw place.fault(`cannot be used: ${error.message}`)
    throw error
  }
}

function readMode(place: JsonPlace): keyof typeof modes {
  const mode = place.text()
  if (!Object.hasOwn(modes, mode)) throw place.fault(`is none of ${Object.keys(modes).join(', ')}`)
  return mode as keyof typeof modes
}

/** An identity is mostly text and may be written as such; a key as text would leave open what its bytes are. */
function readCredential(place: JsonPlace, name: string): Uint8Array {
  const bytes = name === 'identity' && !place.isObject ? Buffer.from(place.text()) : place.bytes()
  if (bytes.length === 0) throw place.fault('is empty')
  return bytes
}

type Members = readonly [name: string, place: JsonPlace][]

/** Resources besides those that the account itself sets. */
function readFurther(members: Members, own: ReadonlyMap<number, Value>, table: DefinitionTable): PathValue[] {
  for (const [name, place] of members) {
    if (own.has(resourceIdOf(name, table) ?? -1)) throw place.fault('is already set by the account')
  }
  return readResources(members, [], table)
}

function joined(own: ReadonlyMap<number, Value>, further: readonly PathValue[]): PathValue[] {
  const values = [...own].map(([id, value]) => ({ path: [id], value }))
  return [...values, ...further].sort((a, b) => comparePaths(a.path, b.path))
}
