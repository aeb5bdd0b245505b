import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { PassThrough } from 'node:stream'
import { Lwm2mClient } from '../../client/client.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { Lwm2mServer } from '../../server/server.ts'
import { Device } from '../../shell/device/device.ts'
import { DeviceShell } from '../../shell/device/device-shell.ts'
import { lifecycleCommands } from '../../shell/device/lifecycle-commands.ts'
import { Output } from '../../shell/device/output.ts'
import { simulateDevice } from '../../shell/device/simulation.ts'
import { statusCommands } from '../../shell/device/status-commands.ts'
import { treeCommands } from '../../shell/device/tree-commands.ts'
import { valueCommands } from '../../shell/device/value-commands.ts'
import type { Environment } from '../../shell/environment.ts'
import type { Command } from '../../shell/line/command.ts'
import { Log } from '../../shell/print.ts'
import { seededRandom } from '../../transport/random.ts'
import { LineFuzz } from './fuzzed-lines.ts'
import { type Fuzzed, patience, textFault } from './fuzzed-shell.ts'
import { simulatedWorld } from './simulated-world.ts'

/** Commands that look, and change nothing that a server hears of. */
const quiet = new Set('read ls cache obs attributes events state help get_error lock wait sleep'.split(' '))
/** What is wrong with no argument, but with how things are. */
const states =
  /^(?:no such command: .*|ambigious command: .*|cannot assign positional argument: .*|the device .*|the objects are not locked|there is no (?:bootstrap )?server.*|interrupted|the client is not registered .*|the server answered .*|server 1.*|no server .*)$/s

/** Valid lines besides the examples of the commands. */
export const deviceLifeLines = `
start
start
start
start dev1
stop
state
wait registered 5
update
update 1
disable 1 5
enable 1
offline
online
reconnect
pause
resume
lock
unlock
lwm2m ls
ls /3/0
objects
events
obs
attributes /3303
send /3303/0/5700 /3/0/0
read /3/0/0 -s
read /3303/0/5700 -f
read /1/0/1 -u32
write /3303/0/5700 -f 21.5
write /3303/0/5701 Cel
write /1/0/1 -u32 300
write /1/0/7 -s U
exec /3/0/4
exec /1/0/8
exec /3303/0/5605
create /3303/1
delete /3303/1
create /3/0/11/1
delete /3/0/11/1
cache /3303/0/5700 10
# nothing
`.split('\n')

/** Types so many lines into the device shell, beside a server. Rejects with what went wrong, and after which lines. */
export async function fuzzDevice(seed: number, count: number, files: readonly string[]): Promise<Fuzzed> {
  const site = await deviceSite(seed)
  const fuzz = new LineFuzz(seededRandom(seed), deviceLines(site.commands, files), files)
  const typed: string[] = []
  const fuzzed: Fuzzed = { lines: 0, errors: new Map() }
  try {
    await site.type('start')
    await site.type('wait registered')
    for (; fuzzed.lines < count; fuzzed.lines++) {
      const line = fuzz.line()
      typed.push(line)
      site.shell.complete(line, fuzz.below(line.length + 1))
      const error = await site.type(line)
      if (error !== undefined) fuzzed.errors.set(error, (fuzzed.errors.get(error) ?? 0) + 1)
    }
    await site.close()
  } catch (error) {
    throw new Error(`after ${JSON.stringify(typed.slice(-5).map(line => line.slice(0, 300)))}`, { cause: error })
  }
  return fuzzed
}

/** Valid lines of these commands, some with the names of files. */
function deviceLines(commands: readonly Command<never>[], files: readonly string[]): string[] {
  const examples = commands.flatMap(({ example }) => example ?? [])
  return [...examples, ...deviceLifeLines, ...files.map(file => `objects add ${file}`)]
}

/** A line, and what comes of it. */
interface Cause {
  readonly line: string
  sent: number
  mustBeQuiet: boolean
}

/** On whose behalf something happens, be it later. */
const causes = new AsyncLocalStorage<Cause>()

async function deviceSite(seed: number) {
  const world = simulatedWorld({ seed })
  const { clock, network } = world
  const server = await Lwm2mServer.listen({ ...world, host: '10.0.0.2', port: 5683 })
  const failures: unknown[] = []
  const send = network.send.bind(network)
  network.send = (bytes, from, to) => {
    const cause = causes.getStore()
    if (cause && to.host === '10.0.0.2') {
      cause.sent++
      if (cause.mustBeQuiet) failures.push(new Error(`${cause.line.slice(0, 300)}, and something was sent`))
    }
    send(bytes, from, to)
  }
  const setTimer = clock.setTimeout.bind(clock)
  clock.setTimeout = (callback, delayMs) => setTimer(AsyncResource.bind(callback), delayMs)
  let printed: string[] = []
  const environment: Environment = {
    ...world,
    print: line => void printed.push(line),
    printError: line => void printed.push(line),
    input: new PassThrough(),
    output: new PassThrough(),
    colors: false,
    interrupted: new Promise(() => {}),
    onInterrupt: () => undefined,
  }
  const log = new Log(environment)
  const device = new Device({
    endpoint: 'dev1',
    keepsAccounts: false,
    makeClient: (endpoint: string | undefined) =>
      new Lwm2mClient({
        ...world,
        endpoint: endpoint ?? 'dev1',
        servers: [{ uri: 'coap://10.0.0.2', shortServerId: 1, lifetimeSeconds: 86_400 }],
        objects: [temperature],
        onError: error => failures.push(error),
      }),
    equip: client => simulateDevice(client, undefined, log, environment),
    onStart: () => undefined,
    onEvent: () => undefined,
    now: () => clock.now(),
  })
  const shell = new DeviceShell(device, new Output(line => printed.push(line), false), clock)
  const commands: Command<never>[] = [valueCommands, treeCommands, lifecycleCommands, statusCommands].flatMap(make =>
    make(device),
  )

  /** Types a line and looks at what comes of it: the error, if there is one. */
  async function type(line: string): Promise<string | undefined> {
    printed = []
    const startMs = clock.now()
    const name =
      line
        .trim()
        .replace(/^lwm2m\s+/, '')
        .split(/\s/)[0] ?? ''
    const cause: Cause = { line, sent: 0, mustBeQuiet: quiet.has(name) }
    const controller = new AbortController()
    let isGood: boolean | undefined
    const execution = causes.run(cause, () => shell.execute(line, controller.signal))
    execution.then(
      good => {
        isGood = good
      },
      (error: unknown) => failures.push(error),
    )
    const interrupt = () => controller.abort(new Error('interrupted'))
    await patience(clock, line, { interrupt, isOver: () => isGood !== undefined || failures.length > 0 })
    const wasAtOnce = clock.now() === startMs
    // A reboot that an earlier line asked for is told a second after that.
    const lines = printed.filter(text => !text.endsWith('asked to reboot; a simulated device stays up'))
    const fault = textFault(lines)
    if (fault !== undefined) throw new Error(`${fault}: ${JSON.stringify(lines).slice(0, 2000)}`)
    // What the command has begun ends before the next one.
    await clock.advance(10)
    if (failures.length > 0) throw new Error('what nobody asked for', { cause: failures[0] })
    if (isGood === true) return undefined
    // What is refused at once does nothing, not even later.
    if (wasAtOnce) cause.mustBeQuiet = true
    if (wasAtOnce && cause.sent > 0) throw new Error(`something was sent, and then: ${lines.join('\n')}`)
    const [error = '', ...others] = lines
    if (others.length > 0 || error.includes('\n')) throw new Error(`not one line: ${JSON.stringify(lines)}`)
    const words = new Set(error.match(/\w+/g))
    const isNamed = commands.some(
      one =>
        name !== '' &&
        one.name.startsWith(name) &&
        (words.has(one.name) || one.parameters.some(parameter => words.has(parameter.name))),
    )
    if (!isNamed && !states.test(error)) throw new Error(`${name}: ${error} (${line.slice(0, 200)})`)
    return error
  }

  return {
    shell,
    commands,
    type,
    async close() {
      await clock.until(device.end())
      await server.close()
      await clock.advance(600_000)
      network.clear()
      if (failures.length > 0) throw new Error('what nobody asked for', { cause: failures[0] })
      if (clock.pendingTimers > 0) throw new Error(`there are ${clock.pendingTimers} timers after its end`)
    },
  }
}
