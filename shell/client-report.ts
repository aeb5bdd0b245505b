import type { ClientEvent } from '../machines/events.ts'
import { describeCode } from '../transport/coap/message.ts'
import type { Log } from './print.ts'

export interface ReportOptions {
  readonly log: Log
  /** How a server is called. */
  readonly nameOf: (shortServerId: number) => string
  /** Whether the device ends with the first failure. */
  readonly givesUp: boolean
}

/** Prints what happens to the registrations of a device. */
export function report(event: ClientEvent, { log, nameOf, givesUp }: ReportOptions): void {
  const next = (failure: { readonly retryDelayMs?: number }) => (givesUp ? 'giving up' : nextAttempt(failure))
  switch (event.type) {
    case 'BOOTSTRAP_REG_COMPLETE':
      return log.received('the bootstrap server begins')
    case 'BOOTSTRAP_TRANSFER_COMPLETE':
      return log.received('bootstrapped')
    case 'BOOTSTRAP_RETRY':
      return log.failed(`not bootstrapped: ${event.cause.message}; ${next(event)}`)
    case 'BOOTSTRAP_REG_FAILURE':
      return log.failed(
        `bootstrap is given up: ${event.cause.message}${event.fatal ? '' : '; going on with the accounts from before'}`,
      )
    case 'REGISTRATION_COMPLETE':
      return log.received(
        `registered with ${nameOf(event.shortServerId)} at /${event.location.join('/')} for ${event.lifetimeSeconds} s`,
      )
    case 'REGISTRATION_FAILURE':
      return log.failed(
        `${nameOf(event.shortServerId)} refused to register: ${describeCode(event.responseCode)}; ${next(event)}`,
      )
    case 'CONNECT_FAILURE':
      return log.failed(`cannot reach ${nameOf(event.shortServerId)}: ${event.cause.message}; ${next(event)}`)
    case 'REG_TIMEOUT':
      return log.failed(`not registered with ${nameOf(event.shortServerId)}: ${event.cause.message}; ${next(event)}`)
    case 'REG_UPDATE': {
      const what = [
        event.includeLifetime && 'lifetime',
        event.includeBinding && 'binding',
        event.includeLinks && 'objects',
      ].filter(Boolean)
      return log.sent(what.length === 0 ? 'update' : `update of ${what.join(' and ')}`)
    }
    case 'REG_UPDATE_COMPLETE':
      return log.received('updated')
    case 'QUEUE_MODE_RX_OFF':
      return log.note('asleep')
    case 'SERVER_DISABLED':
      return log.note(`${nameOf(event.shortServerId)} is disabled`)
    case 'DEREGISTER':
      return log.sent('de-register')
    case 'DEREGISTER_FAILURE':
      return log.failed(`not de-registered: ${event.cause.message}`)
    case 'DISCONNECT':
      return log.note('disconnected')
    case 'ENGINE_SUSPENDED':
      return log.note('suspended')
    case 'NETWORK_ERROR':
      return log.failed('no server is left to try')
  }
}

function nextAttempt({ retryDelayMs }: { readonly retryDelayMs?: number }): string {
  if (retryDelayMs === undefined) return 'giving up'
  return retryDelayMs === 0 ? 'trying again' : `next try in ${(retryDelayMs / 1_000).toFixed(1)} s`
}
