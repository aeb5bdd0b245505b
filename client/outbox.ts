import type { Clock } from '../transport/clock.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import type { Notification } from '../transport/coap/observe-relation.ts'
import { type HeldNotification, HeldNotifications } from './held-notifications.ts'
import type { Observation } from './observation.ts'

/** What is kept of notifications that may not leave: each as it was, or only that there is a newer state. */
export type HoldMode = 'all' | 'latest'

export interface OutboxOptions {
  readonly clock: Clock
  readonly confirmable: boolean
  readonly maximumHeldNotifications: number
  readonly onWaiting: (() => void) | undefined
}

/** RFC 7641 §4.5: at least one notification in 24 hours is confirmable. */
const confirmEveryMs = 24 * 3_600_000

/**
 * Where the notifications of a server leave, at once or later: not while they are held or the observations are paused, nor
 * without a connection.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #held: HeldNotifications
  #connected = false
  #hold: HoldMode | undefined
  #paused = false
  /** Whether `onWaiting` was called since the last `hold`, or since something could last leave. */
  #told = false
  #draining = false

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#held = new HeldNotifications(options.maximumHeldNotifications)
  }

  /** How many held notifications made room for newer ones so far. */
  get dropped(): number {
    return this.#held.dropped
  }

  get paused(): boolean {
    return this.#paused
  }

  /** All observations have a connection. */
  connect(): void {
    this.#connected = true
    this.drain()
  }

  disconnect(): void {
    this.#connected = false
    this.#tell()
  }

  hold(mode: HoldMode): void {
    if (this.#hold === undefined) this.#told = false
    if (this.#hold !== 'all') this.#hold = mode
    this.#tell()
  }

  release(): void {
    this.#hold = undefined
    this.drain()
  }

  pause(): void {
    this.#paused = true
  }

  /** What was held before follows with `drain`, once the observations run. */
  resume(): void {
    this.#paused = false
  }

  /** A notification is due: makes it, or holds that it has to be made. */
  due(observation: Observation): void {
    if (this.#modeOf(observation) === 'latest') this.#holdLatest(observation)
    else observation.report()
  }

  /** A notification is made: sends it or holds it. */
  put(observation: Observation, message: CoapMessage): void {
    const { confirmable } = this.#options
    switch (this.#modeOf(observation)) {
      case 'send':
        this.#send({ observation, message, confirmable })
        break
      case 'latest':
        this.#holdLatest(observation)
        break
      case 'all':
        this.#held.push({ observation, message, confirmable })
        this.#tell()
    }
  }

  /** Takes back what left but did not arrive. */
  putBack(observation: Observation, undelivered: readonly Notification[]): void {
    this.#held.putBack(observation, undelivered)
  }

  /** Forgets what is held of an observation. */
  remove(observation: Observation): void {
    this.#held.remove(observation)
  }

  clear(): void {
    this.#held.clear()
  }

  /** Sends what is held, a confirmable notification only when the one before has arrived: their queue is bounded. */
  drain(): void {
    if (this.#open) this.#told = false
    // A notification that ends its observation comes back here.
    if (this.#draining) return
    this.#draining = true
    try {
      let more = true
      while (more && this.#open) more = this.#sendNext()
    } finally {
      this.#draining = false
    }
  }

  /** Returns whether another may follow at once. */
  #sendNext(): boolean {
    const first = this.#held.first
    if (first === undefined) {
      const changed = this.#held.shiftChanged()
      changed?.reportLate()
      return changed?.busy === false
    }
    if (first.observation.busy) return false
    this.#held.shift()
    this.#send(first)
    return !first.observation.busy
  }

  #send({ observation, message, confirmable }: HeldNotification): void {
    const confirmationDue = this.#options.clock.now() >= observation.confirmedMs + confirmEveryMs
    // RFC 7641 §4.2: an error, such as 4.04 for an instance that was deleted, is the last: the relation ends with it.
    observation.notify(message, confirmable || confirmationDue)
  }

  get #open(): boolean {
    return this.#connected && this.#hold === undefined && !this.#paused
  }

  /** What becomes of a notification now. Nothing of an observation overtakes what is still held of it. */
  #modeOf(observation: Observation): 'send' | HoldMode {
    if (this.#open) return this.#held.has(observation) ? 'latest' : 'send'
    return this.#hold ?? 'latest'
  }

  #holdLatest(observation: Observation): void {
    this.#held.markChanged(observation)
    this.#tell()
  }

  #tell(): void {
    if (this.#told || this.#open || this.#held.size === 0) return
    this.#told = true
    this.#options.onWaiting?.()
  }
}
