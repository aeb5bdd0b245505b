import type { Clock, Timer } from '../clock.ts'
import type { Address, Connection, Listener, Network } from '../connection.ts'
import { closedError, TransportError } from '../errors.ts'
import { formatAddress } from '../uri.ts'
import { defaultParameters, exchangeLifetimeMs } from './parameters.ts'
import { CoapPeer, type CoapPeerOptions } from './peer.ts'

export interface CoapEndpointOptions extends CoapPeerOptions {
  readonly network: Network
  /** Where to listen; port 0 takes any free one. */
  readonly local: Address
  /**
   * Peers kept at once; beyond it one that is not busy makes room, or the newcomer is not heard. Default 100,000.
   */
  readonly maximumPeers?: number
}

/** A listening CoAP endpoint: one {@link CoapPeer} for each remote address, dropped when idle. */
export class CoapEndpoint {
  readonly #options: CoapEndpointOptions
  readonly #peerOptions: CoapPeerOptions
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #peers = new Map<Connection, CoapPeer>()
  #listener: Listener | undefined
  #sweep: Timer

  private constructor(options: CoapEndpointOptions) {
    this.#options = options
    this.#peerOptions = {
      ...options,
      onClosed: (error, peer) => {
        this.#peers.delete(peer.connection)
        peer.close(error)
        options.onClosed?.(error, peer)
      },
    }
    this.#clock = options.clock
    this.#idleMs = exchangeLifetimeMs({ ...defaultParameters, ...options.parameters })
  }

  /** Rejects with TransportError ADDRESS_IN_USE. */
  static async listen(options: CoapEndpointOptions): Promise<CoapEndpoint> {
    const endpoint = new CoapEndpoint(options)
    endpoint.#listener = await options.network.listen(options.local, connection => endpoint.#accept(connection))
    return endpoint
  }

  get local(): Address {
    return this.#listener?.local ?? this.#options.local
  }

  /** The peer at an address, made when there is none. Throws TransportError CLOSED, or QUEUE_FULL at `maximumPeers`. */
  peer(remote: Address): CoapPeer {
    if (this.#listener === undefined) throw closedError()
    const peer = this.#peers.get(this.#listener.connection(remote))
    if (peer === undefined) throw new TransportError('QUEUE_FULL', `all ${this.#peers.size} peers are busy`)
    return peer
  }

  /**
   * The peer of a connection, on a new one to where it leads when it was dropped meanwhile. Throws as {@link peer}, and
   * TransportError CLOSED when it is over, or somebody else is there.
   */
  peerOf(connection: Connection): CoapPeer {
    const known = this.#peers.get(connection)
    if (known !== undefined) return known
    const peer = this.peer(connection.remote)
    if (peer.connection.identity === connection.identity) return peer
    throw new TransportError('CLOSED', `somebody else is at ${formatAddress(connection.remote)} now`)
  }

  async close(): Promise<void> {
    this.#clock.clearTimeout(this.#sweep)
    for (const peer of this.#peers.values()) peer.close()
    this.#peers.clear()
    const listener = this.#listener
    this.#listener = undefined
    await listener?.close()
  }

  #accept(connection: Connection): void {
    if (this.#peers.size >= (this.#options.maximumPeers ?? 100_000) && !this.#makeRoom()) {
      connection.close()
      return
    }
    this.#peers.set(connection, new CoapPeer(connection, this.#peerOptions))
    this.#sweep ??= this.#clock.setTimeout(() => this.#dropIdle(), this.#idleMs)
  }

  /** One sweep for all peers: after EXCHANGE_LIFETIME nothing is left to recognise as a duplicate. */
  #dropIdle(): void {
    const idleSinceMs = this.#clock.now() - this.#idleMs
    for (const [connection, peer] of this.#peers) {
      if (!peer.busy && peer.lastActivityMs <= idleSinceMs) this.#drop(connection, peer)
    }
    this.#sweep = this.#peers.size === 0 ? undefined : this.#clock.setTimeout(() => this.#dropIdle(), this.#idleMs)
  }

  /** Drops the first peer that is not busy; looks at a few only, since strangers may come fast, and at others the next time. */
  #makeRoom(): boolean {
    for (let looks = 0; looks < 16; looks++) {
      const oldest = this.#peers.entries().next()
      if (oldest.done === true) return false
      const [connection, peer] = oldest.value
      this.#peers.delete(connection)
      if (!peer.busy) {
        peer.close()
        return true
      }
      this.#peers.set(connection, peer)
    }
    return false
  }

  #drop(connection: Connection, peer: CoapPeer): void {
    this.#peers.delete(connection)
    peer.close()
  }
}
