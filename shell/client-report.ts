import type { ClientEvent } from '../machines/events.ts'
import { describeCode } from '../transport/coap/message.ts'
import type { Log } from './print.ts'

export interface ReportOptions {
  readonly log: Log
  /** How a server is called. */
  readonly nameOf: (shortServerId: number) => string
  readonly nowMs: number
  /** Whether the device ends with this event. */
  readonly givesUp: boolean
  /** When a device that has given up starts again. */
  readonly restartAfterSeconds: number | undefined
}

/** Prints what happens to the registrations of a device. */
export function report(event: ClientEvent, options: ReportOptions): void {
  const { log, nameOf, nowMs, givesUp, restartAfterSeconds } = options
  const end = givesUp ? 'giving up' : `starting again in ${restartAfterSeconds} s`
  const name = 'shortServerId' in event && event.shortServerId !== undefined ? nameOf(event.shortServerId) : ''
  const next = (failure: { readonly retryDelayMs?: number }) => (givesUp ? 'giving up' : nextAttempt(failure))
  switch (event.type) {
    case 'BOOTSTRAP_REG_COMPLETE':
      return log.received('the bootstrap server begins')
    case 'BOOTSTRAP_TRANSFER_COMPLETE':
      return log.received('bootstrapped; registering follows in a few seconds')
    case 'BOOTSTRAP_RETRY':
      return log.failed(`not bootstrapped: ${event.cause.message}; ${next(event)}`)
    case 'BOOTSTRAP_REG_FAILURE':
      return log.failed(`bootstrap is given up: ${event.cause.message}; ${event.fatal || givesUp ? end : goesOn}`)
    case 'REGISTRATION_COMPLETE':
      return log.received(`registered with ${name} at /${event.location.join('/')} ${duration(event.lifetimeSeconds)}`)
    case 'REGISTRATION_FAILURE':
      return log.failed(`${name} refused to register: ${describeCode(event.responseCode)}; ${next(event)}`)
    case 'CONNECT_FAILURE':
      return log.failed(`cannot reach ${name}: ${event.cause.message}; ${next(event)}`)
    case 'REG_TIMEOUT':
      return log.failed(`not registered with ${name}: ${event.cause.message}; ${next(event)}`)
    case 'REG_UPDATE': {
      const what = [
        event.includeLifetime && 'lifetime',
        event.includeBinding && 'binding',
        event.includeLinks && 'objects',
      ].filter(Boolean)
      const carried = what.length === 0 ? '' : ` of ${what.join(' and ')}`
      return log.sent(`update${carried} at ${name}`)
    }
    case 'REG_UPDATE_COMPLETE':
      return log.received(`updated at ${name}`)
    case 'QUEUE_MODE_RX_OFF':
      return log.note(`asleep, not listening to ${name}`)
    case 'SERVER_DISABLED': {
      const { untilMs } = event
      const time = untilMs === undefined ? '' : ` for ${Math.ceil((untilMs - nowMs) / 1_000)} s`
      return log.note(`${name} is disabled${time}`)
    }
    case 'DEREGISTER':
      return log.sent(`de-register from ${name}`)
    case 'DEREGISTER_FAILURE':
      return log.failed(`not de-registered from ${name}: ${event.cause.message}`)
    case 'DISCONNECT':
      return log.note(name === '' ? 'disconnected' : `disconnected from ${name}`)
    case 'ENGINE_SUSPENDED':
      return log.note('suspended')
    case 'SINK_FAILURE':
      return log.failed(`not stored at ${event.path}: ${event.cause.message}`)
    case 'NETWORK_ERROR':
      return log.failed(`no server is left to try; ${end}`)
  }
}

const goesOn = 'going on with the accounts from before'

/** A lifetime of 0 never ends (LwM2M Core 1.2.2 §E.2). */
function duration(seconds: number): string {
  return seconds === 0 ? 'for ever' : `for ${seconds} s`
}

function nextAttempt({ retryDelayMs }: { readonly retryDelayMs?: number }): string {
  if (retryDelayMs === undefined) return 'giving up'
  return retryDelayMs === 0 ? 'trying again' : `next try in ${(retryDelayMs / 1_000).toFixed(1)} s`
}
