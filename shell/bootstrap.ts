import { formatPath } from '../objects/path.ts'
import { type BootstrapConfig, maximumConfigLength, parseBootstrapConfig } from '../server/bootstrap-config.ts'
import { type BootstrapEvent, Lwm2mBootstrapServer } from '../server/bootstrap-server.ts'
import { BootstrapConfigError } from '../server/errors.ts'
import { describeCode } from '../transport/coap/message.ts'
import { describeContentFormat } from '../transport/lwm2m/describe.ts'
import { readServerCredentials } from './credentials.ts'
import { DocumentError, readDocument } from './document.ts'
import type { Environment } from './environment.ts'
import { describeListening, type ListenArguments, listenOptions } from './listen.ts'
import { describePlace } from './place.ts'
import { Log } from './print.ts'
import { type RecordingArguments, startRecording } from './recording.ts'
import { serverSecurity } from './server-security.ts'

export interface BootstrapArguments extends ListenArguments, RecordingArguments {
  /** The configuration, docs/bootstrap-file.md. */
  readonly file: string
}

/**
 * `lwm2m server --bootstrap`: bootstraps clients until it is interrupted. Resolves with the exit code, 1 for a file that
 * cannot be used. Rejects with OptionsError, or TransportError ADDRESS_IN_USE or NETWORK_UNREACHABLE.
 */
export async function runBootstrapServer(args: BootstrapArguments, environment: Environment): Promise<number> {
  let config: BootstrapConfig
  try {
    config = parseBootstrapConfig((await readDocument(args.file, maximumConfigLength)).toString('utf8'))
  } catch (error) {
    if (!(error instanceof BootstrapConfigError || error instanceof DocumentError)) throw error
    environment.printError(`error: ${args.file}: ${error.message}`)
    return 1
  }
  const { clock, random, interrupted } = environment
  const log = new Log(environment)
  const listening = listenOptions(args)
  const credentials = await readServerCredentials(args)
  const recording = startRecording(args, environment)
  const server = await Lwm2mBootstrapServer.listen({
    config,
    ...listening,
    clock,
    random,
    network: recording.network,
    ...(credentials && { security: serverSecurity(credentials, args, recording, log) }),
    onError: error => log.failed(`the server failed: ${String(error)}`),
  })
  log.note(
    `listening on ${describeListening(server.uris)} for clients to bootstrap: ${[...config.clients.keys()].join(' ')}`,
  )
  server.events$.subscribe(event => report(event, log))
  await interrupted
  await server.close()
  recording.close()
  log.note('closed')
  return 0
}

function report(event: BootstrapEvent, log: Log): void {
  switch (event.type) {
    case 'requested': {
      const { endpoint, preferredContentFormat: format } = event
      const preference = format === undefined ? '' : `, preferring ${describeContentFormat(format)}`
      return log.received(`${endpoint} asked for bootstrap from ${describePlace(event)}${preference}`)
    }
    case 'refused': {
      const { endpoint = 'a client without a name', responseCode, reason } = event
      return log.failed(`refused ${endpoint} at ${describePlace(event)}: ${describeCode(responseCode)}, ${reason}`)
    }
    case 'operation': {
      const { endpoint, kind, path, responseCode } = event
      const place = path === undefined ? '' : ` ${formatPath(path)}`
      return log.sent(`${endpoint} ${operationName(kind)}${place}: ${describeCode(responseCode)}`)
    }
    case 'packSent':
      return log.sent(`${event.endpoint} Bootstrap-Pack to ${describePlace(event)}`)
    case 'finished':
      return log.received(`${event.endpoint} is bootstrapped`)
    case 'failed':
      return log.failed(`${event.endpoint} is not bootstrapped: ${event.cause.message}`)
  }
}

/** `bootstrapWrite` → `Bootstrap-Write`. */
function operationName(kind: string): string {
  return kind.replace(/^bootstrap/, 'Bootstrap-')
}
