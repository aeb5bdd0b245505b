import type { CoapMessage } from '../transport/coap/message.ts'
import type { Trace } from '../transport/trace.ts'

/** Who sees the messages of a client; they may come and go while it runs. */
export class Traces implements Trace {
  readonly #watchers = new Set<Trace['message']>()

  constructor(first: Trace | undefined) {
    if (first !== undefined) this.add(first)
  }

  /** Returns the function that takes it away. */
  add(trace: Trace): () => void {
    const watcher: Trace['message'] = (direction, message, bytes) => trace.message(direction, message, bytes)
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  message(direction: 'sent' | 'received', message: CoapMessage, bytes: number): void {
    for (const watcher of this.#watchers) watcher(direction, message, bytes)
  }
}
