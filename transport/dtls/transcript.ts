import { createHash } from 'node:crypto'

/** The messages of a handshake and their running hash, SHA-256 (RFC 5246 §7.4.9, RFC 6347 §4.2.6). */
export class Transcript {
  readonly #hash = createHash('sha256')
  readonly #messages: Uint8Array[] = []

  /** Adds a message, with its header as if it had never been fragmented; it is not changed afterwards. */
  add(message: Uint8Array): void {
    this.#hash.update(message)
    this.#messages.push(message)
  }

  /** The hash over all messages so far; more may follow. */
  hash(): Buffer {
    return this.#hash.copy().digest()
  }

  /** All messages so far: a signature may use another hash (RFC 5246 §7.4.8). */
  messages(): Buffer {
    return Buffer.concat(this.#messages)
  }
}
