/** What Ctrl-C and a request to terminate end: something within the command, where there is something, or the command. */
export class Interruption {
  /** Resolves when the command is to end. */
  readonly interrupted: Promise<void>
  #resolve = () => {}
  #isOver = false
  #within = () => false

  constructor() {
    this.interrupted = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  /** Sets what Ctrl-C asks first: `within` ends something and returns whether there was anything to end. */
  readonly onInterrupt = (within: () => boolean): void => {
    this.#within = within
  }

  /** Ctrl-C. False: all that could be ended is being ended already. */
  interrupt(): boolean {
    return (!this.#isOver && this.#within()) || this.terminate()
  }

  /** Ends the command. False: it is being ended already. */
  terminate(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#resolve()
    return true
  }
}
