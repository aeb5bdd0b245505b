import { createHash } from 'node:crypto'

/** The running hash over the messages of a handshake, SHA-256 (RFC 5246 §7.4.9, RFC 6347 §4.2.6). */
export class Transcript {
  readonly #hash = createHash('sha256')

  /** Adds a message, with its header as if it had never been fragmented. */
  add(message: Uint8Array): void {
    this.#hash.update(message)
  }

  /** The hash over all messages so far; more may follow. */
  hash(): Buffer {
    return this.#hash.copy().digest()
  }
}
