import type { Delivery, DeliveryListener } from './message-layer.ts'

/**
 * Finds out which messages the peer of a stream has taken, as an acknowledgement would tell over datagrams: it reads in order,
 * so the answer to a Ping says that all before it has arrived (RFC 8323 §5.4). One Ping is under way at a time, for all that
 * was sent since the one before.
 */
export class Confirmations {
  readonly #ping: (token: Uint8Array) => void
  /** Sent before the Ping under way. */
  #asked = new Set<DeliveryListener>()
  /** Sent after it. */
  #waiting = new Set<DeliveryListener>()
  #round = 0

  constructor(ping: (token: Uint8Array) => void) {
    this.#ping = ping
  }

  /** How many messages are not known to have arrived. */
  get size(): number {
    return this.#asked.size + this.#waiting.size
  }

  /** The listener hears `acknowledged` when what was sent by now has arrived. */
  add(listener: DeliveryListener): Delivery {
    // One listener may wait for several messages.
    const own: DeliveryListener = { acknowledged: () => listener.acknowledged?.() }
    this.#waiting.add(own)
    if (this.#asked.size === 0) this.#ask()
    return {
      cancel: () => {
        this.#asked.delete(own)
        this.#waiting.delete(own)
      },
    }
  }

  /** A Pong without a token is taken for the answer to the Ping under way: libcoap 4.3.1 leaves tokens out. */
  pong(token: Uint8Array): void {
    const isOfRound = token.length === 4 && Buffer.from(token).readUInt32BE() === this.#round
    if (!isOfRound && token.length > 0) return
    const arrived = this.#asked
    this.#asked = new Set()
    if (this.#waiting.size > 0) this.#ask()
    for (const listener of arrived) listener.acknowledged?.()
  }

  clear(): void {
    this.#asked.clear()
    this.#waiting.clear()
  }

  #ask(): void {
    this.#asked = this.#waiting
    this.#waiting = new Set()
    this.#round = (this.#round + 1) >>> 0
    const token = Buffer.allocUnsafe(4)
    token.writeUInt32BE(this.#round)
    this.#ping(token)
  }
}
