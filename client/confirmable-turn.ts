/**
 * Lets one confirmable notification at a time leave to a server (RFC 7252 §4.7, NSTART), of the client or of any device behind
 * it: none is told later than it says, none waits in a queue that others fill, and pmin counts from when it left.
 */
export class ConfirmableTurn {
  /** Whose notification was the last to leave. */
  #holder: { readonly busy: boolean } | undefined
  readonly #waiting = new Set<() => void>()

  /** Whether an acknowledgement has to come first. */
  get isTaken(): boolean {
    return this.#holder?.busy === true
  }

  take(observation: { readonly busy: boolean }): void {
    this.#holder = observation
  }

  /** Calls back when it is free, once and each in turn. */
  wait(proceed: () => void): void {
    this.#waiting.add(proceed)
  }

  /** An acknowledgement came, or does not come any more. */
  pass(): void {
    for (const proceed of this.#waiting) {
      if (this.isTaken) return
      this.#waiting.delete(proceed)
      proceed()
    }
  }
}
