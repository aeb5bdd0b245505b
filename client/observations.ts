import { BehaviorSubject, type Subscription } from 'rxjs'
import type { NotificationAttributes } from '../objects/attributes/evaluate.ts'
import type { OperationContext, OperationOf, Outcome } from '../objects/operations/operation.ts'
import { perform } from '../objects/operations/perform.ts'
import { covers, formatPath, type Path } from '../objects/path.ts'
import type { ObjectStore } from '../objects/store.ts'
import { observation } from '../streams/observation.ts'
import type { PathRouter } from '../streams/route.ts'
import type { Clock } from '../transport/clock.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import type { ObserveRelation } from '../transport/coap/observe-relation.ts'
import type { PeerRequest } from '../transport/coap/peer.ts'
import { encodeOutcome } from '../transport/lwm2m/downlink.ts'

type Observe = OperationOf<'observe'>

export interface ObservationsOptions {
  readonly store: ObjectStore
  readonly router: PathRouter
  readonly clock: Clock
  readonly context: OperationContext
  /** Path of the Server Object instance with this server's default pmin and pmax. */
  readonly serverPath: Path
  readonly maximum: number
  readonly confirmable: boolean
}

interface ActiveObservation {
  readonly operation: Observe
  readonly attributes: BehaviorSubject<NotificationAttributes>
  relation: ObserveRelation
  reports: Subscription
  /** When a confirmable notification, or the first response, last proved that the server is interested. */
  confirmedMs: number
  /** A read by a slow handler is under way, or one that waits for the lock; another cause came meanwhile. */
  reading: 'no' | 'once' | 'again'
}

/** RFC 7641 §4.5: at least one notification in 24 hours is confirmable. */
const confirmEveryMs = 24 * 3_600_000

/** The observations of one server, one a path; a repeated Observe replaces the earlier one. */
export class Observations {
  readonly #options: ObservationsOptions
  readonly #active = new Map<string, ActiveObservation>()
  readonly #stopListening: () => void

  constructor(options: ObservationsOptions) {
    this.#options = options
    const { context, router, serverPath } = options
    const unlisten = context.attributes.onChange(path => this.#refreshAttributes(path))
    const defaults = router.changesOf(serverPath).subscribe(changes => {
      if (changes.some(({ path }) => path[2] === defaultPmin || path[2] === defaultPmax)) this.#refreshAttributes([])
    })
    this.#stopListening = () => {
      unlisten()
      defaults.unsubscribe()
    }
  }

  get size(): number {
    return this.#active.size
  }

  /** Starts an observation whose first read gave `response`; returns the response that says so. */
  start(request: PeerRequest, operation: Observe, response: CoapMessage): CoapMessage {
    const key = formatPath(operation.path)
    this.#active.get(key)?.relation.end('replaced')
    if (this.#active.size >= this.#options.maximum) {
      // RFC 7641 §4.1: a server that cannot add an observer answers as if it was not asked to.
      return response
    }
    const { clock, router } = this.#options
    const attributes = new BehaviorSubject(this.#attributesOf(operation.path))
    const relation = request.observe({
      acknowledged: () => {
        active.confirmedMs = clock.now()
      },
      ended: () => {
        active.reports.unsubscribe()
        if (this.#active.get(key) === active) this.#active.delete(key)
      },
    })
    const active: ActiveObservation = {
      operation,
      attributes,
      relation,
      reports: observation({ path: operation.path, router, attributes$: attributes, clock }).subscribe(() =>
        this.#report(active),
      ),
      confirmedMs: clock.now(),
      reading: 'no',
    }
    this.#active.set(key, active)
    return relation.accept(response)
  }

  /** Ends the observation of a path, if there is one. */
  cancel(path: Path): void {
    this.#active.get(formatPath(path))?.relation.end('cancelled')
  }

  /** Ends all: the registration they belong to is over. */
  clear(): void {
    for (const { relation } of this.#active.values()) relation.end('cancelled')
  }

  close(): void {
    this.clear()
    this.#stopListening()
  }

  #attributesOf(path: Path): NotificationAttributes {
    const { context, store, serverPath } = this.#options
    const own = context.attributes.effective(path)
    return {
      pminSeconds: own.pminSeconds ?? seconds(store.get([...serverPath, defaultPmin])),
      pmaxSeconds: own.pmaxSeconds ?? seconds(store.get([...serverPath, defaultPmax])),
    }
  }

  #refreshAttributes(changed: Path): void {
    for (const { operation, attributes } of this.#active.values()) {
      if (covers(changed, operation.path)) attributes.next(this.#attributesOf(operation.path))
    }
  }

  #report(active: ActiveObservation): void {
    if (active.reports.closed) return
    if (active.reading !== 'no') {
      active.reading = 'again'
      return
    }
    const { store, context } = this.#options
    if (store.locked) {
      active.reading = 'once'
      store.whenUnlocked(() => {
        active.reading = 'no'
        this.#report(active)
      })
      return
    }
    const outcome = perform(store, context, active.operation)
    if (!(outcome instanceof Promise)) {
      this.#notify(active, outcome)
      return
    }
    active.reading = 'once'
    void outcome.then(settled => {
      const again = active.reading === 'again'
      active.reading = 'no'
      this.#notify(active, settled)
      if (again) this.#report(active)
    })
  }

  #notify(active: ActiveObservation, outcome: Outcome): void {
    const confirmable = this.#options.confirmable || this.#options.clock.now() >= active.confirmedMs + confirmEveryMs
    // RFC 7641 §4.2: an error, such as 4.04 for an instance that was deleted, is the last: the relation ends with it.
    active.relation.notify(encodeOutcome(outcome), confirmable)
  }
}

/** Resources of the Server object (LwM2M Core 1.2.2 §E.2). */
const defaultPmin = 2
const defaultPmax = 3

function seconds(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
