import type { Clock, Timer } from '../clock.ts'
import type { Address, Connection, Listener, Network } from '../connection.ts'
import { closedError, TransportError } from '../errors.ts'
import { formatAddress } from '../uri.ts'
import { defaultParameters, exchangeLifetimeMs } from './parameters.ts'
import { CoapPeer, type CoapPeerOptions } from './peer.ts'
import { PeerTable } from './peer-table.ts'

export interface CoapEndpointOptions extends CoapPeerOptions {
  readonly network: Network
  /** Where to listen; port 0 takes any free one. */
  readonly local: Address
  /**
   * Peers kept at once; beyond it one that is not busy makes room, or the newcomer is not heard. Default 100,000.
   */
  readonly maximumPeers?: number
}

export const defaultMaximumPeers = 100_000

/** A CoAP endpoint that listens for datagrams: one {@link CoapPeer} for each remote address, dropped when idle. */
export class CoapEndpoint {
  readonly #options: CoapEndpointOptions
  readonly #peerOptions: CoapPeerOptions
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #peers: PeerTable<Connection>
  #listener: Listener | undefined
  #sweep: Timer

  private constructor(options: CoapEndpointOptions) {
    this.#options = options
    this.#peers = new PeerTable(options.maximumPeers ?? defaultMaximumPeers)
    this.#peerOptions = {
      ...options,
      onClosed: (error, peer) => {
        // What it was made with.
        this.#peers.delete(peer.connection as Connection)
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
    this.#peers.close()
    const listener = this.#listener
    this.#listener = undefined
    await listener?.close()
  }

  #accept(connection: Connection): void {
    if (!this.#peers.makeRoom()) {
      connection.close()
      return
    }
    this.#peers.set(connection, new CoapPeer(connection, this.#peerOptions))
    this.#sweep ??= this.#clock.setTimeout(() => this.#dropIdle(), this.#idleMs)
  }

  /** One sweep for all peers: after EXCHANGE_LIFETIME nothing is left to recognise as a duplicate. */
  #dropIdle(): void {
    for (const [connection, peer] of this.#peers.silentSince(this.#clock.now() - this.#idleMs)) {
      if (peer.busy) continue
      this.#peers.delete(connection)
      peer.close()
    }
    this.#sweep = this.#peers.size === 0 ? undefined : this.#clock.setTimeout(() => this.#dropIdle(), this.#idleMs)
  }
}
