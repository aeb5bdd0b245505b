import { parseLinks } from '../objects/formats/link-format.ts'
import type { Refusal } from '../server/refusal.ts'
import type { Registration, RegistrationEvent } from '../server/registrations.ts'
import { Lwm2mServer } from '../server/server.ts'
import { describeCode } from '../transport/coap/message.ts'
import { describeMessage } from '../transport/lwm2m/describe.ts'
import { readServerCredentials } from './credentials.ts'
import type { Environment } from './environment.ts'
import { describeListening, type ListenArguments, listenOptions } from './listen.ts'
import { describePlace, isSamePlace } from './place.ts'
import { Log } from './print.ts'
import { type RecordingArguments, startRecording } from './recording.ts'
import { describeSend } from './send-report.ts'
import { serverSecurity } from './server-security.ts'

export interface ServerArguments extends ListenArguments, RecordingArguments {
  /** Registered at once. */
  readonly maxClients?: number
}

/**
 * `lwm2m server`: registers clients until it is interrupted. Resolves with the exit code. Rejects with OptionsError, or
 * TransportError ADDRESS_IN_USE or NETWORK_UNREACHABLE.
 */
export async function runServer(args: ServerArguments, environment: Environment): Promise<number> {
  const { clock, random, interrupted } = environment
  const log = new Log(environment)
  const listening = listenOptions(args)
  const credentials = await readServerCredentials(args)
  const recording = startRecording(args, environment)
  const server = await Lwm2mServer.listen({
    ...listening,
    ...(args.maxClients !== undefined && { maximumRegistrations: args.maxClients }),
    clock,
    random,
    network: recording.network,
    ...(credentials && { security: serverSecurity(credentials, args, recording, log) }),
    onError: error => log.failed(`the server failed: ${String(error)}`),
  })
  log.note(`listening on ${describeListening(server.uris)}`)
  server.events$.subscribe(event => report(event, log))
  server.sends$.subscribe(send => log.received(describeSend(send)))
  server.refusals$.subscribe(refusal => log.failed(describeRefusal(refusal)))
  await interrupted
  const { size } = server.registrations
  await server.close()
  recording.close()
  log.note(`closed; clients registered: ${size}`)
  return 0
}

function describeRefusal(refusal: Refusal): string {
  const { identity, request, responseCode, reason } = refusal
  const who = `${describePlace(refusal)}${identity === undefined ? '' : ` as ${identity}`}`
  const why = reason === '' ? '' : `: ${reason}`
  return `refused ${describeMessage(request)} from ${who}, ${describeCode(responseCode)}${why}`
}

function report(event: RegistrationEvent, log: Log): void {
  const { registration } = event
  const { endpoint, identity, version, lifetimeSeconds } = registration
  switch (event.type) {
    case 'registered':
      return log.received(
        `${endpoint} registered${event.replaced === undefined ? '' : ' anew'} from ${describePlace(registration)}` +
          `${identity === undefined ? '' : ` as ${identity}`}, ` +
          `LwM2M ${version}, ${lifetime(registration)}, ${objects(registration)}`,
      )
    case 'updated':
      return log.received([`${endpoint} updated`, ...differences(registration, event.previous)].join(', '))
    case 'deregistered':
      return log.received(`${endpoint} de-registered`)
    case 'expired':
      return log.failed(`${endpoint} expired: nothing heard for ${lifetimeSeconds} s`)
  }
}

function differences(now: Registration, before: Registration): string[] {
  const found: string[] = []
  if (now.lifetimeSeconds !== before.lifetimeSeconds) found.push(lifetime(now))
  if (now.objectLinks !== before.objectLinks) found.push(objects(now))
  if (!isSamePlace(now, before)) found.push(`now at ${describePlace(now, before)}`)
  return found
}

/** A lifetime of 0 never ends (LwM2M Core 1.2.2 §E.2). */
function lifetime({ lifetimeSeconds }: Registration): string {
  return lifetimeSeconds === 0 ? 'lifetime for ever' : `lifetime ${lifetimeSeconds} s`
}

function objects({ objectLinks }: Registration): string {
  const targets = parseLinks(objectLinks).map(({ target }) => target)
  return `objects ${targets.filter(target => target !== '/').join(' ')}`
}
