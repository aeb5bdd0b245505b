import type { Clock, Timer } from '../clock.ts'
import type { Address, Connection, Listener, Network } from '../connection.ts'
import { defaultParameters, exchangeLifetimeMs } from './parameters.ts'
import { CoapPeer, type CoapPeerOptions } from './peer.ts'

export interface CoapEndpointOptions extends CoapPeerOptions {
  readonly network: Network
  /** Where to listen; port 0 takes any free one. */
  readonly local: Address
  /** Peers kept at once; beyond it the oldest that is not busy makes room. Default 100,000. */
  readonly maximumPeers?: number
}

/** A listening CoAP endpoint: one {@link CoapPeer} for each remote address, dropped when idle. */
export class CoapEndpoint {
  readonly #options: CoapEndpointOptions
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #peers = new Map<Connection, CoapPeer>()
  #listener: Listener | undefined
  #sweep: Timer

  private constructor(options: CoapEndpointOptions) {
    this.#options = options
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

  /** The peer at an address, made when there is none. */
  peer(remote: Address): CoapPeer {
    const connection = this.#listener?.connection(remote)
    const peer = connection === undefined ? undefined : this.#peers.get(connection)
    if (peer === undefined) throw new Error('the endpoint is closed')
    return peer
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
    if (this.#peers.size >= (this.#options.maximumPeers ?? 100_000)) this.#dropOldest()
    this.#peers.set(connection, new CoapPeer(connection, this.#options))
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

  #dropOldest(): void {
    for (const [connection, peer] of this.#peers) {
      if (peer.busy) continue
      this.#drop(connection, peer)
      return
    }
  }

  #drop(connection: Connection, peer: CoapPeer): void {
    this.#peers.delete(connection)
    peer.close()
  }
}
