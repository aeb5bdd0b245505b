import type { NotificationAttributes } from '../objects/attributes/evaluate.ts'
import type { OperationContext, OperationOf } from '../objects/operations/operation.ts'
import { covers, formatPath, type Path } from '../objects/path.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { PathRouter } from '../streams/route.ts'
import type { Clock } from '../transport/clock.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import type { CoapPeer, PeerRequest } from '../transport/coap/peer.ts'
import { Observation, type ObservationHost } from './observation.ts'
import { type HoldMode, Outbox } from './outbox.ts'
import { restoreObservation, type SavedObservation, saveObservation } from './saved-observation.ts'

export interface ObservationsOptions {
  readonly store: ObjectStore
  readonly router: PathRouter
  readonly clock: Clock
  readonly context: OperationContext
  /** Path of the Server Object instance with this server's default pmin and pmax. */
  readonly serverPath: Path
  readonly maximum: number
  readonly confirmable: boolean
  /** Notifications kept while nothing may leave, over all observations. Default 1,000. */
  readonly maximumHeldNotifications?: number
  /**
   * Something waits to be told, the first since `hold`, or since the connection was lost. Called synchronously, so it must
   * not throw.
   */
  readonly onWaiting?: (() => void) | undefined
  /**
   * The server did not acknowledge a notification, or leaves too many waiting. Nothing leaves until the next `attach`; called
   * synchronously, so it must not throw.
   */
  readonly onUnreachable?: (() => void) | undefined
  /** The set of observations is another, or has to be saved anew. Called synchronously, so it must not throw. */
  readonly onChanged?: (() => void) | undefined
}

/**
 * The observations of one server, one a path; a repeated Observe replaces the earlier one. They belong to a registration,
 * and so outlive connections: while there is none, or while they are held, nothing leaves and nothing is forgotten.
 */
export class Observations {
  readonly #options: ObservationsOptions
  readonly #host: ObservationHost
  readonly #active = new Map<string, Observation>()
  readonly #outbox: Outbox
  readonly #stopListening: () => void

  constructor(options: ObservationsOptions) {
    const { store, context, router, clock, serverPath, confirmable, onWaiting } = options
    const { maximumHeldNotifications = 1_000 } = options
    const outbox = new Outbox({ clock, confirmable, maximumHeldNotifications, onWaiting })
    this.#options = options
    this.#outbox = outbox
    this.#host = {
      store,
      router,
      clock,
      context,
      attributesOf: path => this.#attributesOf(path),
      due: observation => outbox.due(observation),
      made: (observation, message) => outbox.put(observation, message),
      acknowledged: () => outbox.drain(),
      detached: (observation, undelivered, reason) => {
        outbox.putBack(observation, undelivered)
        outbox.disconnect()
        if (reason === 'timedOut') options.onUnreachable?.()
      },
      ended: observation => this.#ended(observation),
    }
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

  /** How many held notifications were dropped, because there were more than `maximumHeldNotifications`. */
  get droppedNotifications(): number {
    return this.#outbox.dropped
  }

  /** Starts an observation whose first read gave `response`; returns the response that says so. */
  start(request: PeerRequest, operation: OperationOf<'observe'>, response: CoapMessage): CoapMessage {
    this.#active.get(formatPath(operation.path))?.end('replaced')
    // RFC 7641 §4.1: a server that cannot add an observer answers as if it was not asked to.
    if (this.#active.size >= this.#options.maximum) return response
    const nowMs = this.#options.clock.now()
    const observation = new Observation(this.#host, {
      operation,
      lastSentMs: nowMs,
      confirmedMs: nowMs,
      pending: false,
    })
    const accepted = observation.accept(request, response)
    this.#add(observation)
    this.#options.onChanged?.()
    return accepted
  }

  /** Ends the observation of a path, if there is one. */
  cancel(path: Path): void {
    this.#active.get(formatPath(path))?.end('cancelled')
  }

  /** Ends all: the registration they belong to is over. */
  clear(): void {
    if (this.#active.size === 0) return
    const ending = [...this.#active.values()]
    this.#active.clear()
    // At once what each would look for on its own.
    this.#outbox.clear()
    for (const observation of ending) observation.end('cancelled')
    this.#options.onChanged?.()
  }

  close(): void {
    this.clear()
    this.#stopListening()
  }

  /** A new connection to the server: goes on with all observations over it. Throws TransportError CLOSED. */
  attach(peer: CoapPeer): void {
    this.detach()
    for (const observation of this.#active.values()) observation.attach(peer)
    this.#outbox.connect()
  }

  /**
   * The connection is gone, which a closed peer tells by itself, too: what is due is held, by default as `latest`. A
   * confirmable notification that was not acknowledged is the first to be sent again.
   */
  detach(): void {
    this.#outbox.disconnect()
    for (const observation of this.#active.values()) observation.detach()
  }

  /** Lets no notification leave until `release`. Once `all` was asked for, it stays that. */
  hold(mode: HoldMode): void {
    this.#outbox.hold(mode)
  }

  /** Sends what was held, in the order in which it came up, and goes on as usual; without a connection, at the next. */
  release(): void {
    this.#outbox.release()
  }

  /** Stops all timers and reports; what changes is remembered. Nothing leaves until `resume`. */
  pause(): void {
    this.#outbox.pause()
    for (const observation of this.#active.values()) observation.pause()
  }

  /** Goes on from the last notification of each observation: one that has come due meanwhile is sent once. */
  resume(): void {
    this.#outbox.resume()
    for (const observation of this.#active.values()) observation.run()
    this.#outbox.drain()
  }

  /** All observations as they can go on after a restart of the process. */
  save(): SavedObservation[] {
    const saved: SavedObservation[] = []
    for (const observation of this.#active.values()) {
      const { savedRelation } = observation
      if (savedRelation !== undefined) saved.push(saveObservation(savedRelation, observation))
    }
    return saved
  }

  /**
   * Goes on with what another process saved, from the next `attach` on; what cannot be used is skipped. Calls `onChanged`,
   * since a next restart must not begin with the same sequence numbers.
   */
  restore(saved: unknown): void {
    if (!Array.isArray(saved)) return
    this.detach()
    const nowMs = this.#options.clock.now()
    for (const one of saved) {
      if (this.#active.size >= this.#options.maximum) break
      const start = restoreObservation(one, nowMs)
      if (start === undefined || this.#active.has(formatPath(start.operation.path))) continue
      this.#add(new Observation(this.#host, start))
    }
    this.#options.onChanged?.()
  }

  #add(observation: Observation): void {
    this.#active.set(formatPath(observation.operation.path), observation)
    if (this.#outbox.paused) observation.pause()
    else observation.run()
  }

  #ended(observation: Observation): void {
    this.#outbox.remove(observation)
    const key = formatPath(observation.operation.path)
    if (this.#active.get(key) === observation) {
      this.#active.delete(key)
      this.#options.onChanged?.()
    }
    // What waits for its acknowledgement waits no more.
    this.#outbox.drain()
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
    for (const observation of this.#active.values()) {
      if (covers(changed, observation.operation.path)) observation.refreshAttributes()
    }
  }
}

/** Resources of the Server object (LwM2M Core 1.2.2 §E.2). */
const defaultPmin = 2
const defaultPmax = 3

function seconds(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
