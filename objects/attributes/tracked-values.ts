import type { StoredContent } from '../content.ts'
import { formatPath, type Path, parsePath } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { Change } from '../store.ts'
import { sameValue, type Value } from '../value.ts'
import type { Attributes } from './attributes.ts'
import { hasConditions, meetsConditions } from './conditions.ts'

/** A change of which the value comes along, since the store does not hold it; it may be the same as before. */
export interface Sample extends Change {
  readonly sampled: Value | undefined
}

export interface TrackedValuesOptions {
  /** The attributes in force at a resource or resource instance. */
  readonly attributesAt: (path: Path) => Attributes
  readonly contentAt: (path: Path) => StoredContent | undefined
  /** Whether the value there is sampled. */
  readonly isSampled: (path: Path) => boolean
}

/** Fewer are not worth the look for those that are gone. */
const fewValues = 32

interface Tracked {
  notified: Value | undefined
  evaluated: Value | undefined
}

/**
 * The values of one observation on which its notifications depend: those under a condition, and those that are sampled.
 * What it has never seen is worth a notification.
 */
export class TrackedValues {
  readonly #options: TrackedValuesOptions
  readonly #byPath = new Map<string, Tracked>()
  /** With so many it is time to look for those that are gone. */
  #crowd = fewValues

  constructor(options: TrackedValuesOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#byPath.size
  }

  /** Evaluates each change; whether one of them is worth a notification. */
  areWorth(changes: readonly Change[]): boolean {
    let worth = false
    // Each has to be evaluated: a threshold that is crossed now is not crossed again by the next value.
    for (const change of changes) worth = this.#isWorth(change) || worth
    return worth
  }

  /** Takes these for what the server knows, where no more is known; samples excepted, which are not in the store. */
  assume(values: readonly PathValue[]): void {
    for (const { path, value } of values) {
      if (path.length < 3 || value === undefined || value === null || this.#byPath.has(formatPath(path))) continue
      if (!this.#options.isSampled(path) && this.#isTracked(path)) this.#track(path, value)
    }
  }

  /** Remembers values of which the server knows. */
  told(values: readonly PathValue[]): void {
    for (const { path, value } of values) {
      if (path.length < 3 || value === undefined || value === null) continue
      const tracked = this.#byPath.get(formatPath(path))
      if (tracked !== undefined) tracked.notified = tracked.evaluated = value
      else if (this.#isTracked(path)) this.#track(path, value)
    }
  }

  #isWorth(change: Change): boolean {
    const { path, kind } = change
    if (kind !== 'value') return true
    if ('sampled' in change) return this.#isValueWorth(path, (change as Sample).sampled, true)
    const content = this.#options.contentAt(path)
    if (!(content instanceof Map)) return this.#isValueWorth(path, content, false)
    let worth = false
    for (const [id, value] of content) worth = this.#isValueWorth([...path, id], value, false) || worth
    return worth
  }

  #isValueWorth(path: Path, value: Value | undefined, isSample: boolean): boolean {
    const attributes = this.#options.attributesAt(path)
    if (!isSample && !hasConditions(attributes)) return true
    const key = formatPath(path)
    const tracked = this.#byPath.get(key)
    if (tracked === undefined) {
      if (isSample || value !== undefined) this.#remember(key, { notified: undefined, evaluated: value })
      return true
    }
    const { evaluated } = tracked
    const worth = meetsConditions(tracked, value, attributes)
    tracked.evaluated = value
    // A sample is taken whether or not anything has happened.
    return worth && !(isSample && sameValue(evaluated, value))
  }

  #track(path: Path, value: Value): void {
    this.#remember(formatPath(path), { notified: value, evaluated: value })
  }

  /** Twice as many as there are at most: a server may create and delete without an end. */
  #remember(key: string, tracked: Tracked): void {
    if (this.#byPath.size >= this.#crowd) {
      const { contentAt, isSampled } = this.#options
      for (const text of this.#byPath.keys()) {
        const path = parsePath(text)
        if (contentAt(path) === undefined && !isSampled(path)) this.#byPath.delete(text)
      }
      this.#crowd = Math.max(fewValues, 2 * this.#byPath.size)
    }
    this.#byPath.set(key, tracked)
  }

  #isTracked(path: Path): boolean {
    const { attributesAt, isSampled } = this.#options
    return hasConditions(attributesAt(path)) || isSampled(path)
  }
}
