import { CoapStream } from '../transport/coap/coap-stream.ts'
import { CoapEndpoint } from '../transport/coap/endpoint.ts'
import type { CoapPeer } from '../transport/coap/peer.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import { CoapStreamEndpoint } from '../transport/coap/stream-endpoint.ts'
import type { Address } from '../transport/connection.ts'
import { closedError, TransportError } from '../transport/errors.ts'
import type { Scheme, ServerUri } from '../transport/uri.ts'

/** What listens for one transport. */
export type Endpoint = CoapEndpoint | CoapStreamEndpoint

/** All that one server listens with: an endpoint for datagrams, one for streams, or both. */
export class Endpoints {
  readonly #all: readonly [Endpoint, ...Endpoint[]]
  readonly #datagrams: CoapEndpoint | undefined
  readonly #streams: CoapStreamEndpoint | undefined
  readonly #isSecured: boolean

  constructor(all: readonly [Endpoint, ...Endpoint[]], isSecured: boolean) {
    this.#all = all
    this.#datagrams = all.find(one => one instanceof CoapEndpoint)
    this.#streams = all.find(one => one instanceof CoapStreamEndpoint)
    this.#isSecured = isSecured
  }

  /** Where the first of them listens. */
  get local(): Address {
    return this.#all[0].local
  }

  get uris(): readonly ServerUri[] {
    return this.#all.map(one => ({ scheme: schemeOf(one, this.#isSecured), ...one.local }))
  }

  /**
   * The peer at an address. Throws TransportError as {@link CoapEndpoint.peer}, and CLOSED where there are only streams, which
   * are the clients' to begin.
   */
  peer(remote: Address): CoapPeer {
    if (this.#datagrams !== undefined) return this.#datagrams.peer(remote)
    throw new TransportError('CLOSED', 'over TCP it is the client that connects')
  }

  /** The peer of a connection. Throws as {@link CoapEndpoint.peerOf}. */
  peerOf(connection: PeerConnection): CoapPeer {
    const peer =
      connection instanceof CoapStream ? this.#streams?.peerOf(connection) : this.#datagrams?.peerOf(connection)
    if (peer === undefined) throw closedError()
    return peer
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(one => one.close()))
  }
}

function schemeOf(endpoint: Endpoint, isSecured: boolean): Scheme {
  const scheme = isSecured ? 'coaps' : 'coap'
  return endpoint instanceof CoapStreamEndpoint ? `${scheme}+tcp` : scheme
}
