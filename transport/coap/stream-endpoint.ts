import type { Address } from '../connection.ts'
import { closedError } from '../errors.ts'
import type { StreamNetwork } from '../stream.ts'
import type { TlsServerOptions } from '../tls-options.ts'
import type { CoapPeer, CoapPeerOptions } from './peer.ts'
import type { PeerConnection } from './peer-connection.ts'

export interface CoapStreamEndpointOptions extends CoapPeerOptions {
  readonly network: StreamNetwork
  readonly local: Address
  readonly tls?: TlsServerOptions
  readonly maximumPeers?: number
}

/** Stub. */
export class CoapStreamEndpoint {
  readonly #options: CoapStreamEndpointOptions
  constructor(options: CoapStreamEndpointOptions) {
    this.#options = options
  }
  static listen(options: CoapStreamEndpointOptions): Promise<CoapStreamEndpoint> {
    return Promise.resolve(new CoapStreamEndpoint(options))
  }
  get local(): Address {
    return this.#options.local
  }
  peerOf(_connection: PeerConnection): CoapPeer {
    throw closedError()
  }
  close(): Promise<void> {
    return Promise.resolve()
  }
}
