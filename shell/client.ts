import { Lwm2mClient } from '../client/client.ts'
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
import { deviceSecurity } from './client-security.ts'
import { simulateDevice } from './device.ts'
import { checkPlace, DocumentError, shownName } from './document.ts'
import type { Environment } from './environment.ts'
import { Log } from './print.ts'
import { type RecordingArguments, startRecording } from './recording.ts'
import { type ClientSecurityArguments, connectionIdOption } from './security.ts'

export interface ClientArguments extends ClientSecurityArguments, RecordingArguments {
  /** Absent: the device bootstraps. */
  readonly server?: string
  readonly bootstrap?: string
  readonly endpoint: string
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
 * `lwm2m client`: a device that stays registered until it is interrupted. Resolves with the exit code, 1 when the device has
 * given up. Throws OptionsError, or TransportError INVALID_URI.
 */
export async function runClient(args: ClientArguments, environment: Environment): Promise<number> {
  const { clock, random, interrupted } = environment
  const log = new Log(environment)
  const { server, bootstrap, lifetime, shortServerId = 1, restartAfter: restartAfterSeconds } = args
  checkCombination(args)
  const secured = await deviceSecurity(args)
  checkSecurity(args, secured !== undefined)
  if (args.state !== undefined) checkStateFile(args.state)
  const recording = startRecording(args, environment)
  const securityOf = (uri: string) => (secured !== undefined && isSecureUri(uri) ? { security: secured.security } : {})
  const client = new Lwm2mClient({
    endpoint: args.endpoint,
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
    ...(args.state !== undefined && { persistence: fileStore(args.state) }),
    objects: [temperature],
    device: { modelNumber: 'lwm2m client' },
    clock,
    random,
    network: recording.network,
    dtls: {
      ...connectionIdOption(args),
      ...(secured && { trustStore: secured.trustStore }),
      ...(recording.keyLog && { keyLog: recording.keyLog }),
    },
    trace: serverRequests(log),
    onError: error => log.failed(isForPeople(error) ? error.message : `the device failed: ${String(error)}`),
    ...(args.inspect !== undefined && { inspect: args.inspect }),
  })
  const stopDevice = simulateDevice(client, log, environment)
  // A bootstrap may give the number to another server.
  const nameOf = (id: number) => (bootstrap === undefined && server !== undefined ? server : `server ${id}`)
  const gaveUp = new Promise<number>(resolve => {
    const events = client.events$.subscribe(event => {
      const givesUp = args.once ? isFailure(event) : restartAfterSeconds === undefined && isFatal(event)
      report(event, { log, nameOf, nowMs: clock.now(), givesUp, restartAfterSeconds })
      if (!givesUp) return
      events.unsubscribe()
      resolve(1)
    })
  })
  log.note(`starting as ${args.endpoint} with ${server ?? `${bootstrap} to bootstrap from`}`)
  client.start()
  const exitCode = await Promise.race([interrupted.then(() => 0), gaveUp])
  stopDevice()
  await client.stop()
  recording.close()
  if (args.inspect !== undefined) await lastMessagesSent(clock)
  return exitCode
}

/** Throws OptionsError. */
function checkCombination({ server, bootstrap, lifetime, shortServerId }: ClientArguments): void {
  if (server !== undefined) return
  if (bootstrap === undefined) throw new OptionsError('a device needs --server, or --bootstrap to get one')
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
