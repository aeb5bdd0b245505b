/** Entries of a log, as many of the newest as there is room for. */
export class LogRing {
  readonly #maximumBytes: number
  #entries: Uint8Array[] = []
  #bytes = 0

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes
  }

  /** Oldest first. */
  get entries(): readonly Uint8Array[] {
    return this.#entries
  }

  get isEmpty(): boolean {
    return this.#bytes === 0
  }

  /** Takes an entry, the oldest ones going for it; false when it is larger than all of the room. */
  add(entry: Uint8Array): boolean {
    if (entry.length > this.#maximumBytes) return false
    // What has no bytes needs no room, and without end of it there would be no end of entries.
    if (entry.length === 0) return true
    let going = 0
    for (; this.#bytes + entry.length > this.#maximumBytes; going++) {
      this.#bytes -= (this.#entries[going] as Uint8Array).length
    }
    if (going > 0) this.#entries.splice(0, going)
    this.#entries.push(entry)
    this.#bytes += entry.length
    return true
  }

  clear(): void {
    this.#entries = []
    this.#bytes = 0
  }
}
