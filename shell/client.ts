import { join } from 'node:path'
import { Lwm2mClient } from '../client/client.ts'
import type { DeviceFile } from '../client/device-file.ts'
import { type ClientOptions, checkEndpoint } from '../client/options.ts'
import { OptionsError } from '../client/options-error.ts'
import { fileStore, PersistenceError } from '../client/persistence.ts'
import type { ClientEvent } from '../machines/events.ts'
import { temperature } from '../objects/definitions/temperature.ts'
import type { EnablerVersion } from '../objects/enabler.ts'
import type { Clock } from '../transport/clock.ts'
import { isRequest, isResponse } from '../transport/coap/message.ts'
import { TransportError } from '../transport/errors.ts'
import { describeMessage } from '../transport/lwm2m/describe.ts'
import type { Trace } from '../transport/trace.ts'
import { isSecure, isStream, parseServerUri } from '../transport/uri.ts'
import { report } from './client-report.ts'
import { type DeviceSecurity, deviceSecurity } from './client-security.ts'
import { Device } from './device/device.ts'
import { DeviceShell } from './device/device-shell.ts'
import { Output } from './device/output.ts'
import { readDeviceFile } from './device/read-device-file.ts'
import { simulateDevice } from './device/simulation.ts'
import { checkPlace, DocumentError, shownName } from './document.ts'
import type { Environment } from './environment.ts'
import { Log } from './print.ts'
import { type Recording, type RecordingArguments, startRecording } from './recording.ts'
import { type ClientSecurityArguments, connectionIdOption } from './security.ts'
import type { LineReader } from './terminal/line-reader.ts'
import { openLineReader } from './terminal/open-line-reader.ts'

export interface ClientArguments extends ClientSecurityArguments, RecordingArguments {
  /** Absent: the device bootstraps, if it can. */
  readonly server?: string
  readonly bootstrap?: string
  /** Absent: the command `start` tells it. */
  readonly endpoint?: string
  /** A device file. */
  readonly objects?: string
  /** One JSON object for each event and each answer. */
  readonly json?: true
  /** Seconds, of the registration with `server`. */
  readonly lifetime?: number
  /** Of `server`. */
  readonly shortServerId?: number
  readonly lwm2m?: readonly EnablerVersion[]
  /** Seconds; absent: the command ends when the device gives up. */
  readonly restartAfter?: number
  readonly once?: true
  readonly queueMode?: true
  /** File of what outlives the process. */
  readonly state?: string
  /** `true`: at the default URL. */
  readonly inspect?: true | string
}

/**
 * `lwm2m client`: a device that stays registered until it is interrupted, or its shell ends. Resolves with the exit code, 1 when
 * the device has given up or a command from a pipe failed. Throws OptionsError, or TransportError INVALID_URI.
 */
export async function runClient(args: ClientArguments, environment: Environment): Promise<number> {
  checkCombination(args)
  if (args.endpoint !== undefined) checkEndpoint(args.endpoint)
  const secured = await deviceSecurity(args)
  checkSecurity(args, secured !== undefined)
  if (args.state !== undefined) checkStateFile(args.state)
  const file = args.objects === undefined ? undefined : await readDeviceFile(args.objects)
  const recording = startRecording(args, environment)
  let { print } = environment
  /** As soon as somebody types, what is printed has to go above the prompt. */
  const terminal = { ...environment, print: (line: string) => print(line) }
  const log = new Log(terminal, { isJson: args.json === true })
  let hasGivenUp: (exitCode: number) => void = () => {}
  const gaveUp = new Promise<number>(resolve => {
    hasGivenUp = resolve
  })
  /** The device has given up, and what comes of that nobody needs to hear. */
  let isOver = false
  const reportEvent = eventReporter(args, log, environment.clock)
  const device = new Device({
    endpoint: args.endpoint,
    makeClient: endpoint =>
      new Lwm2mClient(clientOptions(args, { endpoint, secured, file, recording, environment, log })),
    keepsAccounts: args.state !== undefined,
    equip: client => simulateDevice(client, file, log, terminal),
    onStart: ({ endpoint }) => {
      const { server, bootstrap } = args
      log.note(
        `starting as ${endpoint} with ${server ?? (bootstrap ? `${bootstrap} to bootstrap from` : 'its accounts')}`,
      )
    },
    onEvent: event => {
      const givesUp = args.once ? isFailure(event) : args.restartAfter === undefined && isFatal(event)
      if (!isOver) reportEvent(event, givesUp)
      isOver ||= givesUp && (args.once === true || isHeadless(reader))
      if (isOver) hasGivenUp(1)
    },
    now: () => environment.clock.now(),
  })
  const shell = new DeviceShell(device, new Output(terminal.print, args.json === true), environment.clock)
  const reader = openReader(shell, environment)
  if (reader.isInteractive) print = line => reader.print(line)
  try {
    if (isStartable(args)) device.start()
    return await Promise.race([environment.interrupted.then(() => 0), gaveUp, runShell(shell, reader, args)])
  } finally {
    reader.close()
    print = environment.print
    await device.end()
    recording.close()
    if (args.inspect !== undefined) await lastMessagesSent(environment.clock)
  }
}

function openReader(shell: DeviceShell, { input, output, colors, clock, historyFolder }: Environment): LineReader {
  return openLineReader({
    input,
    output,
    colors,
    clock,
    ...(historyFolder !== undefined && { historyFile: join(historyFolder, '.lwm2m_device_history') }),
    complete: (line, cursor) => shell.complete(line, cursor),
    holdsSecret: line => shell.holdsSecret(line),
  })
}

/** Resolves when the shell ends, not at all where there was no input: then the device runs on without one. */
async function runShell(shell: DeviceShell, reader: LineReader, args: ClientArguments): Promise<number> {
  const exitCode = await shell.run(reader)
  if (exitCode !== undefined) return exitCode
  if (args.endpoint === undefined) throw new OptionsError('a device needs --endpoint, or a shell to name it in')
  if (!isStartable(args)) throw new OptionsError('a device needs --server, or --bootstrap to get one')
  return new Promise<never>(() => {})
}

/** Whether nobody has given a command, and nobody sits there who could. */
function isHeadless(reader: LineReader): boolean {
  return !reader.isInteractive && reader.lineNumber === 0
}

interface ClientParts {
  /** Undefined: nobody has named it yet, and nobody hears of it. */
  readonly endpoint: string | undefined
  readonly secured: DeviceSecurity | undefined
  readonly file: DeviceFile | undefined
  readonly recording: Recording
  readonly environment: Environment
  readonly log: Log
}

function clientOptions(args: ClientArguments, parts: ClientParts): ClientOptions {
  const { server, bootstrap, lifetime, shortServerId = 1, restartAfter: restartAfterSeconds } = args
  const { endpoint, secured, file, recording, environment, log } = parts
  const securityOf = (uri: string) => (secured !== undefined && isSecureUri(uri) ? { security: secured.security } : {})
  return {
    endpoint: endpoint ?? 'unnamed',
    ...(server !== undefined && {
      servers: [
        {
          uri: server,
          shortServerId,
          ...(lifetime !== undefined && { lifetimeSeconds: lifetime }),
          ...securityOf(server),
        },
      ],
    }),
    ...(bootstrap !== undefined && { bootstrap: { uri: bootstrap, ...securityOf(bootstrap) } }),
    ...(args.lwm2m && { versions: args.lwm2m }),
    ...(restartAfterSeconds !== undefined && { restartAfterSeconds }),
    ...(args.queueMode && { queueMode: true }),
    ...(args.state !== undefined && endpoint !== undefined && { persistence: fileStore(args.state) }),
    objects: file?.definitions ?? [temperature],
    device: { modelNumber: 'lwm2m client' },
    clock: environment.clock,
    random: environment.random,
    network: recording.network,
    dtls: {
      ...connectionIdOption(args),
      ...(secured && { trustStore: secured.trustStore }),
      ...(recording.keyLog && { keyLog: recording.keyLog }),
    },
    trace: serverRequests(log),
    onError: error => log.failed(isForPeople(error) ? error.message : `the device failed: ${String(error)}`),
    ...(args.inspect !== undefined && { inspect: args.inspect }),
  }
}

/** Tells of events as people, or programs, want to hear of them. */
function eventReporter({ server, bootstrap, restartAfter }: ClientArguments, log: Log, clock: Clock) {
  // A bootstrap may give the number to another server.
  const nameOf = (id: number) => (bootstrap === undefined && server !== undefined ? server : `server ${id}`)
  return (event: ClientEvent, givesUp: boolean) => {
    if (log.isJson) log.object({ event: event.type, ...event })
    else report(event, { log, nameOf, nowMs: clock.now(), givesUp, restartAfterSeconds: restartAfter })
  }
}

function isStartable({ server, bootstrap, endpoint }: ClientArguments): boolean {
  return endpoint !== undefined && (server ?? bootstrap) !== undefined
}

/** Throws OptionsError. */
function checkCombination({ server, lifetime, shortServerId }: ClientArguments): void {
  if (server !== undefined) return
  if (lifetime === undefined && shortServerId === undefined) return
  throw new OptionsError('--lifetime and --short-server-id need --server; a bootstrap server sets them otherwise')
}

/** Throws OptionsError. */
function checkSecurity({ server, bootstrap }: ClientArguments, isSecured: boolean): void {
  const uris = [server, bootstrap].filter(uri => uri !== undefined)
  if (!isSecured) {
    const secure = uris.find(isSecureUri)
    if (secure !== undefined) throw new OptionsError(`${secure} needs --psk-identity, --cert or --rpk-key`)
  } else if (!uris.some(isSecureUri)) {
    const [uri = ''] = uris
    const secured = isStream(parseServerUri(uri).scheme) ? 'coaps+tcp' : 'coaps'
    throw new OptionsError(`${uri} is not secured, but there are credentials; write ${secured}://`)
  }
}

/** A device that finds out after an hour that it keeps nothing is of no use. Throws OptionsError. */
function checkStateFile(file: string): void {
  try {
    checkPlace(file)
  } catch (error) {
    throw error instanceof DocumentError ? new OptionsError(`--state ${shownName(file)}: ${error.message}`) : error
  }
}

function isSecureUri(uri: string): boolean {
  return isSecure(parseServerUri(uri).scheme)
}

function isFatal(event: ClientEvent): boolean {
  return event.type === 'NETWORK_ERROR' || (event.type === 'BOOTSTRAP_REG_FAILURE' && event.fatal)
}

function isFailure(event: ClientEvent): boolean {
  return 'failedAttempts' in event || event.type === 'BOOTSTRAP_REG_FAILURE' || event.type === 'NETWORK_ERROR'
}

function isForPeople(error: unknown): error is Error {
  return error instanceof TransportError || error instanceof PersistenceError
}

/** The end of the process would cut off what an inspector is about to be told. */
function lastMessagesSent(clock: Clock): Promise<void> {
  return new Promise(resolve => {
    clock.setTimeout(resolve, 100)
  })
}

/** What the server asks and what it is told; the registration is reported by events. */
function serverRequests(log: Log): Trace {
  return {
    message: (direction, message) => {
      if (direction === 'received' && isRequest(message.code)) log.received(describeMessage(message))
      if (direction === 'sent' && isResponse(message.code)) log.sent(describeMessage(message))
    },
  }
}
