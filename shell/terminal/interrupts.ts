import { ConsoleError } from '../../server/console/console-error.ts'

/** What Ctrl-C ends. */
export class Interrupts {
  #running: AbortController | undefined

  /** Runs something that can be interrupted; what runs inside of it is interrupted first. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const outer = this.#running
    const controller = new AbortController()
    this.#running = controller
    try {
      return await work(controller.signal)
    } finally {
      this.#running = outer
    }
  }

  /** Aborts what runs, for ConsoleError; whether anything did, and was not aborted already. */
  interrupt(): boolean {
    if (this.#running === undefined || this.#running.signal.aborted) return false
    this.#running.abort(new ConsoleError('interrupted'))
    return true
  }
}
