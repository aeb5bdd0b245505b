import type { ClientEvent } from '../machines/events.ts'
import { describeCode } from '../transport/coap/message.ts'
import { type DurationSummary, Durations } from './durations.ts'

/** What failed in the same way. */
export interface FleetFailure {
  readonly event: ClientEvent['type']
  /** `code` of the cause, or the CoAP code that the server answered. */
  readonly cause: string
  /** Of the first one: it may name an address. */
  readonly message: string
  readonly count: number
}

/** How far a fleet is; of all its devices. */
export interface FleetProgress {
  readonly count: number
  /** Started, and not ended since. */
  readonly running: number
  /** Registered at the moment. */
  readonly registered: number
  /** Attempts that failed, each time a device tried. */
  readonly failures: number
  /** Updates that the server has accepted. */
  readonly updates: number
}

export interface FleetSummary extends Omit<FleetProgress, 'failures'> {
  /** Registered at least once. */
  readonly everRegistered: number
  /** By cause, the most frequent first. */
  readonly failures: readonly FleetFailure[]
  /** From the first Register that a device sends to the answer that accepts one; each time a device registers. */
  readonly register: DurationSummary
  /** From an Update to its answer. */
  readonly update: DurationSummary
}

/** What happens to the devices of a fleet, counted. */
export class FleetTally {
  readonly register = new Durations()
  readonly update = new Durations()
  running = 0
  registered = 0
  everRegistered = 0
  readonly #count: number
  readonly #failures = new Map<string, FleetFailure>()
  #failed = 0

  constructor(count: number) {
    this.#count = count
  }

  get progress(): FleetProgress {
    const { running, registered } = this
    return {
      count: this.#count,
      running,
      registered,
      failures: this.#failed,
      updates: this.update.count,
    }
  }

  get summary(): FleetSummary {
    return {
      ...this.progress,
      everRegistered: this.everRegistered,
      failures: [...this.#failures.values()].toSorted((a, b) => b.count - a.count),
      register: this.register.summary(),
      update: this.update.summary(),
    }
  }

  /** Counts the event if it is a failure. */
  note(event: ClientEvent): void {
    const failure = failureOf(event)
    if (failure === undefined) return
    const key = `${event.type} ${failure.cause}`
    const { message, count } = this.#failures.get(key) ?? { ...failure, count: 0 }
    this.#failed++
    this.#failures.set(key, { event: event.type, cause: failure.cause, message, count: count + 1 })
  }
}

function failureOf(event: ClientEvent): Pick<FleetFailure, 'cause' | 'message'> | undefined {
  if ('cause' in event) return { cause: event.cause.code, message: event.cause.message }
  if (event.type === 'NETWORK_ERROR') return { cause: 'GIVEN_UP', message: 'no server is left to try' }
  if (event.type !== 'REGISTRATION_FAILURE') return undefined
  return { cause: describeCode(event.responseCode), message: 'the server refused to register' }
}
