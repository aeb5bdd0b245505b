import type { Agreement } from '../agreement.ts'
import type { Extensions } from '../extensions.ts'
import type { FlightPart } from '../flight.ts'
import type { HandshakeOutput, MessageWriter } from '../handshake.ts'
import type { HandshakeMessage } from '../handshake-message.ts'

/** What a key exchange has of the handshake around it. */
export interface KeyExchangeContext<Options> {
  readonly options: Options
  readonly output: HandshakeOutput
  readonly agreement: Agreement
  readonly writer: MessageWriter
}

/** The client's part in what differs from one kind of suites to the other (RFC 5246 §7.4). */
export interface ClientKeyExchange {
  /** Who the server has proved to be; undefined where a key that both share says so. */
  readonly peerIdentity: string | undefined
  /** Takes a message between ServerHello and ServerHelloDone. Throws DtlsError. */
  receive(message: HandshakeMessage): void
  /**
   * After ServerHelloDone: agrees on the master secret and gives `done` the messages before ChangeCipherSpec.
   * Throws DtlsError when a message of the server is missing.
   */
  answer(done: (parts: FlightPart[]) => void): void
}

/** The server's part. */
export interface ServerKeyExchange {
  /** Who the client has proved to be; undefined: it was not asked, or has not told. */
  readonly peerIdentity: string | undefined
  /** What the ServerHello says of it. */
  readonly extensions: Extensions
  /** Gives `done` the messages between ServerHello and ServerHelloDone. */
  begin(done: (parts: FlightPart[]) => void): void
  /** Takes a message before the client's ChangeCipherSpec; true: it was the last. Throws DtlsError. */
  receive(message: HandshakeMessage): boolean
}
