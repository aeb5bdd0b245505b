import { Observable, type Observer, type OperatorFunction, type Subscriber, type Unsubscribable } from 'rxjs'
import {
  type NotificationAttributes,
  type NotificationState,
  nextNotificationMs,
} from '../objects/attributes/evaluate.ts'
import type { Clock, Timer } from '../transport/clock.ts'

/** Why a notification has to be sent: something observed changed, or pmax ended without a change. */
export type NotificationCause = 'changed' | 'pmax'

/** What an observation remembers between two notifications, kept by its pipeline. */
export interface ReportingState extends NotificationState {
  lastSentMs: number
  pending: boolean
}

export interface NotifyAttributesOptions {
  /** The attributes in force; without, none. */
  readonly attributes?: NotificationAttributes
  /**
   * Others as they come into force, the present ones on subscription. New ones take effect at once, count from the last
   * notification and keep what is held; the last stay in force when the stream completes.
   */
  readonly attributes$?: Observable<NotificationAttributes>
  readonly clock: Clock
  /**
   * Where the pipeline goes on from, and what it keeps up to date: its owner can stop it and start another later, with other
   * attributes, too. Times in milliseconds of `clock`. Default: nothing pending, the last notification sent at the time of
   * the subscription.
   */
  readonly state?: ReportingState
}

const none: NotificationAttributes = {}

/** One observation between two notifications: at most one timer, and no allocation for a change. */
class Reporter implements Observer<unknown>, Unsubscribable {
  readonly #state: ReportingState
  readonly #subscriber: Subscriber<NotificationCause>
  readonly #clock: Clock
  #attributes: NotificationAttributes = none
  #timer: Timer
  #timerMs = Number.POSITIVE_INFINITY

  constructor(subscriber: Subscriber<NotificationCause>, clock: Clock, state: ReportingState) {
    this.#subscriber = subscriber
    this.#clock = clock
    this.#state = state
  }

  next(): void {
    // A change is held already: its timer stands, and the newest value is read when it ends.
    if (this.#state.pending) return
    this.#state.pending = true
    this.#proceed()
  }

  error(error: unknown): void {
    this.#subscriber.error(error)
  }

  complete(): void {
    this.#subscriber.complete()
  }

  setAttributes(attributes: NotificationAttributes): void {
    this.#attributes = attributes
    this.#proceed()
  }

  unsubscribe(): void {
    this.#wakeAt(Number.POSITIVE_INFINITY, 0)
  }

  readonly #timeout = (): void => {
    this.#timerMs = Number.POSITIVE_INFINITY
    this.#proceed()
  }

  #proceed(): void {
    const nowMs = this.#clock.now()
    const state = this.#state
    if (nextNotificationMs(state, this.#attributes) <= nowMs) {
      const cause = state.pending ? 'changed' : 'pmax'
      state.lastSentMs = nowMs
      state.pending = false
      this.#subscriber.next(cause)
    }
    if (!this.#subscriber.closed) this.#wakeAt(nextNotificationMs(state, this.#attributes), nowMs)
  }

  /** A timer that ends too early is left alone: it looks again then, which is cheaper than to move it with each change. */
  #wakeAt(dueMs: number, nowMs: number): void {
    const never = dueMs === Number.POSITIVE_INFINITY
    if (this.#timerMs <= dueMs && !never) return
    if (this.#timerMs !== Number.POSITIVE_INFINITY) this.#clock.clearTimeout(this.#timer)
    this.#timerMs = dueMs
    if (!never) this.#timer = this.#clock.setTimeout(this.#timeout, dueMs - nowMs)
  }
}

/** The other inlet of a reporter. */
class AttributesObserver implements Observer<NotificationAttributes> {
  readonly #reporter: Reporter

  constructor(reporter: Reporter) {
    this.#reporter = reporter
  }

  next(attributes: NotificationAttributes): void {
    this.#reporter.setAttributes(attributes)
  }

  error(error: unknown): void {
    this.#reporter.error(error)
  }

  complete(): void {}
}

/**
 * Turns changes of what is observed into the moments to notify, by pmin and pmax (LwM2M Core 1.2.2 §5.1.2). The value
 * is read by the subscriber at that moment, so what goes out is the newest. Ends with its source; a held change is
 * dropped then.
 */
export function notifyAttributes(options: NotifyAttributesOptions): OperatorFunction<unknown, NotificationCause> {
  return source =>
    new Observable(subscriber => {
      const { attributes, attributes$, clock, state = { lastSentMs: clock.now(), pending: false } } = options
      const reporter = new Reporter(subscriber, clock, state)
      subscriber.add(reporter)
      if (attributes !== undefined) reporter.setAttributes(attributes)
      if (attributes$ !== undefined) subscriber.add(attributes$.subscribe(new AttributesObserver(reporter)))
      subscriber.add(source.subscribe(reporter))
    })
}
