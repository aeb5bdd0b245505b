import { setMaxListeners } from 'node:events'
import type { Clock, Timer } from '../clock.ts'
import type { Address } from '../connection.ts'
import { TransportError } from '../errors.ts'
import type { Stream, StreamListener, StreamNetwork } from '../stream.ts'
import type { TlsServerOptions } from '../tls-options.ts'
import { CoapStream } from './coap-stream.ts'
import { defaultMaximumPeers } from './endpoint.ts'
import { type CoapParameters, defaultParameters, exchangeLifetimeMs } from './parameters.ts'
import { CoapPeer, type CoapPeerOptions } from './peer.ts'
import { PeerTable } from './peer-table.ts'

export interface CoapStreamEndpointOptions extends CoapPeerOptions {
  readonly network: StreamNetwork
  /** Where to listen; port 0 takes any free one. */
  readonly local: Address
  /** Absent: TCP without security. */
  readonly tls?: TlsServerOptions
  /** As of `CoapEndpointOptions`. */
  readonly maximumPeers?: number
}

/**
 * A CoAP endpoint that listens for streams (RFC 8323): one {@link CoapPeer} for each, from the exchange of settings until
 * either end closes it. Peers that are silent for long are asked by a Ping whether they are still there.
 */
export class CoapStreamEndpoint {
  readonly #options: CoapStreamEndpointOptions
  readonly #peerOptions: CoapPeerOptions
  readonly #parameters: CoapParameters
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #peers: PeerTable<CoapStream>
  /** Streams whose settings are not known yet. */
  #opening = 0
  readonly #ended = new AbortController()
  #listener: StreamListener | undefined
  #sweep: Timer

  private constructor(options: CoapStreamEndpointOptions) {
    this.#options = options
    this.#peers = new PeerTable(options.maximumPeers ?? defaultMaximumPeers)
    this.#peerOptions = {
      ...options,
      onClosed: (error, peer) => {
        // What it was made with.
        this.#peers.delete(peer.connection as CoapStream)
        peer.close(error)
        options.onClosed?.(error, peer)
      },
    }
    // Each stream that is being opened listens to it.
    setMaxListeners(0, this.#ended.signal)
    this.#clock = options.clock
    this.#parameters = { ...defaultParameters, ...options.parameters }
    this.#idleMs = exchangeLifetimeMs(this.#parameters)
  }

  /** Rejects with TransportError ADDRESS_IN_USE. */
  static async listen(options: CoapStreamEndpointOptions): Promise<CoapStreamEndpoint> {
    const { network, local, tls } = options
    const endpoint = new CoapStreamEndpoint(options)
    const accept = (stream: Stream) => void endpoint.#accept(stream)
    endpoint.#listener = await network.listen(local, accept, tls && { tls })
    return endpoint
  }

  get local(): Address {
    return this.#listener?.local ?? this.#options.local
  }

  /** The peer of a connection. Throws TransportError CLOSED when that is over: nobody can be reached by it any more. */
  peerOf(connection: CoapStream): CoapPeer {
    const peer = this.#peers.get(connection)
    if (peer === undefined)
      throw new TransportError('CLOSED', 'the connection is over; its other end has to connect anew')
    return peer
  }

  async close(): Promise<void> {
    this.#clock.clearTimeout(this.#sweep)
    this.#ended.abort()
    this.#peers.close()
    const listener = this.#listener
    this.#listener = undefined
    await listener?.close()
  }

  async #accept(stream: Stream): Promise<void> {
    const { signal } = this.#ended
    if (signal.aborted || !this.#peers.makeRoom(this.#opening)) {
      stream.close()
      return
    }
    this.#opening++
    const connection = await this.#open(stream)
    this.#opening--
    if (connection === undefined) return
    if (signal.aborted) {
      connection.close()
      return
    }
    this.#peers.set(connection, new CoapPeer(connection, this.#peerOptions))
    this.#sweep ??= this.#clock.setTimeout(() => this.#askSilent(), this.#idleMs)
  }

  async #open(stream: Stream): Promise<CoapStream | undefined> {
    const { clock, trace } = this.#options
    try {
      return await CoapStream.open(stream, { clock, trace, signal: this.#ended.signal, parameters: this.#parameters })
    } catch {
      // Whoever tells no settings is told why, and is nobody to us.
      return undefined
    }
  }

  /** One sweep for all peers; who does not answer is found dead by its message layer. */
  #askSilent(): void {
    for (const [, peer] of this.#peers.silentSince(this.#clock.now() - this.#idleMs)) {
      peer.ping().catch(() => undefined)
    }
    this.#sweep = this.#peers.size === 0 ? undefined : this.#clock.setTimeout(() => this.#askSilent(), this.#idleMs)
  }
}
