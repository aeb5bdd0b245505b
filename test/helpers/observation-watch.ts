import { overlap, type Path, parsePath } from '../../objects/path.ts'
import type { AttributedPaths, AttributeModel, WireAttributes } from './attribute-model.ts'
import type { Carried } from './carried-values.ts'
import type { Journal } from './journal.ts'
import type { StoredReports } from './stored-reports.ts'

/** Timers, and answers within one round trip. */
const slackMs = 50
/** RFC 7641 §3.4. */
const orderHorizonMs = 128_000

export interface ObservationStart extends AttributedPaths {
  /** Its paths. */
  readonly key: string
  readonly token: string
  readonly contentFormat: number | undefined
  readonly sequence: number
  readonly startedMs: number
  readonly stored: StoredReports
}

/** A notification as its observation sees it. */
export interface WatchedNotification {
  readonly name: string
  readonly sequence: number | undefined
  readonly isConfirmable: boolean
  readonly isStored: boolean
  readonly carried: readonly Carried[]
  /** When it may have been made: before it left, if something had to be answered first. */
  readonly madeMs: number
}

/** One observation as its messages show it, from its first response to its end. */
export class ObservationWatch implements AttributedPaths {
  readonly key: string
  readonly token: string
  readonly contentFormat: number | undefined
  readonly paths: readonly Path[]
  readonly isComposite: boolean
  readonly own: WireAttributes | undefined
  readonly stored: StoredReports
  readonly #attributes: AttributeModel
  readonly #journal: Journal
  /** Written and not sent yet. */
  readonly #unsent = new Map<string, { readonly value: number; readonly atMs: number }>()
  #sequence: number
  #sequenceMs: number
  #lastSentMs: number
  #lastMadeMs: number
  /** The shortest in force since the last live notification, seconds. */
  #leastPmin: number
  /** Until then something stood in the way. */
  #freeSinceMs: number
  #hqmaxMs: number
  /** The last may not have arrived, and is told again as soon as can be. */
  #isRetold = false
  /** What the last notification was the first to tell, if it was live. */
  #lastNewest: readonly Carried[] = []
  #isConfirmable = true
  isOver = false

  constructor(attributes: AttributeModel, journal: Journal, start: ObservationStart) {
    const { startedMs } = start
    this.key = start.key
    this.token = start.token
    this.contentFormat = start.contentFormat
    this.paths = start.paths
    this.isComposite = start.isComposite
    this.own = start.own
    this.stored = start.stored
    this.#attributes = attributes
    this.#journal = journal
    this.#sequence = start.sequence
    this.#sequenceMs = startedMs
    this.#lastSentMs = startedMs
    this.#lastMadeMs = startedMs
    this.#leastPmin = attributes.pmin(this)
    this.#freeSinceMs = startedMs
    this.#hqmaxMs = startedMs
    this.stored.release(undefined, startedMs)
  }

  /** Whether what was sent last has arrived in the end, when the network has been good since then. */
  hasArrived(goodSinceMs: number): boolean {
    return this.#isConfirmable || this.#lastSentMs > goodSinceMs
  }

  covers(path: string): boolean {
    const place = parsePath(path)
    return this.paths.some(one => overlap(one, place))
  }

  wrote(values: readonly Carried[], atMs: number): void {
    for (const { path, value } of values) this.#unsent.set(path, { value, atMs })
  }

  /** What waited for something on its way waits no more. */
  free(atMs: number): void {
    this.#freeSinceMs = atMs
  }

  /** The connection is gone, and with it a confirmable notification on its way. */
  lose(atMs: number): void {
    this.#isRetold = true
    for (const { path, value } of this.#lastNewest) {
      if (!this.#unsent.has(path)) this.#unsent.set(path, { value, atMs })
    }
  }

  release(heldSinceMs: number): void {
    const isSure = this.#hqmaxMs < heldSinceMs
    this.stored.release(isSure ? this.#attributes.hqmax(this) : undefined, heldSinceMs)
  }

  /** The attributes in force are others now. */
  attributed(path: string, isConditioned: boolean, hasHqmax: boolean, atMs: number): void {
    this.#leastPmin = Math.min(this.#leastPmin, this.#attributes.pmin(this))
    this.#freeSinceMs = atMs
    if (isConditioned) this.#unsent.delete(path)
    if (!hasHqmax) return
    this.#hqmaxMs = atMs
    this.stored.limit = undefined
    if (this.#attributes.hqmax(this) !== undefined) this.stored.forget()
  }

  sent(notification: WatchedNotification, mustBeConfirmable: boolean, nowMs: number): void {
    const { name, sequence, isConfirmable, isStored, carried, madeMs } = notification
    this.#takeSequence(sequence, nowMs)
    if (isStored) {
      const wrong = this.stored.send(name, carried)
      this.#expect(wrong === undefined, wrong ?? '')
      this.#expect(isConfirmable, 'what was stored is not confirmable')
    } else {
      this.#expect(
        this.#isRetold || nowMs >= this.#lastMadeMs + this.#leastPmin * 1000 - 1,
        `a live notification ${nowMs - this.#lastMadeMs} ms after the last, and pmin is ${this.#leastPmin} s`,
      )
      this.#expect(isConfirmable || !mustBeConfirmable, 'it is not confirmable')
      this.#lastMadeMs = madeMs
      this.#leastPmin = this.#attributes.pmin(this)
    }
    this.#lastSentMs = nowMs
    this.#isRetold = false
    this.#isConfirmable = isConfirmable
    const newest = carried.filter(({ path, value }) => this.#unsent.get(path)?.value === value)
    for (const { path } of newest) this.#unsent.delete(path)
    this.#lastNewest = isStored ? [] : newest
  }

  /** Nothing that is due is still to come: the state when pmax is over, a change when the pmin of its own part is. */
  look(activeSinceMs: number, nowMs: number): void {
    const freeMs = Math.max(this.#freeSinceMs, activeSinceMs)
    const pmax = this.#attributes.pmax(this)
    const silentMs = Math.max(this.#lastSentMs + (pmax ?? 0) * 1000, freeMs) + slackMs
    this.#expect(pmax === undefined || nowMs <= silentMs, `silent for longer than pmax, ${pmax} s`)
    const sentMs = Math.max(this.#lastSentMs, activeSinceMs)
    for (const [text, { value, atMs }] of this.#unsent) {
      const place = parsePath(text)
      const paths = this.paths.filter(path => overlap(path, place))
      const pmin = this.#attributes.pmin({ paths, isComposite: this.isComposite, own: this.own })
      const dueMs = Math.max(sentMs + pmin * 1000, atMs, freeMs) + slackMs
      this.#expect(nowMs <= dueMs, `${text}=${value} is not sent yet, and pmin is ${pmin} s`)
    }
  }

  /** RFC 7641 §3.4: each is newer than the one before. */
  #takeSequence(sequence: number | undefined, nowMs: number): void {
    const before = this.#sequence
    const ahead = ((sequence ?? before) - before + 2 ** 24) % 2 ** 24
    const isNewer = (ahead > 0 && ahead < 2 ** 23) || nowMs > this.#sequenceMs + orderHorizonMs
    this.#expect(isNewer, `the sequence goes from ${before} to ${sequence}`)
    this.#sequence = sequence ?? before
    this.#sequenceMs = nowMs
  }

  #expect(condition: boolean, otherwise: string): void {
    this.#journal.expect(condition, `${this.key}: ${otherwise}`)
  }
}
