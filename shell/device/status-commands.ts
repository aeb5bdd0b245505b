import type { ServerStatus } from '../../client/server-status.ts'
import { type Attributes, formatAttributes } from '../../objects/attributes/attributes.ts'
import { formatPath, overlap, type Path, parsePath } from '../../objects/path.ts'
import type { Command } from '../line/command.ts'
import { anyKind, count, path } from './arguments.ts'
import type { DeviceContext } from './context.ts'
import type { Device } from './device.ts'
import { table } from './output.ts'

/** Commands that show how things are. */
export function statusCommands(device: Device): Command<DeviceContext>[] {
  return [
    {
      name: 'state',
      parameters: [],
      help: 'Shows what the device is doing, and how far it is with each server.',
      run(_, { output, clock }) {
        const { client, state } = device
        const servers = client.servers().map(({ shortServerId, uri, state: own, location, registeredUntilMs }) => ({
          shortServerId,
          uri,
          state: own,
          ...(location.length > 0 && { location: `/${location.join('/')}` }),
          ...(registeredUntilMs !== undefined && { remainingSeconds: secondsUntil(registeredUntilMs, clock.now()) }),
        }))
        output.answer({ endpoint: client.endpoint, state, locked: device.isLocked, servers }, [
          `${client.endpoint} is ${state}${device.isLocked ? ', its objects are locked' : ''}`,
          ...table(
            servers.map(({ shortServerId, uri, state: own, location = '', remainingSeconds }) => [
              `server ${shortServerId}`,
              uri,
              own,
              location,
              remainingSeconds === undefined ? '' : `for ${remainingSeconds} s`,
            ]),
          ),
        ])
      },
    },
    {
      name: 'obs',
      parameters: [],
      help: 'Lists what servers observe, with the attributes that hold for it.',
      run(_, { output }) {
        const all = device.client.servers().flatMap(({ shortServerId, observations }) =>
          observations.map(({ paths, isComposite, attributes }) => ({
            shortServerId,
            paths,
            isComposite,
            attributes,
          })),
        )
        const rows = all.map(({ shortServerId, paths, isComposite, attributes }) => [
          `server ${shortServerId}`,
          isComposite ? 'composite' : 'single',
          paths.join(' '),
          shownAttributes(attributes),
        ])
        output.answer({ observations: all }, rows.length === 0 ? ['nothing is observed'] : table(rows))
      },
    },
    {
      name: 'attributes',
      parameters: [{ name: 'path', type: path(device, anyKind), required: false, fallback: [] }],
      help: 'Lists the attributes that servers have attached, all or those that concern a path.',
      example: 'attributes /3303/0',
      run(args, { output }) {
        const all = device.client.servers().flatMap(status => attributesAt(status, args['path'] as Path))
        const rows = all.map(({ shortServerId, path: at, attributes }) => [
          `server ${shortServerId}`,
          at,
          shownAttributes(attributes),
        ])
        output.answer({ attributes: all }, rows.length === 0 ? ['no attributes are attached'] : table(rows))
      },
    },
    {
      name: 'events',
      parameters: [{ name: 'number', type: count(1, 1000), required: false, fallback: 20 }],
      help: 'Lists what has happened to the registrations, the last events or so many of them.',
      example: 'events 5',
      run(args, { output }) {
        const last = device.events.slice(-Number(args['number'])).map(({ timeMs, event }) => {
          return { time: new Date(timeMs).toISOString(), ...event }
        })
        const rows = last.map(({ time, type, ...rest }) => [time.slice(11, 23), type, shownDetails(rest)])
        output.answer({ events: last }, rows.length === 0 ? ['nothing has happened yet'] : table(rows))
      },
    },
  ]
}

function secondsUntil(timeMs: number, nowMs: number): number {
  return Math.max(0, Math.round((timeMs - nowMs) / 1000))
}

function attributesAt({ shortServerId, attributes }: ServerStatus, place: Path) {
  return Object.entries(attributes)
    .filter(([at]) => overlap(parsePath(at), place))
    .map(([at, own]) => ({ shortServerId, path: formatPath(parsePath(at)), attributes: own }))
}

function shownAttributes(attributes: Attributes): string {
  return formatAttributes(attributes).join(' ')
}

/** The members of an event, in a line. */
function shownDetails(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}
