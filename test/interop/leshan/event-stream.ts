import { EventLog } from './event-log.ts'
import type { LeshanLink, LeshanNode, LeshanRegistration, LeshanTimedNode } from './model.ts'

interface Received {
  ep: string
  /** When Leshan had it, milliseconds since 1970. */
  receivedMs: number
}

/** What each event of the server carries. */
export interface LeshanEvents {
  REGISTRATION: LeshanRegistration
  UPDATED: {
    registration: LeshanRegistration
    update: { registrationId: string; lifetime: number | null; objectLinks: LeshanLink[] | null }
  }
  /** Also when the lifetime ended (`expired`) and when the client registered anew. */
  DEREGISTRATION: LeshanRegistration & { expired: boolean }
  /** `timed` has all when anything came with a time, and is empty otherwise; `val` is what holds now, or so Leshan says. */
  NOTIFICATION: Received & { val: LeshanNode; timed: readonly LeshanTimedNode[] } & (
      | { kind: 'single'; res: string }
      | { kind: 'composite'; paths: readonly string[] }
    )
  /** A notification that Leshan could not decode. */
  NOTIFICATION_ERROR: { ep: string; errormessage: string }
  SEND: Received & { timed: readonly LeshanTimedNode[] }
  /** A Send that Leshan refuses. */
  SEND_ERROR: { ep: string; errormessage: string }
  /** Of a client in queue mode, the first after it has registered. */
  AWAKE: { ep: string }
  SLEEPING: { ep: string }
  /** A request that waits until the client is awake. */
  DELAYED: { ep: string; path: string }
}

/** The server's event stream, recorded from the moment it was opened. */
export class EventStream<Events extends object = LeshanEvents> extends EventLog<Events> {
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

  close(): void {
    this.#abort.abort()
  }

  async #record(lines: AsyncGenerator<string>): Promise<void> {
    let type = ''
    try {
      for await (const line of lines) {
        if (line.startsWith('event: ')) type = line.slice('event: '.length)
        if (line.startsWith('data: ')) {
          this.record(type as keyof Events, JSON.parse(line.slice('data: '.length)) as Events[keyof Events])
        }
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error
    }
  }
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
