import { type Carried, nameOf } from './carried-values.ts'

interface Expected {
  readonly atMs: number
  isDelivered: boolean
}

/** A notification of what was stored, as it was sent. */
interface Sent {
  readonly entries: readonly string[]
  readonly lastMs: number | undefined
}

/**
 * What must have been stored of one observation, over its registrations, and what became of it: every value arrives, with its
 * time where the format has one, in order, and none that was acknowledged comes again.
 */
export class StoredReports {
  readonly #expected = new Map<string, Expected>()
  readonly #sent = new Map<string, Sent>()
  readonly #acknowledged = new Set<string>()
  #acknowledgedMs = 0
  #heldSinceMs = 0
  /** Times of the reports that left since the last release. */
  #drained = new Set<number>()
  /** The most that may be kept: by hqmax, as far as it was the same all the time. */
  limit: number | undefined
  dropped = 0

  /** Those that were neither delivered nor forgotten. */
  get lost(): number {
    return new Set([...this.#expected.values()].flatMap(one => (one.isDelivered ? [] : [one.atMs]))).size
  }

  get expected(): number {
    return new Set([...this.#expected.values()].map(({ atMs }) => atMs)).size
  }

  expect(atMs: number, values: readonly Carried[]): void {
    for (const { path, value } of values) this.#expected.set(`${path} ${value}`, { atMs, isDelivered: false })
  }

  /** They need not arrive any more. */
  forget(): void {
    this.#expected.clear()
    this.dropped = 0
  }

  /** What is kept leaves, `limit` reports at most if one is of the time since then. */
  release(limit: number | undefined, sinceMs: number): void {
    this.#drained.clear()
    this.limit = limit
    this.#heldSinceMs = sinceMs
  }

  /** Returns what is wrong about it. */
  send(messageId: string, carried: readonly Carried[]): string | undefined {
    const timed = carried.filter(({ atMs }) => atMs !== undefined)
    const times = timed.map(({ atMs }) => atMs as number)
    const entries = carried.map(nameOf)
    this.#sent.set(messageId, { entries, lastMs: times.at(-1) })
    for (const time of times) this.#drained.add(time)
    const again = entries.find(entry => this.#acknowledged.has(entry))
    if (again !== undefined) return `${again} was acknowledged and is sent again`
    if (times.some((time, index) => time < (times[index - 1] ?? this.#acknowledgedMs)))
      return 'the order of times is wrong'
    const isLimited = this.limit !== undefined && [...this.#drained].some(time => time >= this.#heldSinceMs)
    if (isLimited && this.#drained.size > (this.limit ?? 0)) {
      return `${this.#drained.size} reports were kept, and hqmax is ${this.limit}`
    }
    return undefined
  }

  acknowledge(messageId: string): void {
    const sent = this.#sent.get(messageId)
    if (sent === undefined) return
    this.#sent.delete(messageId)
    if (sent.lastMs !== undefined) this.#acknowledgedMs = sent.lastMs
    for (const entry of sent.entries) {
      if (sent.lastMs !== undefined) this.#acknowledged.add(entry)
      const [value = '', at] = entry.split(' at ')
      const expected = this.#expected.get(value)
      if (expected !== undefined && (at === undefined || Number(at) === expected.atMs)) expected.isDelivered = true
    }
  }
}
