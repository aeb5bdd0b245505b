import type { LeshanLink, LeshanNode, LeshanRegistration } from './model.ts'

/** What each event of the server carries. */
export interface LeshanEvents {
  REGISTRATION: LeshanRegistration
  UPDATED: {
    registration: LeshanRegistration
    update: { registrationId: string; lifetime: number | null; objectLinks: LeshanLink[] | null }
  }
  /** Also when the lifetime ended (`expired`) and when the client registered anew. */
  DEREGISTRATION: LeshanRegistration & { expired: boolean }
  NOTIFICATION: { ep: string; val: LeshanNode } & (
    | { kind: 'single'; res: string }
    | { kind: 'composite'; paths: readonly string[] }
  )
  /** A notification that Leshan could not decode. */
  NOTIFICATION_ERROR: { ep: string; errormessage: string }
  /** Of a client in queue mode, the first after it has registered. */
  AWAKE: { ep: string }
  SLEEPING: { ep: string }
  /** A request that waits until the client is awake. */
  DELAYED: { ep: string; path: string }
}

export interface RecordedEvent<Events = LeshanEvents, T extends keyof Events = keyof Events> {
  readonly type: T
  readonly data: Events[T]
  /** When it arrived, on the scale of `performance.now()`. */
  readonly atMs: number
}

/** The server's event stream, recorded from the moment it was opened. */
export class EventStream<Events extends object = LeshanEvents> {
  readonly #history: RecordedEvent<Events>[] = []
  readonly #taken = new Set<RecordedEvent<Events>>()
  readonly #waiters = new Set<(event: RecordedEvent<Events>) => boolean>()
  readonly #abort = new AbortController()

  /** Resolves once the server has subscribed us, so nothing that happens afterwards is missed. */
  static async open<Events extends object>(url: string): Promise<EventStream<Events>> {
    const stream = new EventStream<Events>()
    const response = await fetch(url, { signal: stream.#abort.signal })
    const lines = readLines(response)
    await lines.next()
    void stream.#record(lines)
    return stream
  }

  /** Every event so far, in order of arrival. */
  get history(): readonly RecordedEvent<Events>[] {
    return this.#history
  }

  /** The first event of this type that matches and that no earlier call returned: one that is here already, or one to come. */
  next<T extends keyof Events>(
    type: T,
    matches: (data: Events[T]) => boolean = () => true,
    timeoutMs = 5_000,
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

  close(): void {
    this.#abort.abort()
  }

  async #record(lines: AsyncGenerator<string>): Promise<void> {
    let type = ''
    try {
      for await (const line of lines) {
        if (line.startsWith('event: ')) type = line.slice('event: '.length)
        if (line.startsWith('data: ')) this.#arrived(type, line.slice('data: '.length))
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error
    }
  }

  #arrived(type: string, data: string): void {
    const event = { type, data: JSON.parse(data), atMs: performance.now() } as RecordedEvent<Events>
    this.#history.push(event)
    for (const waiter of this.#waiters) {
      if (waiter(event)) {
        this.#waiters.delete(waiter)
        return
      }
    }
  }
}

function isType<Events, T extends keyof Events>(
  event: RecordedEvent<Events>,
  type: T,
): event is RecordedEvent<Events, T> {
  return event.type === type
}

async function* readLines(response: Response): AsyncGenerator<string> {
  if (response.body === null) return
  let rest = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
