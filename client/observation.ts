import { BehaviorSubject, Subscription } from 'rxjs'
import type { Attributes } from '../objects/attributes/attributes.ts'
import { TrackedValues } from '../objects/attributes/tracked-values.ts'
import type { OperationContext, Outcome } from '../objects/operations/operation.ts'
import { perform } from '../objects/operations/perform.ts'
import { readHandler } from '../objects/operations/target.ts'
import { overlap, type Path } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { CompositePart, CompositeState } from '../streams/composite.ts'
import type { NotificationCause, ReportingState } from '../streams/notify-attributes.ts'
import { observation, observedChanges } from '../streams/observation.ts'
import type { PathRouter } from '../streams/route.ts'
import type { Clock } from '../transport/clock.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import type {
  ObserveRelation,
  RelationEnd,
  RelationListener,
  SavedRelation,
} from '../transport/coap/observe-relation.ts'
import type { CoapPeer, PeerRequest } from '../transport/coap/peer.ts'
import { JoinedSeries } from './joined-series.ts'
import { type ObserveOperation, ownAttributesOf, pathsOf } from './observed.ts'
import type { InFlight, Report } from './report.ts'
import type { Observed, ReportingAttributes } from './reporting-attributes.ts'
import { sampledPlaces } from './sampled-places.ts'
import type { Watch } from './watch.ts'

/** What the observations of one server share. */
export interface ObservationHost {
  readonly store: ObjectStore
  readonly router: PathRouter
  readonly clock: Clock
  readonly context: OperationContext
  readonly attributes: ReportingAttributes
  /** Whether an observation ends with a confirmable notification that nobody acknowledges. */
  readonly endsUnacknowledged: boolean
  /** A notification is due: `report` makes it. */
  due(observation: Observation, cause: NotificationCause): void
  /** A notification is made. */
  made(observation: Observation, report: Report): void
  /** A confirmable notification arrived. */
  acknowledged(observation: Observation, arrived: InFlight | undefined): void
  /** The connection is gone, and with it a notification on its way, if there was one. */
  detached(observation: Observation, lost: InFlight | undefined, reason: 'closed' | 'timedOut'): void
  ended(observation: Observation, reason: RelationEnd): void
}

/** Where an observation starts, or goes on after a restart. */
export interface ObservationStart extends Readonly<ReportingState> {
  readonly operation: ObserveOperation
  /** When a confirmable notification, or the first response, last proved that the server is interested. */
  readonly confirmedMs: number
  /** The relation it goes on with at the next connection. */
  readonly relation?: SavedRelation
}

/**
 * One observation, of a path or a composite of several: when to notify, the read for it, and its relation to the server
 * while there is a connection. It is itself the listener of its relation and of its pipeline, because there may be 100,000
 * of them.
 */
export class Observation implements RelationListener, CompositeState, Observed {
  readonly operation: ObserveOperation
  readonly paths: readonly Path[]
  readonly ownAttributes: Attributes | undefined
  lastSentMs: number
  pending: boolean
  changedParts: Set<number> | undefined
  readonly #host: ObservationHost
  readonly #startedMs: number
  readonly #parts: BehaviorSubject<readonly CompositePart[]> | undefined
  #confirmedMs: number
  #isConfirmable: boolean | undefined
  #isRetired = false
  /** While there is none, each change counts. */
  #tracked: TrackedValues | undefined
  #isSampled = false
  #watch: Watch | undefined
  #ended = false
  #changes = Subscription.EMPTY
  /** A read by a slow handler is under way, or one that waits for the lock; another cause came meanwhile. */
  #reading: 'no' | 'once' | 'again' = 'no'
  #relation: ObserveRelation | undefined
  #savedRelation: SavedRelation | undefined
  #inFlight: InFlight | undefined
  #series: JoinedSeries | undefined

  /** Before the first `watch` it knows nothing of changes. Throws OperationError for what cannot be observed. */
  constructor(host: ObservationHost, { operation, lastSentMs, pending, confirmedMs, relation }: ObservationStart) {
    this.operation = operation
    this.paths = pathsOf(operation, host.store.prefix)
    this.ownAttributes = ownAttributesOf(host.store, host.context, operation)
    this.lastSentMs = lastSentMs
    this.pending = pending
    this.#host = host
    this.#startedMs = host.clock.now()
    this.#confirmedMs = confirmedMs
    this.#savedRelation = relation
    if (this.isComposite) this.#parts = new BehaviorSubject(this.#partsNow())
    this.#judge()
  }

  get isComposite(): boolean {
    return this.operation.kind === 'observeComposite'
  }

  /** Whether its registration is over, and it only records for the next one that observes the same. */
  get isRetired(): boolean {
    return this.#isRetired
  }

  /** Whether its notifications have to be confirmable; undefined: neither attributes nor the server say. */
  get isConfirmable(): boolean | undefined {
    return this.#isConfirmable
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
  accept(request: PeerRequest, response: CoapMessage, { values = [] }: Outcome): CoapMessage {
    this.#tracked?.told(values)
    this.#joinSeries()
    const relation = request.observe(this)
    this.#relation = relation
    return relation.accept(response)
  }

  /** Goes on with the relation over a new connection. Throws TransportError CLOSED. */
  attach(peer: CoapPeer): void {
    if (this.#savedRelation === undefined || this.#isRetired) return
    this.#relation = peer.resumeObservation(this.#savedRelation, this)
    this.#savedRelation = undefined
  }

  detach(): void {
    this.#relation?.end('closed')
  }

  /** Its registration is over: gives up the relation, but still watches. */
  retire(): void {
    this.#isRetired = true
    this.detach()
  }

  end(reason: Exclude<RelationEnd, 'closed'>): void {
    if (this.#relation === undefined) this.#end(reason)
    else this.#relation.end(reason)
  }

  /** The attributes in force are others, somewhere at, above or below what is observed. */
  refreshAttributes(): void {
    const isRebuilt = this.#judge()
    if (this.#watch !== undefined && (isRebuilt || !this.isComposite)) this.#follow(this.#watch)
    this.#parts?.next(this.#partsNow())
  }

  /** Whether a change there may make the attributes in force others. */
  concerns(place: Path): boolean {
    return this.paths.some(path => overlap(path, place))
  }

  /** Follows what it is about; what is due by now is due at once. */
  watch(watch: Watch): void {
    if (watch !== this.#watch) this.#follow(watch)
  }

  /** Called by the pipeline, or by the first change while there are no timers. */
  next(cause: unknown): void {
    if (this.#watch?.timed === true) {
      this.#host.due(this, cause === 'pmax' ? 'pmax' : 'changed')
    } else {
      this.pending = true
      this.#changes.unsubscribe()
    }
  }

  /** Reads what is observed, at once if that can be, and hands it to the host. */
  report(): void {
    if (!this.#isWatching()) {
      this.pending = true
      return
    }
    if (this.#reading !== 'no') {
      this.#reading = 'again'
      return
    }
    const { store, context, clock } = this.#host
    if (store.locked) {
      this.#reading = 'once'
      store.whenUnlocked(() => {
        this.#reading = 'no'
        this.report()
      })
      return
    }
    this.#joinSeries()
    const timeSeconds = clock.now() / 1000
    const outcome = perform(store, context, this.operation)
    if (!(outcome instanceof Promise)) {
      this.#made(timeSeconds, outcome)
      return
    }
    this.#reading = 'once'
    void outcome.then(settled => {
      const again = this.#reading === 'again'
      this.#reading = 'no'
      this.#made(timeSeconds, settled)
      if (again) this.report()
    })
  }

  /** The server is about to learn of the newest state: pmin and pmax count from now. */
  settle(): void {
    this.lastSentMs = this.#host.clock.now()
    this.pending = false
  }

  /** Sends a notification; it must have a connection. What it carries is told when it arrives, or is lost. */
  notify(message: CoapMessage, carried: InFlight | undefined): void {
    this.#inFlight = carried
    this.#relation?.notify(message, carried !== undefined)
  }

  /** What the server knows of the values by now. */
  told(values: readonly PathValue[] | undefined): void {
    if (values !== undefined) this.#tracked?.told(values)
  }

  /** Called by the relation. */
  acknowledged(): void {
    this.#confirmedMs = this.#host.clock.now()
    this.#host.acknowledged(this, this.#takeInFlight())
  }

  /** Called by the relation. */
  ended(reason: RelationEnd): void {
    const relation = this.#relation
    const lost = this.#takeInFlight()
    this.#relation = undefined
    // What a server observes belongs to its registration, which a notification that times out does not end by itself: it
    // makes doubtful that there is a way to the server (RFC 7641 §4.5 has no registration to go by).
    const goesOn = reason === 'closed' || (reason === 'timedOut' && !this.#host.endsUnacknowledged)
    if (goesOn && relation !== undefined) {
      this.#savedRelation = relation.save()
      this.#host.detached(this, lost, reason)
    } else {
      this.#end(reason)
    }
  }

  #end(reason: RelationEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#changes.unsubscribe()
    this.#series?.leave()
    this.#host.ended(this, reason)
  }

  #joinSeries(): void {
    const { store, context } = this.#host
    if (store.timeSeries.isEmpty) return
    this.#series ??= new JoinedSeries(store, context.shortServerId)
    this.#series.join(this.paths)
  }

  #takeInFlight(): InFlight | undefined {
    const inFlight = this.#inFlight
    this.#inFlight = undefined
    return inFlight
  }

  #follow(watch: Watch): void {
    if (this.#ended) return
    const former = this.#changes
    // What waits for its pmin was not recorded when it happened.
    const isUnrecorded = this.pending && watch.recording && this.#watch?.recording !== true
    former.unsubscribe()
    this.#watch = watch
    // Without timers the first change is all that is seen.
    if (!watch.timed) this.changedParts = undefined
    const changes = this.#subscribe(watch)
    // A notification that is due at once may end it, or have it watch otherwise, before this is known.
    if (this.#changes === former && this.#watch === watch && !this.#ended) this.#changes = changes
    else changes.unsubscribe()
    if (isUnrecorded && this.#watch === watch) this.report()
  }

  #subscribe(watch: Watch): Subscription {
    const { router, clock, store, attributes } = this.#host
    const { timed, recording } = watch
    const options = {
      router,
      clock,
      paths: this.paths,
      judge: this.#tracked,
      places: this.#isSampled && timed ? () => sampledPlaces(store, attributes, this) : undefined,
      sampledSinceMs: this.#startedMs,
      onChange: recording ? () => this.report() : undefined,
    }
    if (!timed) {
      if (recording) return observedChanges(options).subscribe()
      return this.pending ? Subscription.EMPTY : observedChanges(options).subscribe(this)
    }
    const periods = this.#parts
      ? { parts$: this.#parts }
      : { attributes: attributes.periods(this.operation.path, this) }
    return observation({ ...options, ...periods, state: this }).subscribe(this)
  }

  #partsNow(): readonly CompositePart[] {
    const { attributes } = this.#host
    return this.paths.map(path => ({ path, attributes: attributes.periods(path, this) }))
  }

  /** Judges values by the conditions in force now, if there are any; whether the pipeline has to be built anew. */
  #judge(): boolean {
    const { attributes, store } = this.#host
    const wasSampled = this.#isSampled
    const wasTracked = this.#tracked !== undefined
    this.#isConfirmable = attributes.confirmable(this)
    this.#isSampled = attributes.haveEvaluationPeriods(this)
    if (this.#isSampled || attributes.haveConditions(this)) {
      this.#tracked ??= this.#trackedValues(attributes, store)
      // Where nothing waits, the server was told last what the store holds; steps count from what is known to be told.
      if (!this.pending) for (const path of this.paths) this.#tracked.assume(store.entries(path))
    }
    return this.#isSampled || wasSampled || (this.#tracked !== undefined && !wasTracked)
  }

  #trackedValues(attributes: ReportingAttributes, store: ObjectStore): TrackedValues {
    return new TrackedValues({
      attributesAt: path => attributes.at(path, this),
      contentAt: path => store.content(path),
      isSampled: path =>
        this.#isSampled && store.has(path.slice(0, 2)) && readHandler(store, path.slice(0, 3)) !== undefined,
    })
  }

  #made(timeSeconds: number, outcome: Outcome): void {
    if (this.#ended) return
    if (this.#isWatching()) this.#host.made(this, { timeSeconds, outcome })
    else this.pending = true
  }

  /** Whether it is of use to read; otherwise a change is only noted. */
  #isWatching(): boolean {
    return this.#watch?.timed === true || this.#watch?.recording === true
  }
}
