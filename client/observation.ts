import { BehaviorSubject, Subscription } from 'rxjs'
import type { NotificationAttributes } from '../objects/attributes/evaluate.ts'
import type { OperationContext, OperationOf, Outcome } from '../objects/operations/operation.ts'
import { perform } from '../objects/operations/perform.ts'
import type { Path } from '../objects/path.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { ReportingState } from '../streams/notify-attributes.ts'
import { observation } from '../streams/observation.ts'
import type { PathRouter } from '../streams/route.ts'
import type { Clock } from '../transport/clock.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import type {
  Notification,
  ObserveRelation,
  RelationEnd,
  RelationListener,
  SavedRelation,
} from '../transport/coap/observe-relation.ts'
import type { CoapPeer, PeerRequest } from '../transport/coap/peer.ts'
import { encodeOutcome } from '../transport/lwm2m/downlink.ts'

/** What the observations of one server share. */
export interface ObservationHost {
  readonly store: ObjectStore
  readonly router: PathRouter
  readonly clock: Clock
  readonly context: OperationContext
  attributesOf(path: Path): NotificationAttributes
  /** A notification is due: `report` makes it. */
  due(observation: Observation): void
  /** A notification is made. */
  made(observation: Observation, message: CoapMessage): void
  /** A confirmable notification arrived. */
  acknowledged(): void
  /** The connection is gone. */
  detached(observation: Observation, undelivered: readonly Notification[]): void
  ended(observation: Observation): void
}

/** Where an observation starts, or goes on after a restart. */
export interface ObservationStart extends Readonly<ReportingState> {
  readonly operation: OperationOf<'observe'>
  /** When a confirmable notification, or the first response, last proved that the server is interested. */
  readonly confirmedMs: number
  /** The relation it goes on with at the next connection. */
  readonly relation?: SavedRelation
}

/**
 * One observation: when to notify, the read for it, and its relation to the server while there is a connection. It is
 * itself the listener of its relation and of its pipeline, because there may be 100,000 of them.
 */
export class Observation implements RelationListener, ReportingState {
  readonly operation: OperationOf<'observe'>
  lastSentMs: number
  pending: boolean
  readonly #host: ObservationHost
  readonly #attributes: BehaviorSubject<NotificationAttributes>
  #confirmedMs: number
  #state: 'new' | 'running' | 'paused' | 'ended' = 'new'
  /** The pipeline; while paused, the wait for a first change. */
  #reports = Subscription.EMPTY
  /** A read by a slow handler is under way, or one that waits for the lock; another cause came meanwhile. */
  #reading: 'no' | 'once' | 'again' = 'no'
  #relation: ObserveRelation | undefined
  #savedRelation: SavedRelation | undefined

  /** Neither `run` nor `pause` yet, it knows nothing of changes. */
  constructor(host: ObservationHost, { operation, lastSentMs, pending, confirmedMs, relation }: ObservationStart) {
    this.operation = operation
    this.lastSentMs = lastSentMs
    this.pending = pending
    this.#host = host
    this.#attributes = new BehaviorSubject(host.attributesOf(operation.path))
    this.#confirmedMs = confirmedMs
    this.#savedRelation = relation
  }

  get confirmedMs(): number {
    return this.#confirmedMs
  }

  /** Whether a confirmable notification waits for its acknowledgement. */
  get busy(): boolean {
    return this.#relation?.busy === true
  }

  /** The relation as it goes on elsewhere. */
  get savedRelation(): SavedRelation | undefined {
    return this.#relation?.save() ?? this.#savedRelation
  }

  /** Takes up the relation that a request asks for; returns the response that says so. */
  accept(request: PeerRequest, response: CoapMessage): CoapMessage {
    const relation = request.observe(this)
    this.#relation = relation
    return relation.accept(response)
  }

  /** Goes on with the relation over a new connection. Throws TransportError CLOSED. */
  attach(peer: CoapPeer): void {
    if (this.#savedRelation === undefined) return
    this.#relation = peer.resumeObservation(this.#savedRelation, this)
    this.#savedRelation = undefined
  }

  detach(): void {
    this.#relation?.end('closed')
  }

  end(reason: Exclude<RelationEnd, 'closed'>): void {
    if (this.#relation === undefined) this.ended(reason)
    else this.#relation.end(reason)
  }

  refreshAttributes(): void {
    this.#attributes.next(this.#host.attributesOf(this.operation.path))
  }

  /** Starts to notify; what is due by now is due at once. */
  run(): void {
    if (this.#state === 'running' || this.#state === 'ended') return
    const { router, clock } = this.#host
    const { path } = this.operation
    const former = this.#reports
    former.unsubscribe()
    this.#state = 'running'
    const reports = observation({ path, router, attributes$: this.#attributes, clock, state: this }).subscribe(this)
    // A notification that is due at once may end or pause it before this is known.
    if (this.#reports === former && this.#isRunning()) this.#reports = reports
    else reports.unsubscribe()
  }

  /** Stops to notify: no timer runs, but a change of what is observed is remembered. */
  pause(): void {
    if (this.#state === 'paused' || this.#state === 'ended') return
    this.#state = 'paused'
    this.#reports.unsubscribe()
    if (!this.pending) this.#reports = this.#host.router.changesOf(this.operation.path).subscribe(this)
  }

  /** Called by the pipeline, while paused by the first change. */
  next(): void {
    if (this.#isRunning()) {
      this.#host.due(this)
    } else {
      this.pending = true
      this.#reports.unsubscribe()
    }
  }

  /** Reads what is observed, at once if that can be, and hands it to the host. */
  report(): void {
    if (!this.#isRunning()) {
      this.pending = true
      return
    }
    if (this.#reading !== 'no') {
      this.#reading = 'again'
      return
    }
    const { store, context } = this.#host
    if (store.locked) {
      this.#reading = 'once'
      store.whenUnlocked(() => {
        this.#reading = 'no'
        this.report()
      })
      return
    }
    const outcome = perform(store, context, this.operation)
    if (!(outcome instanceof Promise)) {
      this.#made(outcome)
      return
    }
    this.#reading = 'once'
    void outcome.then(settled => {
      const again = this.#reading === 'again'
      this.#reading = 'no'
      this.#made(settled)
      if (again) this.report()
    })
  }

  /** The same for what had to wait since it was due: pmin and pmax count from now. */
  reportLate(): void {
    this.lastSentMs = this.#host.clock.now()
    this.pending = false
    this.report()
  }

  /** Sends a notification; it must have a connection. */
  notify(message: CoapMessage, confirmable: boolean): void {
    this.#relation?.notify(message, confirmable)
  }

  /** Called by the relation. */
  acknowledged(): void {
    this.#confirmedMs = this.#host.clock.now()
    this.#host.acknowledged()
  }

  /** Called by the relation. */
  ended(reason: RelationEnd): void {
    const relation = this.#relation
    this.#relation = undefined
    if (reason === 'closed' && relation !== undefined) {
      this.#savedRelation = relation.save()
      this.#host.detached(this, relation.undelivered)
      return
    }
    this.#state = 'ended'
    this.#reports.unsubscribe()
    this.#host.ended(this)
  }

  #isRunning(): boolean {
    return this.#state === 'running'
  }

  #made(outcome: Outcome): void {
    if (this.#isRunning()) this.#host.made(this, encodeOutcome(outcome))
    else this.pending = true
  }
}
