import type { Schema } from '../objects/formats/format.ts'
import type { NotificationCause } from '../streams/notify-attributes.ts'
import type { Clock } from '../transport/clock.ts'
import { isSuccess } from '../transport/coap/message.ts'
import { encodeOutcome } from '../transport/lwm2m/downlink.ts'
import type { ConfirmableTurn } from './confirmable-turn.ts'
import { History } from './history.ts'
import type { Observation } from './observation.ts'
import { type InFlight, isWhole, type Report, withoutSeries } from './report.ts'
import { reportBatch } from './report-batch.ts'
import type { ReportingAttributes } from './reporting-attributes.ts'

export interface OutboxOptions {
  readonly clock: Clock
  readonly schema: Schema
  readonly attributes: ReportingAttributes
  /** Whether notifications are confirmable where neither attributes nor the server say. */
  readonly confirmable: boolean
  readonly maximumHeldNotifications: number
  readonly turn: ConfirmableTurn
  /** See `ObservationsOptions`. */
  readonly onWaiting: (() => void) | undefined
  /** Reports of an observation were dropped, since there were too many. */
  readonly onDropped: (observation: Observation, count: number) => void
}

/** RFC 7641 §4.5: at least one notification in 24 hours is confirmable. */
const confirmEveryMs = 24 * 3_600_000

/** What fits into one message with some room for its options (RFC 7252 §4.6). */
export const maximumBatchBytes = 1024

/**
 * Where the notifications of a server leave, at once or later: not while they are held or the observations are paused, nor
 * without a connection. What waits is each change with its time, where that is recorded, and otherwise that there is a newer
 * state.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #history: History
  /** Observations of which only the newest state counts. */
  readonly #changed = new Set<Observation>()
  /** Observations of which not all that changed was kept. */
  readonly #partial = new Set<Observation>()
  /** Goes on where it was: to look for the first from the start each time passes all that were deleted. */
  #nextChanged: Iterator<Observation> | undefined
  #connected = false
  #held = false
  #paused = false
  #recording = false
  /** Whether `onWaiting` was called since the last `hold`, or since something could last leave. */
  #told = false
  #draining = false
  readonly #drain = () => this.drain()

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#history = new History(options.maximumHeldNotifications, observation => {
      // The newest state has to arrive all the same (RFC 7641 §1.3), when its pmin is over.
      if (this.#paused) observation.pending = true
      else if (!observation.isRetired && !observation.pending) this.#changed.add(observation)
    })
  }

  /** How many reports made room for newer ones so far. */
  get dropped(): number {
    return this.#history.dropped
  }

  get isHeld(): boolean {
    return this.#held
  }

  get isPaused(): boolean {
    return this.#paused
  }

  /** Whether each change is kept with its time. */
  get isRecording(): boolean {
    return this.#recording
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

  /** Once it records it goes on with that. */
  hold(recording: boolean): void {
    if (!this.#held) this.#told = false
    this.#held = true
    this.#recording ||= recording
    this.#tell()
  }

  release(): void {
    this.#held = false
    this.#recording = this.#recording && this.#paused
    this.drain()
  }

  pause(recording: boolean): void {
    this.#paused = true
    this.#recording ||= recording
  }

  /** What was held before follows with `drain`, once the observations run. */
  resume(): void {
    this.#paused = false
    this.#recording = this.#recording && this.#held
  }

  /** A notification is due: makes it, or notes that it has to be made. */
  due(observation: Observation, cause: NotificationCause): void {
    if (this.#recording) {
      // A change was reported when it happened.
      if (cause === 'pmax') observation.report()
      // What is not kept of that waits like any other.
      if (!this.tellsNewest(observation)) this.#changed.add(observation)
      this.#tell()
    } else if (this.#isFreeFor(observation)) {
      observation.report()
    } else {
      this.#waitFor(observation)
    }
  }

  /** A notification is made: sends it, or notes that there is a newer state. */
  made(observation: Observation, report: Report): void {
    if (this.#isFreeFor(observation)) this.#send(observation, report)
    else this.#waitFor(observation)
  }

  /** Keeps what a change made of an observation, or notes that there is a newer state. */
  record(observation: Observation, report: Report): void {
    const last = this.#history.of(observation).at(-1)
    // RFC 7641 §4.2: nothing can follow an error.
    if (last !== undefined && !isSuccess(last.outcome.responseCode)) return
    const maximum = this.#options.attributes.maximumHistory(observation)
    const kept = this.#keptOf(observation, report)
    if (isWhole(kept, report)) {
      this.#partial.delete(observation)
      this.#changed.delete(observation)
    } else {
      this.#partial.add(observation)
      // Nobody else sees to it while nothing is timed.
      if (this.#paused) observation.pending = true
    }
    if (kept === undefined) return
    observation.told(kept.outcome.values)
    this.#history.push(observation, kept, maximum)
  }

  /** Takes note of what arrived, and sends what waited for that. */
  acknowledged(observation: Observation, arrived: InFlight | undefined): void {
    if (arrived?.isHistory === true) this.#history.delivered(observation, arrived.reports)
    arrived?.series?.delivered()
    if (arrived?.series?.complete === false) this.#changed.add(observation)
    this.proceed()
  }

  /** Takes back what left but did not arrive: as it was, or only that there is something to tell. */
  putBack(observation: Observation, { reports, isHistory, series }: InFlight, recording: boolean): void {
    const [report] = reports
    if (isHistory || report === undefined) return
    const kept = recording && series === undefined ? this.#keptOf(observation, report) : undefined
    if (kept !== undefined) {
      this.#history.putBack(observation, kept, this.#options.attributes.maximumHistory(observation))
    }
    if (!isWhole(kept, report)) this.#changed.add(observation)
  }

  reportsOf(observation: Observation): readonly Report[] {
    return this.#history.of(observation)
  }

  /** Keeps reports that were made before, by another observation or process, which has dropped so many. */
  addReports(observation: Observation, reports: readonly Report[], dropped = 0): void {
    this.#history.addDropped(observation, dropped)
    for (const report of reports) this.#history.push(observation, report)
    // Otherwise it is told with the first of them.
    if (reports.length === 0) this.#tellDropped(observation)
  }

  /** How many reports of an observation were dropped of which nobody was told yet. */
  takeDropped(observation: Observation): number {
    return this.#history.takeDropped(observation)
  }

  /** Whether the newest state of an observation is kept here, so that nothing else has to tell it. */
  tellsNewest(observation: Observation): boolean {
    return this.#history.has(observation) && !this.#partial.has(observation)
  }

  /** Whether there is a state to tell that is newer than what is kept. */
  hasChange(observation: Observation): boolean {
    return this.#changed.has(observation)
  }

  /** Notes that there is. */
  addChange(observation: Observation): void {
    this.#changed.add(observation)
  }

  /** Forgets that there is a newer state to tell. */
  forgetChange(observation: Observation): void {
    this.#changed.delete(observation)
  }

  /** Forgets what is kept of an observation. */
  remove(observation: Observation): void {
    this.#tellDropped(observation)
    this.#changed.delete(observation)
    this.#partial.delete(observation)
    this.#history.remove(observation)
  }

  /** An acknowledgement came, or does not come any more: what waited for it goes on. */
  proceed(): void {
    this.#options.turn.pass()
    this.drain()
  }

  /** Sends what is kept, a confirmable notification only when the one before has arrived: their queue is bounded. */
  drain(): void {
    if (this.isOpen) this.#told = false
    // A notification that ends its observation comes back here.
    if (this.#draining) return
    this.#draining = true
    try {
      let more = true
      while (more && this.isOpen) more = this.#sendNext()
    } finally {
      this.#draining = false
    }
  }

  /** Returns whether another may follow at once. */
  #sendNext(): boolean {
    const first = this.#history.first
    if (first !== undefined) return this.#sendHistory(first)
    const changed = this.#takeChanged()
    if (changed === undefined) return false
    if (this.#mustWait(changed, this.#isConfirmable(changed))) {
      // It comes back when that has arrived.
      this.#changed.add(changed)
      return false
    }
    this.#tellDropped(changed)
    changed.settle()
    changed.report()
    return !changed.busy && !this.#changed.has(changed)
  }

  /** The observation that has waited longest for its newest state to be told. */
  #takeChanged(): Observation | undefined {
    this.#nextChanged ??= this.#changed.values()
    const next = this.#nextChanged.next()
    if (next.done === true) this.#nextChanged = undefined
    else this.#changed.delete(next.value)
    return next.value
  }

  #sendHistory(observation: Observation): boolean {
    if (this.#mustWait(observation, true)) return false
    this.#tellDropped(observation)
    const { schema } = this.#options
    const { path } = observation.operation
    const { message, reports } = reportBatch(this.#history.of(observation), path, schema, maximumBatchBytes)
    // What is kept goes only when it has arrived, so it is sent confirmable.
    observation.notify(message, { reports, isHistory: true, series: undefined })
    this.#options.turn.take(observation)
    return !observation.busy
  }

  #tellDropped(observation: Observation): void {
    const dropped = this.#history.takeDropped(observation)
    if (dropped > 0) this.#options.onDropped(observation, dropped)
  }

  #send(observation: Observation, report: Report): void {
    const { outcome } = report
    const isConfirmable = outcome.series !== undefined || this.#isConfirmable(observation)
    if (this.#mustWait(observation, isConfirmable)) {
      this.#waitFor(observation)
      return
    }
    observation.told(outcome.values)
    // RFC 7641 §4.2: an error, such as 4.04 for an instance that was deleted, is the last: the relation ends with it.
    const carried = isConfirmable ? { reports: [report], isHistory: false, series: outcome.series } : undefined
    observation.notify(encodeOutcome(outcome), carried)
    if (isConfirmable) this.#options.turn.take(observation)
  }

  #isConfirmable({ confirmedMs, isConfirmable = this.#options.confirmable }: Observation): boolean {
    return isConfirmable || this.#options.clock.now() >= confirmedMs + confirmEveryMs
  }

  /** Whether an acknowledgement has to come first, of the observation itself or of any. */
  #mustWait(observation: Observation, isConfirmable: boolean): boolean {
    if (observation.busy) return true
    const { turn } = this.#options
    if (!isConfirmable || !turn.isTaken) return false
    turn.wait(this.#drain)
    return true
  }

  /** Whether a notification may leave. */
  get isOpen(): boolean {
    return this.#connected && !this.#held && !this.#paused
  }

  /** Nothing of an observation overtakes what is still kept of it. */
  #isFreeFor(observation: Observation): boolean {
    return this.isOpen && !this.#changed.has(observation) && !this.#history.has(observation)
  }

  /** What of a report is kept. Undefined: nothing. */
  #keptOf(observation: Observation, report: Report): Report | undefined {
    const { attributes } = this.#options
    const maximum = attributes.maximumHistory(observation)
    if (maximum === 0) return undefined
    return withoutSeries(report, ({ path }) => maximum === undefined || attributes.isKept(path, observation))
  }

  #waitFor(observation: Observation): void {
    this.#changed.add(observation)
    this.#tell()
  }

  #tell(): void {
    if (this.#told || this.isOpen || (this.#history.size === 0 && this.#changed.size === 0)) return
    this.#told = true
    this.#options.onWaiting?.()
  }
}
