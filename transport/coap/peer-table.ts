import type { CoapPeer } from './peer.ts'
import type { PeerConnection } from './peer-connection.ts'

/** Peers looked at to make room for one more: strangers may come fast. */
const maximumLooks = 16

/** The peers of a listening endpoint by their connections, bounded: where there is no room, one that is not busy goes. */
export class PeerTable<C extends PeerConnection> {
  readonly #peers = new Map<C, CoapPeer>()
  readonly #maximum: number

  constructor(maximum: number) {
    this.#maximum = maximum
  }

  get size(): number {
    return this.#peers.size
  }

  get(connection: C): CoapPeer | undefined {
    return this.#peers.get(connection)
  }

  set(connection: C, peer: CoapPeer): void {
    this.#peers.set(connection, peer)
  }

  delete(connection: C): void {
    this.#peers.delete(connection)
  }

  /** Whether there is room for one more besides `others`; closes a peer for it. */
  makeRoom(others = 0): boolean {
    if (this.#peers.size + others < this.#maximum) return true
    for (let looks = 0; looks < maximumLooks; looks++) {
      const oldest = this.#peers.entries().next()
      if (oldest.done === true) return false
      const [connection, peer] = oldest.value
      this.#peers.delete(connection)
      if (!peer.busy) {
        peer.close()
        return true
      }
      // The next time others are looked at.
      this.#peers.set(connection, peer)
    }
    return false
  }

  /** Peers that were silent since then, clock milliseconds. */
  *silentSince(sinceMs: number): Generator<[C, CoapPeer]> {
    for (const entry of this.#peers) {
      if (entry[1].lastActivityMs <= sinceMs) yield entry
    }
  }

  close(): void {
    for (const peer of this.#peers.values()) peer.close()
    this.#peers.clear()
  }
}
