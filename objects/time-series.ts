import { checkResourceValue } from './content.ts'
import type { ResourceEntry } from './definition-table.ts'
import { ValueError } from './errors.ts'
import type { Path } from './path.ts'
import type { PathValue } from './path-value.ts'
import type { Value } from './value.ts'

/** How a time series is kept. */
export interface TimeSeriesOptions {
  /** How many entries it holds at most, 1–10,000. */
  readonly capacity: number
  /** What gives way when it is full. Default: `dropNewest`, the entry that would be one too many. */
  readonly whenFull?: 'dropNewest' | 'dropOldest'
  /** `false` keeps a value out of the series; it is still the value of the resource. */
  readonly validate?: (value: Value) => boolean
}

/** A value and when the application wrote it. */
export interface TimeSeriesEntry {
  /** Seconds since 1970, fractions allowed. */
  readonly timeSeconds: number
  readonly value: Value
}

/** A time series as the application that keeps it sees it. */
export interface TimeSeriesHandle {
  /** How many entries wait to be delivered. */
  readonly size: number
  /** How many entries were lost because it was full. */
  readonly dropped: number
  /** The entries, oldest first. */
  save(): TimeSeriesEntry[]
  /**
   * Puts saved entries before those that came since, as many as there is room for; they are taken as delivered to nobody.
   * Throws `ValueError`, and restores nothing, for a value that the resource does not allow or a time that is not finite.
   */
  restore(entries: readonly TimeSeriesEntry[]): void
  /** Ends it: what it holds is gone, and a `read` handler of the resource counts again. */
  end(): void
}

const maximumCapacity = 10_000

/** Entries of one instant are set apart, since a payload has one value of a place for each time. */
const stepSeconds = 1e-6

/**
 * The entries of one resource or resource instance: a log with a position for each server. An entry goes when all servers
 * that have joined as readers have it; without any reader, when one server has it.
 */
export class TimeSeries implements TimeSeriesHandle {
  readonly path: Path
  readonly #resource: ResourceEntry
  readonly #capacity: number
  readonly #dropsOldest: boolean
  readonly #nowSeconds: () => number
  readonly #onEnd: () => void
  /** Rings: entry number n is at n modulo the capacity. */
  readonly #times: number[] = []
  readonly #values: Value[] = []
  /** Numbers of the oldest entry and of the one to come. */
  #first = 0
  #next = 0
  #dropped = 0
  #latestSeconds = Number.NEGATIVE_INFINITY
  /** How often each server has joined. */
  readonly #readers = new Map<number, number>()
  /** The first entry that a server does not have; for the others that is the oldest. */
  readonly #positions = new Map<number, number>()

  /** Throws TypeError for a capacity or a policy that there is not. */
  constructor(
    path: Path,
    resource: ResourceEntry,
    { capacity, whenFull = 'dropNewest' }: TimeSeriesOptions,
    nowSeconds: () => number,
    onEnd: () => void,
  ) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > maximumCapacity) {
      throw new TypeError(`the capacity of a time series is 1 to ${maximumCapacity}`)
    }
    if (whenFull !== 'dropNewest' && whenFull !== 'dropOldest') {
      throw new TypeError('a full time series can dropNewest or dropOldest')
    }
    this.path = path
    this.#resource = resource
    this.#capacity = capacity
    this.#dropsOldest = whenFull === 'dropOldest'
    this.#nowSeconds = nowSeconds
    this.#onEnd = onEnd
  }

  get size(): number {
    return this.#next - this.#first
  }

  get dropped(): number {
    return this.#dropped
  }

  /** Makes an entry of now, unless there is no room for it; `undo` is given how to take that back. */
  append(value: Value, undo?: (() => void)[]): boolean {
    this.#latestSeconds = Math.max(this.#nowSeconds(), this.#latestSeconds + stepSeconds)
    return this.#push(this.#latestSeconds, value, undo)
  }

  /** Counts the server as a reader, as often as it joins. */
  join(shortServerId: number): void {
    this.#readers.set(shortServerId, (this.#readers.get(shortServerId) ?? 0) + 1)
  }

  /** Takes one join back; nothing happens without one. */
  leave(shortServerId: number): void {
    const joins = this.#readers.get(shortServerId)
    if (joins === undefined) return
    if (joins > 1) this.#readers.set(shortServerId, joins - 1)
    else this.#readers.delete(shortServerId)
    if (this.#readers.size > 0) this.#release(this.#slowestReader())
  }

  /** The number of the first entry that the server does not have; entries are numbered in their order. */
  positionOf(shortServerId: number): number {
    return Math.max(this.#positions.get(shortServerId) ?? 0, this.#first)
  }

  /** How many entries there are from a position on. */
  countFrom(position: number): number {
    return this.#next - position
  }

  /** Appends `count` entries from a position on, oldest first. */
  appendTo(values: PathValue[], position: number, count: number): void {
    for (let number = position; number < position + count; number++) {
      const slot = number % this.#capacity
      values.push({
        path: this.path,
        value: this.#values[slot] as Value,
        timeSeconds: this.#times[slot] as number,
      })
    }
  }

  /** The server has all entries before `position`. */
  delivered(shortServerId: number, position: number): void {
    const reached = Math.min(position, this.#next)
    if (reached > this.positionOf(shortServerId)) this.#positions.set(shortServerId, reached)
    this.#release(this.#readers.size > 0 ? this.#slowestReader() : reached)
  }

  save(): TimeSeriesEntry[] {
    const entries: TimeSeriesEntry[] = []
    for (let number = this.#first; number < this.#next; number++) {
      const slot = number % this.#capacity
      entries.push({ timeSeconds: this.#times[slot] as number, value: this.#values[slot] as Value })
    }
    return entries
  }

  restore(entries: readonly TimeSeriesEntry[]): void {
    const restored = entries.map(({ timeSeconds, value }) => {
      if (!Number.isFinite(timeSeconds)) throw new ValueError('expected a finite time')
      return { timeSeconds, value: checkResourceValue(this.#resource, value) }
    })
    const all = [...restored, ...this.save()]
    this.#release(this.#next)
    for (const { timeSeconds, value } of all) this.#push(timeSeconds, value)
  }

  end(): void {
    this.#release(this.#next)
    this.#onEnd()
  }

  #push(timeSeconds: number, value: Value, undo?: (() => void)[]): boolean {
    const isFull = this.size === this.#capacity
    if (isFull) this.#dropped++
    if (isFull && !this.#dropsOldest) {
      undo?.push(() => this.#dropped--)
      return false
    }
    const number = this.#next
    const slot = number % this.#capacity
    if (undo !== undefined) undo.push(this.#withdrawal(number, isFull))
    if (isFull) this.#first++
    this.#times[slot] = timeSeconds
    this.#values[slot] = value
    this.#next++
    return true
  }

  /** How to take an entry back before there is another, and to bring back the one it takes the place of. */
  #withdrawal(number: number, replaces: boolean): () => void {
    const slot = number % this.#capacity
    const timeSeconds = this.#times[slot] as number
    const value = this.#values[slot] as Value
    const first = this.#first
    return () => {
      if (replaces) this.#dropped--
      // Not when it was delivered, restored or ended in the middle of the batch.
      if (this.#next !== number + 1 || this.#first > number) return
      this.#next = number
      if (!replaces || this.#first !== first + 1) return
      this.#first = first
      this.#times[slot] = timeSeconds
      this.#values[slot] = value
    }
  }

  #slowestReader(): number {
    let slowest = this.#next
    for (const shortServerId of this.#readers.keys()) slowest = Math.min(slowest, this.positionOf(shortServerId))
    return slowest
  }

  /** Lets go of the entries before `position`. */
  #release(position: number): void {
    if (position <= this.#first) return
    this.#first = position
    for (const [shortServerId, reached] of this.#positions) {
      if (reached <= position) this.#positions.delete(shortServerId)
    }
  }
}
