import { ResponseCode } from '../objects/errors.ts'
import { nameOf } from '../objects/formats/path-name.ts'
import type { OperationOf, Outcome } from '../objects/operations/operation.ts'
import type { Path } from '../objects/path.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import type { RelationEnd } from '../transport/coap/observe-relation.ts'
import type { CoapPeer, PeerRequest } from '../transport/coap/peer.ts'
import { encodeOutcome } from '../transport/lwm2m/downlink.ts'
import { ConfirmableTurn } from './confirmable-turn.ts'
import { Observation, type ObservationHost } from './observation.ts'
import type { ObservationEvent } from './observation-event.ts'
import type { ObservationsOptions } from './observations-options.ts'
import { type ObserveOperation, observationKey, pathCount, pathsOf } from './observed.ts'
import { Outbox } from './outbox.ts'
import type { InFlight, Report } from './report.ts'
import { isTellable } from './report-batch.ts'
import { ReportingAttributes } from './reporting-attributes.ts'
import { type ObservationStatus, observationStatus } from './reporting-status.ts'
import {
  type RestoredObservation,
  restoreObservation,
  type SavedObservation,
  saveObservation,
} from './saved-observation.ts'
import { takeOver, unsentOf } from './unsent.ts'
import { type Watch, watchOf } from './watch.ts'

/** After that a server that is told nothing by them does not miss it. */
const retirementMs = 24 * 3_600_000

/**
 * The observations of one server, one a path or set of paths; a repeated Observe replaces the earlier one. They belong to a
 * registration, and so outlive connections: while there is none, or while they are held, nothing leaves and nothing is
 * forgotten.
 */
export class Observations {
  readonly #options: ObservationsOptions
  readonly #host: ObservationHost
  readonly #active = new Map<string, Observation>()
  /** Those of the registration before that go on recording until the server observes the same again. */
  readonly #retired = new Map<string, Observation>()
  #retiredMs = 0
  readonly #outbox: Outbox
  readonly #stopListening: () => void

  constructor(options: ObservationsOptions) {
    const { store, context, router, clock, serverInstance, confirmable, onWaiting } = options
    const { maximumHeldNotifications = 1_000, turn = new ConfirmableTurn() } = options
    const attributes = new ReportingAttributes(context.attributes, serverInstance)
    const outbox = new Outbox({
      clock,
      schema: store,
      attributes,
      confirmable,
      maximumHeldNotifications,
      turn,
      onWaiting,
      onDropped: (observation, droppedCount) => {
        options.onEvent?.({ type: 'dropped', ...this.#named(observation), droppedCount })
      },
    })
    this.#options = options
    this.#outbox = outbox
    this.#host = {
      store,
      router,
      clock,
      context,
      attributes,
      endsUnacknowledged: options.unacknowledgedEnds === 'observation',
      due: (observation, cause) => outbox.due(observation, cause),
      made: (observation, report) => this.#made(observation, report),
      acknowledged: (observation, arrived) => this.#acknowledged(observation, arrived),
      detached: (observation, lost, reason) => this.#detached(observation, lost, reason),
      ended: (observation, reason) => this.#ended(observation, reason),
    }
    this.#stopListening = attributes.onChange(path => this.#refreshAttributes(path))
  }

  get size(): number {
    return this.#active.size
  }

  /** Of the device behind a gateway whose objects they are about. */
  get #prefix(): string | undefined {
    return this.#options.store.prefix
  }

  /** How many reports were dropped, because there were more than `maximumHeldNotifications`, or than hqmax. */
  get droppedNotifications(): number {
    return this.#outbox.dropped
  }

  status(): ObservationStatus[] {
    const { attributes } = this.#host
    return Array.from(this.#active.values(), observation => observationStatus(observation, attributes, this.#prefix))
  }

  /** Starts an observation whose first read gave `outcome`; returns the response that says so. */
  start(request: PeerRequest, operation: ObserveOperation, outcome: Outcome, response: CoapMessage): CoapMessage {
    const key = observationKey(operation, this.#prefix)
    const former = this.#active.get(key)
    const retired = this.#retired.get(key)
    const missed = unsentOf(this.#outbox, retired ?? former)
    former?.end('replaced')
    // RFC 7641 §4.1: a server that cannot add an observer answers as if it was not asked to.
    if (pathCount(this.#active.values()) + pathsOf(operation, this.#prefix).length > this.#options.maximum)
      return response
    const { clock, onChanged } = this.#options
    const nowMs = clock.now()
    const observation = new Observation(this.#host, {
      operation,
      lastSentMs: nowMs,
      confirmedMs: nowMs,
      pending: false,
    })
    const accepted = observation.accept(request, response, outcome)
    this.#active.set(key, observation)
    retired?.end('cancelled')
    if (takeOver(this.#outbox, observation, outcome.contentFormat, missed)) {
      clock.setTimeout(() => this.#outbox.drain(), 0)
    }
    observation.watch(this.#watchNow())
    this.#tell('added', observation)
    onChanged?.()
    return accepted
  }

  /** Ends the observation of the same, if there is one. */
  cancel(operation: OperationOf<'cancelObservation' | 'cancelObservationComposite'>): void {
    this.#active.get(observationKey(operation, this.#prefix))?.end('cancelled')
  }

  /**
   * Their registration is over. Where each change is kept, they go on recording: the server observes again when the client
   * has registered again (LwM2M Core 1.2.2 §6.4.1), and learns then what it missed (§E.2, resource 6).
   */
  retire(): void {
    if (this.#active.size === 0) return
    if (!this.#stores()) {
      this.clear()
      return
    }
    this.#endRetired()
    const retiring = [...this.#active]
    this.#active.clear()
    this.#retiredMs = this.#options.clock.now()
    this.#outbox.hold(true)
    for (const [key, observation] of retiring) {
      this.#retired.set(key, observation)
      observation.retire()
      this.#outbox.forgetChange(observation)
      observation.watch(watchOf(false, true))
      this.#tell('removed', observation)
    }
    this.#options.onChanged?.()
  }

  /** Ends all, and forgets what they would have told. */
  clear(): void {
    if (this.#active.size === 0 && this.#retired.size === 0) return
    const active = [...this.#active.values()]
    const retired = [...this.#retired.values()]
    this.#active.clear()
    this.#retired.clear()
    for (const observation of [...active, ...retired]) observation.end('cancelled')
    for (const observation of active) this.#tell('removed', observation)
    this.#options.onChanged?.()
  }

  close(): void {
    this.clear()
    this.#stopListening()
  }

  /** What they are about is gone, which a server hears that can (RFC 7641 §4.2). */
  closeGone(): void {
    const gone = encodeOutcome({ responseCode: ResponseCode.notFound })
    if (this.#outbox.isOpen) for (const observation of this.#active.values()) observation.notify(gone, undefined)
    this.close()
  }

  /** A new connection to the server: goes on with all observations over it. Throws TransportError CLOSED. */
  attach(peer: CoapPeer): void {
    this.detach()
    for (const observation of this.#active.values()) observation.attach(peer)
    this.#outbox.connect()
  }

  /**
   * The connection is gone, which a closed peer tells by itself, too: what is due waits. A confirmable notification that was
   * not acknowledged is told again.
   */
  detach(): void {
    this.#outbox.disconnect()
    for (const observation of this.#active.values()) observation.detach()
  }

  /** Lets no notification leave until `release`; from now on each change is kept, where that is asked for. */
  hold(): void {
    this.#outbox.hold(this.#stores())
    this.#watch()
  }

  /** Sends what was kept, in the order in which it came up, and goes on as usual; without a connection, at the next. */
  release(): void {
    this.#settleReported()
    this.#outbox.release()
    this.#watch()
    if (this.#options.clock.now() >= this.#retiredMs + retirementMs) this.#endRetired()
  }

  /** Stops all timers; what changes is kept as with `hold`. Nothing leaves until `resume`. */
  pause(): void {
    this.#outbox.pause(this.#stores())
    this.#watch()
  }

  /** Goes on from the last notification of each observation: one that has come due meanwhile is sent once. */
  resume(): void {
    if (!this.#outbox.isHeld) this.#settleReported()
    this.#outbox.resume()
    this.#watch()
    this.#outbox.drain()
  }

  /** All observations as they can go on after a restart of the process. */
  save(): SavedObservation[] {
    const all = [...this.#active.values(), ...this.#retired.values()]
    return all.flatMap(observation => saveObservation(observation, this.#outbox.reportsOf(observation)) ?? [])
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
      if (this.#active.size + this.#retired.size >= this.#options.maximum) break
      const restored = restoreObservation(one, nowMs, this.#prefix)
      if (restored === undefined || this.#active.has(restored.key) || this.#retired.has(restored.key)) continue
      this.#restoreOne(restored)
    }
    this.#options.onChanged?.()
  }

  #restoreOne({ key, start, reports, isRetired }: RestoredObservation): void {
    let observation: Observation
    try {
      observation = new Observation(this.#host, start)
    } catch {
      // Its own attributes are of no use with the objects of this program.
      return
    }
    const { store } = this.#options
    const { paths, operation } = observation
    this.#outbox.addReports(
      observation,
      reports.filter(report => isTellable(report, paths, operation.path, store)),
    )
    if (isRetired) {
      this.#retiredMs = this.#options.clock.now()
      this.#retired.set(key, observation)
      observation.retire()
      observation.watch(watchOf(false, true))
    } else {
      this.#active.set(key, observation)
      observation.watch(this.#watchNow())
    }
  }

  #endRetired(): void {
    for (const observation of this.#retired.values()) observation.end('cancelled')
  }

  #watch(): void {
    const watch = this.#watchNow()
    for (const observation of this.#active.values()) observation.watch(watch)
  }

  #watchNow(): Watch {
    const { isPaused, isRecording } = this.#outbox
    return watchOf(!isPaused, isRecording)
  }

  /** What is kept of an observation tells its newest state. */
  #settleReported(): void {
    for (const observation of this.#active.values()) if (this.#outbox.tellsNewest(observation)) observation.settle()
  }

  #stores(): boolean {
    return this.#options.storesNotifications?.() === true
  }

  #made(observation: Observation, report: Report): void {
    if (observation.isRetired || this.#outbox.isRecording) {
      this.#outbox.record(observation, report)
      this.#options.onRecorded?.()
    } else {
      this.#outbox.made(observation, report)
    }
  }

  #acknowledged(observation: Observation, arrived: InFlight | undefined): void {
    this.#tell('acknowledged', observation)
    this.#outbox.acknowledged(observation, arrived)
    if (arrived?.isHistory === true) this.#options.onChanged?.()
  }

  #detached(observation: Observation, lost: InFlight | undefined, reason: 'closed' | 'timedOut'): void {
    if (lost !== undefined) this.#outbox.putBack(observation, lost, this.#stores())
    // One that retires leaves the connection to those that come after it.
    if (observation.isRetired) return
    this.#outbox.disconnect()
    if (reason === 'closed') return
    this.#tell('timedOut', observation)
    this.#options.onUnreachable?.()
  }

  #ended(observation: Observation, reason: RelationEnd): void {
    this.#outbox.remove(observation)
    const key = observationKey(observation.operation, this.#prefix)
    if (this.#retired.get(key) === observation) this.#retired.delete(key)
    if (this.#active.get(key) === observation) {
      this.#active.delete(key)
      if (reason === 'timedOut') this.#tell('timedOut', observation)
      this.#tell('removed', observation)
      this.#options.onChanged?.()
    }
    this.#outbox.proceed()
  }

  #refreshAttributes(changed: Path): void {
    for (const observations of [this.#active, this.#retired]) {
      for (const observation of observations.values()) {
        if (observation.concerns(changed)) observation.refreshAttributes()
      }
    }
  }

  #tell(type: Exclude<ObservationEvent['type'], 'dropped'>, observation: Observation): void {
    this.#options.onEvent?.({ type, ...this.#named(observation) })
  }

  #named({ paths }: Observation): Pick<ObservationEvent, 'shortServerId' | 'paths'> {
    return { shortServerId: this.#options.context.shortServerId, paths: paths.map(path => nameOf(path, this.#prefix)) }
  }
}
