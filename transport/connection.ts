import type { Address } from './address.ts'
import type { TransportError } from './errors.ts'
import type { StreamNetwork } from './stream.ts'

export type { Address } from './address.ts'

/** What a {@link Connection} tells its user. */
export interface ConnectionReceiver {
  /** A datagram of the peer. The bytes are the receiver's to keep. */
  datagram(bytes: Buffer): void
  /** The network refused (unreachable, closed port). The connection stays usable. */
  failed(error: TransportError): void
  /** The path is over: its peer has ended the session. Nothing more arrives, nothing more is sent. */
  closed?(error: TransportError): void
}

/**
 * A path for datagrams to one peer: a connected UDP socket, one remote address of a listening socket, a DTLS session,
 * or a link of the in-memory network. Nothing arrives from anybody else.
 */
export interface Connection {
  readonly local: Address
  readonly remote: Address
  /** Who the peer has proved to be; undefined where there is no security. */
  readonly identity?: string | undefined
  /** How it has proved that: with a key that both ends share, or with one of its own. */
  readonly proof?: 'sharedKey' | 'ownKey' | undefined
  /** Sends a datagram; never throws, a failure is told to the receiver. */
  send(bytes: Uint8Array): void
  /** Sets who receives; until then datagrams are dropped. */
  receive(receiver: ConnectionReceiver): void
  /** Releases the socket; nothing is received afterwards. Idempotent. */
  close(): void
}

/** A listening socket: a {@link Connection} for each remote address that sends to it. */
export interface Listener {
  readonly local: Address
  /** The connection to a remote address without waiting for its first datagram. */
  connection(remote: Address): Connection
  close(): Promise<void>
}

export interface ConnectOptions {
  /** Bind this local port; 0 or absent: any free one. */
  readonly localPort?: number
  /** Which try this is, from 0: where a name has several addresses, each try starts with the next one. */
  readonly attempt?: number
}

/** How an engine reaches the network: UDP sockets, or the in-memory network in simulations. */
export interface Network {
  /**
   * A connection to `remote`, its name resolved now.
   * Rejects with TransportError HOST_NOT_FOUND or NETWORK_UNREACHABLE.
   */
  connect(remote: Address, options?: ConnectOptions): Promise<Connection>
  /**
   * Listens on `local` (port 0: any free one); `accept` is called with the connection of each new remote address,
   * before its first datagram is delivered. Rejects with TransportError ADDRESS_IN_USE.
   */
  listen(local: Address, accept: (connection: Connection) => void): Promise<Listener>
  /** Absent: it carries datagrams only. */
  readonly streams?: StreamNetwork
}
