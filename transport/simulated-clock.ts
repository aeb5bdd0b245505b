import type { Clock, Timer } from './clock.ts'

interface Entry {
  readonly dueMs: number
  readonly order: number
  /** Undefined once cancelled or fired. */
  callback: (() => void) | undefined
}

/** Time that only moves when told to: a binary heap of timers, fired in order of their due time, then of their setting. */
export class SimulatedClock implements Clock {
  #nowMs: number
  #order = 0
  #pending = 0
  readonly #heap: Entry[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  /** How many timers are set. */
  get pendingTimers(): number {
    return this.#pending
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const entry: Entry = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback }
    this.#pending++
    this.#push(entry)
    return entry
  }

  clearTimeout(timer: Timer): void {
    const entry = timer as Entry | undefined
    if (entry?.callback === undefined) return
    entry.callback = undefined
    this.#pending--
  }

  /** Fires what falls due within the next `durationMs`, each timer at its own time, promises settled in between. */
  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs
    await settle()
    for (let next = this.#next(); next !== undefined && next.dueMs <= untilMs; next = this.#next()) {
      this.#fire(next)
      await settle()
    }
    this.#nowMs = untilMs
  }

  /** The same without settling promises: for code whose timers need none, and much faster. */
  advanceSync(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs
    for (let next = this.#next(); next !== undefined && next.dueMs <= untilMs; next = this.#next()) this.#fire(next)
    this.#nowMs = untilMs
  }

  /** Advances from timer to timer until `promise` settles; rejects when `limitMs` pass first or no timer is left. */
  async until<T>(promise: Promise<T>, limitMs = 3_600_000): Promise<T> {
    const watch = { settled: false }
    void promise
      .catch(() => undefined)
      .finally(() => {
        watch.settled = true
      })
    const untilMs = this.#nowMs + limitMs
    await settle()
    while (!watch.settled) {
      const next = this.#next()
      if (next === undefined) throw new Error('the promise waits, but no timer is left')
      if (next.dueMs > untilMs) throw new Error(`the promise did not settle within ${limitMs} simulated ms`)
      this.#fire(next)
      await settle()
    }
    return promise
  }

  #fire(entry: Entry): void {
    this.#pop()
    this.#nowMs = Math.max(this.#nowMs, entry.dueMs)
    const callback = entry.callback
    if (callback === undefined) return
    entry.callback = undefined
    this.#pending--
    callback()
  }

  /** The next live entry; cancelled ones are dropped on the way. */
  #next(): Entry | undefined {
    while (this.#heap.length > 0 && this.#heap[0]?.callback === undefined) this.#pop()
    return this.#heap[0]
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(entry, heap[parent] as Entry)) break
      heap[index] = heap[parent] as Entry
      index = parent
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++
      if (!before(heap[child] as Entry, last)) break
      heap[index] = heap[child] as Entry
      index = child
    }
    heap[index] = last
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
}

/** Lets every promise reaction that is ready run; a real macrotask, since reactions may chain. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
