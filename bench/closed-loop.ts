const stallMs = 2_000

/** What to ask of whoever serves. */
export interface LoopRun {
  readonly requests: number
  readonly outstanding: number
}

/** A closed loop: each response is the cue for the next request. */
export class ClosedLoop {
  readonly #ask: () => void
  #unsent = 0
  #unanswered = 0
  #end: (error?: Error) => void = () => undefined

  /** @param ask sends one request */
  constructor(ask: () => void) {
    this.#ask = ask
  }

  /** @returns the time it took, in ms. */
  run({ requests, outstanding }: LoopRun): Promise<number> {
    return new Promise((resolve, reject) => {
      const startedMs = performance.now()
      this.#unsent = requests
      this.#unanswered = requests
      let unansweredBefore = -1
      const watchdog = setInterval(() => {
        if (this.#unanswered === unansweredBefore)
          this.#end(new Error(`no response for ${stallMs} ms, ${this.#unanswered} requests left`))
        unansweredBefore = this.#unanswered
      }, stallMs)
      this.#end = error => {
        clearInterval(watchdog)
        if (error === undefined) resolve(performance.now() - startedMs)
        else reject(error)
      }
      for (let slot = 0; slot < outstanding; slot++) this.#askNext()
    })
  }

  /** A request has its response. */
  answered(): void {
    this.#unanswered--
    if (this.#unsent > 0) this.#askNext()
    if (this.#unanswered === 0) this.#end()
  }

  #askNext(): void {
    this.#unsent--
    this.#ask()
  }
}
