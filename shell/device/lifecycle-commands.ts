import { SendError } from '../../client/send-error.ts'
import { formatPath, type Path } from '../../objects/path.ts'
import { ConsoleError } from '../../server/console/console-error.ts'
import { text } from '../line/argument-types.ts'
import type { Command, Parameter } from '../line/command.ts'
import { anyKind, path, seconds, server, word } from './arguments.ts'
import type { DeviceContext } from './context.ts'
import { type Device, noBootstrapServer } from './device.ts'
import { interruptible, timeLimit } from './waiting.ts'

const maximumPaths = 9

/** Why a Send fails because of what it is of. */
const faultsOfPaths: ReadonlySet<string> = new Set<SendError['code']>(['UNAUTHORIZED', 'NOT_FOUND', 'READ_FAILED'])

/** Commands on registrations, connections and what is sent. */
export function lifecycleCommands(device: Device): Command<DeviceContext>[] {
  const serverParameter: Parameter = { name: 'server', type: server(device), required: false }
  /** Throws ConsoleError unless the device runs. */
  const running = () => {
    if (device.isRunning) return device.client
    throw new ConsoleError('the device is not started')
  }
  return [
    {
      name: 'start',
      parameters: [
        { name: 'endpoint', type: text, required: false, takes: typed => typed !== '-b' },
        { name: 'flag', type: word('-b'), required: false },
        { name: 'bootstrap', type: word('0', '1'), required: false },
      ],
      help: 'Starts the device, under the name that --endpoint gave it or another one. With -b 1 it bootstraps first.',
      example: 'start urn:dev:os:1 -b 1',
      run(args) {
        if (args['flag'] !== undefined && args['bootstrap'] === undefined)
          throw new ConsoleError('missing value for argument: bootstrap')
        device.start(args['endpoint'] as string | undefined, args['bootstrap'] === '1')
      },
    },
    {
      name: 'stop',
      parameters: [{ name: 'option', type: word('-f'), required: false }],
      help: 'De-registers and stops; with -f it closes the connections without a word.',
      example: 'stop -f',
      async run(args, { signal }) {
        running()
        await interruptible(device.stop(args['option'] === '-f'), signal)
      },
    },
    {
      name: 'update',
      parameters: [serverParameter],
      help: 'Sends an Update, to one server or to all.',
      example: 'update 1',
      run: args => running().update(args['server'] as number | undefined),
    },
    {
      name: 'pause',
      parameters: [],
      help: 'Stops all that runs by itself; registrations stay as long as their lifetimes last.',
      run: () => running().suspend(),
    },
    {
      name: 'resume',
      parameters: [],
      help: 'Goes on after pause.',
      run() {
        if (device.state !== 'suspended') throw new ConsoleError('the device is not paused')
        device.client.resume()
      },
    },
    {
      name: 'disable',
      parameters: [
        { ...serverParameter, required: true },
        { name: 'seconds', type: seconds, required: false },
      ],
      help: 'De-registers from a server for some seconds, or until enable.',
      example: 'disable 1 60',
      run: args => running().disable(args['server'] as number, args['seconds'] as number | undefined),
    },
    {
      name: 'enable',
      parameters: [{ ...serverParameter, required: true }],
      help: 'Registers again with a server that was disabled.',
      example: 'enable 1',
      run: args => device.client.enable(args['server'] as number),
    },
    {
      name: 'offline',
      parameters: [],
      help: 'Closes all connections; registrations stay, and what is observed is noted.',
      run: () => running().enterOffline(),
    },
    {
      name: 'online',
      parameters: [],
      help: 'Goes on after offline.',
      run: () => device.client.exitOffline(),
    },
    {
      name: 'reconnect',
      parameters: [serverParameter],
      help: 'Opens the connection anew, to one server or to all. An attempt that waits is made now.',
      example: 'reconnect 1',
      run: args => running().reconnect(args['server'] as number | undefined),
    },
    {
      name: 'bootstrap',
      parameters: [],
      help: 'Bootstraps again, as when a server asks for it.',
      run() {
        if (!device.hasBootstrapServer) throw noBootstrapServer()
        running().bootstrap()
      },
    },
    {
      name: 'send',
      parameters: Array.from({ length: maximumPaths }, (_, index) => ({
        name: index === 0 ? 'path' : `path${index + 1}`,
        type: path(device, anyKind),
        required: index === 0,
      })),
      help: 'Sends what is at one to nine paths to all servers, and waits until they have it.',
      example: 'send /3303/0/5700 /3/0/9',
      async run(args, { output, signal }) {
        const paths = Object.values(args).map(place => formatPath(place as Path))
        await interruptible(running().send(paths), signal).catch((error: unknown) => {
          if (!(error instanceof SendError && faultsOfPaths.has(error.code))) throw error
          throw new ConsoleError(`path: ${error.message}`, { cause: error })
        })
        output.answer({ sent: paths }, ['the servers have it'])
      },
    },
    {
      name: 'wait',
      parameters: [
        { name: 'what', type: word('registered'), required: true },
        { name: 'seconds', type: seconds, required: false, fallback: 60 },
      ],
      help: 'Waits until the device is registered with all servers, a minute if nothing else is said.',
      example: 'wait registered 10',
      async run(args, { clock, signal }) {
        const limit = timeLimit(clock, Number(args['seconds']))
        try {
          await interruptible(Promise.race([running().registered(), limit.over]), signal)
        } finally {
          limit.end()
        }
        if (limit.isOver) throw new ConsoleError(`seconds: not registered within ${String(args['seconds'])} s`)
      },
    },
    {
      name: 'sleep',
      parameters: [{ name: 'seconds', type: seconds, required: true }],
      help: 'Waits.',
      example: 'sleep 1.5',
      async run(args, { clock, signal }) {
        const limit = timeLimit(clock, Number(args['seconds']))
        try {
          await interruptible(limit.over, signal)
        } finally {
          limit.end()
        }
      },
    },
    {
      name: 'exit',
      parameters: [],
      help: 'De-registers and leaves.',
      run: (_, { leave }) => leave(),
    },
  ]
}
