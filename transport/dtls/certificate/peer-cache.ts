/** Far more than the servers of a client; a server of more clients has most of them resume their sessions. */
const defaultMaximum = 1_000

/**
 * What was read of the certificates or raw public keys of trusted peers, so that it is not read again when they come
 * again. Only the reading is spared, and the check of a signature: whether a peer is trusted is decided each time.
 */
export class PeerCache<Value> {
  readonly #maximum: number
  /** By the bytes, one a character; the least recently used first. */
  readonly #values = new Map<string, Value>()

  /** @param maximum at least 1; the least recently used is forgotten first. Default 1,000. */
  constructor(maximum: number = defaultMaximum) {
    this.#maximum = maximum
  }

  get size(): number {
    return this.#values.size
  }

  find(der: Uint8Array): Value | undefined {
    return this.#values.get(keyOf(der))
  }

  /** Keeps what was read of a peer that is trusted: strangers are not to drive out others. */
  keep(der: Uint8Array, value: Value): void {
    const key = keyOf(der)
    this.#values.delete(key)
    this.#values.set(key, value)
    if (this.#values.size <= this.#maximum) return
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest)
      return
    }
  }
}

function keyOf(der: Uint8Array): string {
  return Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('latin1')
}
