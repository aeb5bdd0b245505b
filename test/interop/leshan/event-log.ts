export interface RecordedEvent<Events, T extends keyof Events = keyof Events> {
  readonly type: T
  readonly data: Events[T]
  /** When it arrived, on the scale of `performance.now()`. */
  readonly atMs: number
}

/** Events by name as they arrive, and a way to wait for them. */
export class EventLog<Events extends object> {
  readonly #history: RecordedEvent<Events>[] = []
  readonly #taken = new Set<RecordedEvent<Events>>()
  readonly #waiters = new Set<(event: RecordedEvent<Events>) => boolean>()

  /** Every event so far, in order of arrival. */
  get history(): readonly RecordedEvent<Events>[] {
    return this.#history
  }

  record<T extends keyof Events>(type: T, data: Events[T]): void {
    const event: RecordedEvent<Events> = { type, data, atMs: performance.now() }
    this.#history.push(event)
    for (const waiter of this.#waiters) {
      if (waiter(event)) {
        this.#waiters.delete(waiter)
        return
      }
    }
  }

  /** The first event of this type that matches and that no earlier call returned: one that is here already, or one to come. */
  next<T extends keyof Events>(
    type: T,
    matches: (data: Events[T]) => boolean = () => true,
    timeoutMs = 10_000,
  ): Promise<RecordedEvent<Events, T>> {
    return new Promise((resolve, reject) => {
      const offer = (event: RecordedEvent<Events>): boolean => {
        if (!isType(event, type) || this.#taken.has(event) || !matches(event.data)) return false
        this.#taken.add(event)
        resolve(event)
        return true
      }
      if (this.#history.some(offer)) return
      const waiter = (event: RecordedEvent<Events>) => offer(event) && (clearTimeout(timer), true)
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter)
        const seen = this.#history.map(event => event.type).join(', ')
        reject(new Error(`no ${String(type)} event within ${timeoutMs} ms; seen: ${seen || 'none'}`))
      }, timeoutMs)
      this.#waiters.add(waiter)
    })
  }
}

function isType<Events, T extends keyof Events>(
  event: RecordedEvent<Events>,
  type: T,
): event is RecordedEvent<Events, T> {
  return event.type === type
}
