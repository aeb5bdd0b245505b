import { Lwm2mClient } from '../client/client.ts'
import { OptionsError } from '../client/options.ts'
import { fileStore, PersistenceError } from '../client/persistence.ts'
import { temperature } from '../objects/definitions/temperature.ts'
import type { Clock } from '../transport/clock.ts'
import { isRequest, isResponse } from '../transport/coap/message.ts'
import { TransportError } from '../transport/errors.ts'
import { describeMessage } from '../transport/lwm2m/describe.ts'
import type { Trace } from '../transport/trace.ts'
import { report } from './client-report.ts'
import { simulateDevice } from './device.ts'
import type { Environment } from './environment.ts'
import { Log } from './print.ts'

export interface ClientArguments {
  /** Absent: the device bootstraps. */
  readonly server?: string
  readonly bootstrap?: string
  readonly endpoint: string
  readonly lifetime: number
  readonly shortServerId: number
  readonly once?: true
  readonly queueMode?: true
  /** File of what outlives the process. */
  readonly state?: string
  /** `true`: at the default URL. */
  readonly inspect?: true | string
}

/**
 * `lwm2m client`: a device that stays registered until it is interrupted. Resolves with the exit code. Throws OptionsError,
 * or TransportError INVALID_URI.
 */
export async function runClient(args: ClientArguments, environment: Environment): Promise<number> {
  const { clock, random, network, interrupted } = environment
  const log = new Log(environment)
  const { server, bootstrap, shortServerId } = args
  if (server === undefined && bootstrap === undefined) {
    throw new OptionsError('a device needs --server, or --bootstrap to get one')
  }
  const client = new Lwm2mClient({
    endpoint: args.endpoint,
    ...(server !== undefined && { servers: [{ uri: server, shortServerId, lifetimeSeconds: args.lifetime }] }),
    ...(bootstrap !== undefined && { bootstrap: { uri: bootstrap } }),
    ...(args.queueMode && { queueMode: true }),
    ...(args.state !== undefined && { persistence: fileStore(args.state) }),
    objects: [temperature],
    device: { modelNumber: 'lwm2m client' },
    clock,
    random,
    network,
    trace: serverRequests(log),
    onError: error => log.failed(isForPeople(error) ? error.message : `the device failed: ${String(error)}`),
    ...(args.inspect !== undefined && { inspect: args.inspect }),
  })
  const stopDevice = simulateDevice(client, log, environment)
  const nameOf = (id: number) => (server !== undefined && id === shortServerId ? server : `server ${id}`)
  const failedOnce = new Promise<number>(resolve => {
    const events = client.events$.subscribe(event => {
      const givesUp = args.once === true && ('failedAttempts' in event || 'fatal' in event)
      report(event, { log, nameOf, givesUp })
      if (!givesUp) return
      events.unsubscribe()
      resolve(1)
    })
  })
  log.note(`starting as ${args.endpoint} with ${server ?? `${bootstrap} to bootstrap from`}`)
  client.start()
  const exitCode = await Promise.race([interrupted.then(() => 0), failedOnce])
  stopDevice()
  await client.stop()
  if (args.inspect !== undefined) await lastMessagesSent(clock)
  return exitCode
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
