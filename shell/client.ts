import { Lwm2mClient } from '../client/client.ts'
import type { ClientEvent } from '../machines/events.ts'
import { temperature } from '../objects/definitions/temperature.ts'
import type { Clock } from '../transport/clock.ts'
import { describeCode, isRequest, isResponse } from '../transport/coap/message.ts'
import { TransportError } from '../transport/errors.ts'
import { describeMessage } from '../transport/lwm2m/describe.ts'
import type { Trace } from '../transport/trace.ts'
import { simulateDevice } from './device.ts'
import type { Environment } from './environment.ts'
import { Log } from './print.ts'

export interface ClientArguments {
  readonly server: string
  readonly endpoint: string
  readonly lifetime: number
  readonly shortServerId: number
  readonly once?: true
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
  const client = new Lwm2mClient({
    endpoint: args.endpoint,
    servers: [{ uri: args.server, shortServerId: args.shortServerId, lifetimeSeconds: args.lifetime }],
    objects: [temperature],
    device: { modelNumber: 'lwm2m client' },
    clock,
    random,
    network,
    trace: serverRequests(log),
    onError: error =>
      log.failed(error instanceof TransportError ? error.message : `the device failed: ${String(error)}`),
    ...(args.inspect !== undefined && { inspect: args.inspect }),
  })
  const stopDevice = simulateDevice(client, log, environment)
  const failedOnce = new Promise<number>(resolve => {
    const events = client.events$.subscribe(event => {
      const givesUp = args.once === true && 'failedAttempts' in event
      report(event, args.server, log, givesUp)
      if (!givesUp) return
      events.unsubscribe()
      resolve(1)
    })
  })
  log.note(`registering with ${args.server} as ${args.endpoint}`)
  client.start()
  const exitCode = await Promise.race([interrupted.then(() => 0), failedOnce])
  stopDevice()
  await client.stop()
  if (args.inspect !== undefined) await lastMessagesSent(clock)
  return exitCode
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

function report(event: ClientEvent, uri: string, log: Log, givesUp: boolean): void {
  switch (event.type) {
    case 'REGISTRATION_COMPLETE':
      return log.received(`registered with ${uri} at /${event.location.join('/')} for ${event.lifetimeSeconds} s`)
    case 'REGISTRATION_FAILURE':
      return log.failed(`${uri} refused to register: ${describeCode(event.responseCode)}; ${next(event, givesUp)}`)
    case 'CONNECT_FAILURE':
      return log.failed(`cannot reach ${uri}: ${event.cause.message}; ${next(event, givesUp)}`)
    case 'REG_TIMEOUT':
      return log.failed(`not registered with ${uri}: ${event.cause.message}; ${next(event, givesUp)}`)
    case 'REG_UPDATE': {
      const what = [event.includeLifetime && 'lifetime', event.includeLinks && 'objects'].filter(Boolean)
      return log.sent(what.length === 0 ? 'update' : `update of ${what.join(' and ')}`)
    }
    case 'REG_UPDATE_COMPLETE':
      return log.received('updated')
    case 'DEREGISTER':
      return log.sent('de-register')
    case 'DEREGISTER_FAILURE':
      return log.failed(`not de-registered: ${event.cause.message}`)
    case 'DISCONNECT':
      return log.note('disconnected')
    case 'NETWORK_ERROR':
      return log.failed('no server is left to try')
  }
}

function next({ retryDelayMs }: { readonly retryDelayMs: number }, givesUp: boolean): string {
  if (givesUp) return 'giving up'
  return retryDelayMs === 0 ? 'trying again' : `next try in ${(retryDelayMs / 1_000).toFixed(1)} s`
}
