const defaultMaximumBytes = 1_000_000

/** The payloads of all packets that a console has received, put together. */
export class PayloadBuffer {
  readonly #maximumBytes: number
  /** Grows to twice the maximum, so that making room moves each byte but once. */
  #memory = Buffer.alloc(0)
  #start = 0
  #end = 0
  #droppedBytes = 0

  /** Beyond `maximumBytes` the oldest bytes make room. Default 1,000,000. */
  constructor(maximumBytes = defaultMaximumBytes) {
    this.#maximumBytes = maximumBytes
  }

  /** How many bytes have made room since it was cleared. */
  get droppedBytes(): number {
    return this.#droppedBytes
  }

  /** A copy. */
  bytes(): Buffer {
    return Buffer.from(this.#memory.subarray(this.#start, this.#end))
  }

  append(payload: Uint8Array): void {
    const kept = payload.subarray(Math.max(0, payload.length - this.#maximumBytes))
    const excess = Math.max(0, this.#end - this.#start + kept.length - this.#maximumBytes)
    this.#start += excess
    this.#droppedBytes += excess + payload.length - kept.length
    if (this.#end + kept.length > this.#memory.length) this.#makeRoom(kept.length)
    this.#memory.set(kept, this.#end)
    this.#end += kept.length
  }

  clear(): void {
    this.#memory = Buffer.alloc(0)
    this.#start = 0
    this.#end = 0
    this.#droppedBytes = 0
  }

  /** Afterwards the bytes begin at the beginning. */
  #makeRoom(more: number): void {
    const length = this.#end - this.#start
    const capacity = Math.min(2 * (length + more), 2 * this.#maximumBytes)
    const memory = capacity > this.#memory.length ? Buffer.allocUnsafeSlow(capacity) : this.#memory
    this.#memory.copy(memory, 0, this.#start, this.#end)
    this.#memory = memory
    this.#start = 0
    this.#end = length
  }
}
