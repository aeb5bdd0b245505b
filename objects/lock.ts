/** A counted lock: open when nobody holds it. */
export class Lock {
  readonly #onOpen: () => void
  readonly #waiting = new Set<() => void>()
  #holders = 0

  /** `onOpen` runs each time the last holder lets go, before those who wait. */
  constructor(onOpen: () => void) {
    this.#onOpen = onOpen
  }

  get held(): boolean {
    return this.#holders > 0
  }

  /** Returns the function that lets go; calling it again does nothing. */
  acquire(): () => void {
    this.#holders++
    let holding = true
    return () => {
      if (!holding) return
      holding = false
      if (--this.#holders === 0) this.#open()
    }
  }

  /** Calls back once when the lock is open, at once if it is now. Returns the function that cancels the wait. */
  whenOpen(callback: () => void): () => void {
    // Its own function, so that one callback may wait several times.
    const waiting = () => callback()
    if (this.held) this.#waiting.add(waiting)
    else waiting()
    return () => this.#waiting.delete(waiting)
  }

  #open(): void {
    this.#onOpen()
    for (const callback of this.#waiting) {
      if (this.held) return
      this.#waiting.delete(callback)
      callback()
    }
  }
}
