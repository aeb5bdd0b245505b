import type { Address } from './address.ts'
import type { TransportError } from './errors.ts'
import type { TlsClientOptions, TlsServerOptions } from './tls-options.ts'

/** What a {@link Stream} tells its user. */
export interface StreamReceiver {
  /** Bytes of the peer, in their order. They are the receiver's to keep. */
  bytes(bytes: Buffer): void
  /** What was sent has left: more is welcome again, after `send` has returned false. */
  drained(): void
  /** The stream is over, by its peer or the network. Nothing more arrives, nothing more is sent. */
  closed(error: TransportError): void
}

/** A path for a stream of bytes to one peer: TCP, TLS, or a link of the in-memory network. */
export interface Stream {
  readonly local: Address
  readonly remote: Address
  /** Who the peer has proved to be; undefined where there is no security. */
  readonly identity?: string | undefined
  /** How it has proved that: with a key that both ends share, or with one of its own. */
  readonly proof?: 'sharedKey' | 'ownKey' | undefined
  /** Sends bytes, which stay as they are; never throws. False: they wait for the peer to read, and so would more, until `drained`. */
  send(bytes: Uint8Array): boolean
  /** Sets who receives; until then nothing is read. */
  receive(receiver: StreamReceiver): void
  /** Reads no more until {@link resume}, so that the peer comes to wait. */
  pause(): void
  resume(): void
  /** Ends the stream after what was sent; nothing is received afterwards. Idempotent. */
  close(): void
}

/** A listening socket for streams. */
export interface StreamListener {
  readonly local: Address
  /** Accepts no more and closes what was accepted. */
  close(): Promise<void>
}

export interface StreamConnectOptions {
  /** Which try this is, from 0: where a name has several addresses, each try starts with the next one. */
  readonly attempt?: number
  /** Ends the attempt: it rejects with TransportError CLOSED. */
  readonly signal?: AbortSignal
  /** Absent: TCP without security. */
  readonly tls?: TlsClientOptions
}

export interface StreamListenOptions {
  /** Absent: TCP without security. */
  readonly tls?: TlsServerOptions
}

/** How an engine opens streams: TCP sockets, or the in-memory network in simulations. */
export interface StreamNetwork {
  /**
   * A stream to `remote`, its name resolved now, and with `tls` after its handshake. Rejects with TransportError
   * HOST_NOT_FOUND, NETWORK_UNREACHABLE, TIMEOUT or HANDSHAKE.
   */
  connect(remote: Address, options?: StreamConnectOptions): Promise<Stream>
  /**
   * Listens on `local` (port 0: any free one); `accept` is called with each new stream, with `tls` after its handshake.
   * Rejects with TransportError ADDRESS_IN_USE.
   */
  listen(local: Address, accept: (stream: Stream) => void, options?: StreamListenOptions): Promise<StreamListener>
}
