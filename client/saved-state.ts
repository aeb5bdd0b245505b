import type { Disabled } from '../machines/account-context.ts'
import type { Expiry } from '../machines/bootstrap-context.ts'
import { AttributeTree, type SavedAttributes } from '../objects/attributes/tree.ts'
import { type EnablerVersion, enablerVersions } from '../objects/enabler.ts'
import { formatPath, idFromText, MAX_ID, type Path, parsePath } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import { JsonReader } from './json-reader.ts'
import { decodeValue, encodeValue } from './saved-value.ts'
import type { SavedDevice, SavedServerReporting } from './server-reporting.ts'
import type { SavedReporting } from './store-reporting.ts'
import type { Told } from './told.ts'

/** What a client knows at one server, to go on from there after a restart. Times are milliseconds since 1970. */
export interface SavedServer extends SavedServerReporting {
  /** Where the server keeps the registration; empty while there is none. */
  readonly location: readonly string[]
  /** The enabler it is registered as, or was about to be; absent: any that is allowed. */
  readonly version?: EnablerVersion
  /** When the server forgets the registration, if it hears nothing; absent: never. */
  readonly registeredUntilMs?: number
  /** What the server was told of the client; absent: nothing, or it is not known. */
  readonly told?: Told
  /** The port by which the server knows the client. */
  readonly localPort?: number
  /** The DTLS session to resume: encrypted, base64. */
  readonly session?: string
  /** The TLS session to resume, likewise. */
  readonly tlsSession?: string
  readonly disabled?: Disabled
}

/** What outlives a restart of a client. It holds the secrets of the accounts. */
export interface SavedState {
  /** Tells the options the accounts came from: with other ones the device was set up anew. See `fingerprint`. */
  readonly fingerprint: string
  readonly objects: Snapshot
  readonly servers: { readonly [shortServerId: number]: SavedServer }
  /** Which Bootstrap-Server Account is purged and when (/0/x/12), milliseconds since 1970. */
  readonly bootstrapExpiry?: Expiry
}

/** A state as JSON data. Throws `ShapeError` for one that {@link decodeState} would not take. */
export function encodeState(state: SavedState): unknown {
  const { objectIds, entries } = state.objects
  const data = { ...state, objects: { objectIds, entries: entries.map(encodeEntry) } }
  decodeState(data)
  return data
}

/** Reads what {@link encodeState} made. Throws `ShapeError`; whether the values fit their objects is for the store. */
export function decodeState(data: unknown): SavedState {
  const state = new JsonReader(data, 'state')
  return {
    fingerprint: state.member('fingerprint').text(),
    objects: decodeSnapshot(state.member('objects')),
    servers: Object.fromEntries(state.member('servers').members().map(decodeServer)),
    ...state.optional('bootstrapExpiry', decodeExpiry),
  }
}

function decodeExpiry(expiry: JsonReader): Expiry {
  return {
    securityInstanceId: expiry.member('securityInstanceId').integer(0, MAX_ID - 1),
    atMs: decodeTime(expiry.member('atMs')),
  }
}

function decodeServer([shortServerId, server]: [string, JsonReader]): [number, SavedServer] {
  return [
    // 0 identifies no server.
    idFromText(shortServerId) || server.fail('of a Short Server ID'),
    {
      location: server
        .member('location')
        .items()
        .map(segment => segment.text()),
      ...server.optional('version', version => version.oneOf(enablerVersions)),
      ...server.optional('registeredUntilMs', decodeTime),
      ...server.optional('told', decodeTold),
      ...server.optional('localPort', port => port.integer(1, 65535)),
      ...server.optional('session', session => session.text()),
      ...server.optional('tlsSession', session => session.text()),
      ...server.optional('disabled', disabled => disabled.optional('untilMs', decodeTime)),
      ...decodeReporting(server),
      ...server.optional('devices', devices => Object.fromEntries(devices.members().map(decodeDevice))),
    },
  ]
}

function decodeDevice([prefix, device]: [string, JsonReader]): [string, SavedDevice] {
  return [prefix, { deviceId: device.member('deviceId').text(), ...decodeReporting(device) }]
}

function decodeReporting(saved: JsonReader): SavedReporting {
  return {
    attributes: decodeAttributes(saved.member('attributes')),
    observations: saved
      .member('observations')
      .items()
      .map(({ value }) => value),
  }
}

function decodeTold(told: JsonReader): Told {
  return {
    lifetimeSeconds: told.member('lifetimeSeconds').number(0),
    binding: told.member('binding').text(),
    links: told.member('links').text(),
    others: told.member('others').text(),
  }
}

function decodeTime(time: JsonReader): number {
  return time.number(0)
}

function decodeAttributes(attributes: JsonReader): SavedAttributes {
  for (const [, ofPlace] of attributes.members()) ofPlace.members()
  const tree = new AttributeTree()
  try {
    tree.restore(attributes.value as SavedAttributes)
  } catch {
    return attributes.fail('the attributes of a server')
  }
  return tree.save()
}

/** A path with its value; without one the place is empty. */
function encodeEntry({ path, value }: PathValue): unknown[] {
  return value === undefined || value === null ? [formatPath(path)] : [formatPath(path), encodeValue(value)]
}

function decodeSnapshot(snapshot: JsonReader): Snapshot {
  const objectIds = snapshot
    .member('objectIds')
    .items()
    .map(id => id.integer(0, MAX_ID - 1))
  const entries = snapshot
    .member('entries')
    .items()
    .map(entry => decodeEntry(entry, objectIds))
  return { objectIds, entries }
}

function decodeEntry(entry: JsonReader, objectIds: readonly number[]): PathValue {
  const [place, saved, ...rest] = entry.items()
  if (place === undefined || rest.length > 0) return entry.fail('a path with its value')
  const path = decodePath(place)
  if (path.length < 2 || !objectIds.includes(path[0] as number)) return place.fail('a place in the objects')
  if (saved === undefined) return path.length < 4 ? { path } : entry.fail('a place that can be empty')
  return path.length > 2 ? { path, value: decodeValue(saved) } : entry.fail('a place that has a value')
}

function decodePath(place: JsonReader): Path {
  const text = place.text()
  try {
    return parsePath(text)
  } catch {
    return place.fail('a path')
  }
}
