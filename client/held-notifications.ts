import type { Notification } from '../transport/coap/observe-relation.ts'
import type { Observation } from './observation.ts'

/** A notification of one of several observations. */
export interface HeldNotification extends Notification {
  readonly observation: Observation
}

/**
 * What a server cannot be told now, over all its observations: notifications as they were encoded, bounded, the oldest
 * dropped first; and observations of which only the newest state counts, one entry each.
 */
export class HeldNotifications {
  readonly #maximum: number
  #notifications: HeldNotification[] = []
  readonly #changed = new Set<Observation>()
  /** Goes on where it was: to look for the first from the start each time passes all that were deleted. */
  #nextChanged: Iterator<Observation> | undefined
  #dropped = 0

  constructor(maximum: number) {
    this.#maximum = maximum
  }

  /** Of both kinds. */
  get size(): number {
    return this.#notifications.length + this.#changed.size
  }

  /** How many notifications made room for newer ones so far. */
  get dropped(): number {
    return this.#dropped
  }

  /** The oldest notification. */
  get first(): HeldNotification | undefined {
    return this.#notifications[0]
  }

  /** Keeps a notification; that the state changed need not be told besides. */
  push(notification: HeldNotification): void {
    this.#changed.delete(notification.observation)
    this.#notifications.push(notification)
    this.#bound()
  }

  /** Keeps, before everything else, what left already but did not arrive. */
  putBack(observation: Observation, undelivered: readonly Notification[]): void {
    if (undelivered.length === 0) return
    this.#notifications.unshift(...undelivered.map(notification => ({ ...notification, observation })))
    this.#bound()
  }

  /** Keeps that the newest state of an observation has to be told. */
  markChanged(observation: Observation): void {
    this.#changed.add(observation)
  }

  shift(): HeldNotification | undefined {
    return this.#notifications.shift()
  }

  /** Takes the observation that has waited longest for its newest state to be told. */
  shiftChanged(): Observation | undefined {
    this.#nextChanged ??= this.#changed.values()
    const next = this.#nextChanged.next()
    if (next.done === true) this.#nextChanged = undefined
    else this.#changed.delete(next.value)
    return next.value
  }

  has(observation: Observation): boolean {
    return this.#changed.has(observation) || this.#notifications.some(held => held.observation === observation)
  }

  /** Forgets what belongs to an observation. */
  remove(observation: Observation): void {
    this.#changed.delete(observation)
    this.#notifications = this.#notifications.filter(held => held.observation !== observation)
  }

  clear(): void {
    this.#changed.clear()
    this.#notifications = []
  }

  #bound(): void {
    while (this.#notifications.length > this.#maximum) {
      this.#notifications.shift()
      this.#dropped++
    }
  }
}
