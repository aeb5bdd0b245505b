import type { Trace } from '../../transport/trace.ts'

/** Counts the messages that it sees, both ways. */
export class TrafficCounter implements Trace {
  readonly #headerBytes: number
  sentBytes = 0
  receivedBytes = 0
  maximumBytes = 0
  #messages = 0

  /** `headerBytes`: what each message has in front of it on its way. */
  constructor(headerBytes: number) {
    this.#headerBytes = headerBytes
  }

  /** 0 before the first. */
  get averageBytes(): number {
    return this.#messages === 0 ? 0 : (this.sentBytes + this.receivedBytes) / this.#messages
  }

  message(direction: 'sent' | 'received', _message: unknown, bytes: number): void {
    const size = bytes + this.#headerBytes
    if (direction === 'sent') this.sentBytes += size
    else this.receivedBytes += size
    if (size > this.maximumBytes) this.maximumBytes = size
    this.#messages++
  }
}
