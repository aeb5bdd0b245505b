import type { Address, Connection } from '../connection.ts'
import type { TransportError } from '../errors.ts'
import { AcceptedSession, type SessionBehind } from './accepted-session.ts'
import { Association, type AssociationOptions } from './association.ts'
import { type Established, proofOf } from './handshake.ts'
import type { ResumableSession } from './resumable-session.ts'

/** What becomes of a {@link ServerSession}. */
export interface ServerSessionListener {
  established(session: ServerSession): void
  /** The client speaks, and nobody listens to it: at first, and after its connection was closed. */
  accept(connection: Connection): void
  ended(session: ServerSession, error: TransportError): void
}

/** A session with a client, from the ClientHello on whose cookie was right. */
export class ServerSession implements SessionBehind {
  readonly association: Association
  /** What the client puts in its records; empty: nothing. */
  readonly connectionId: Buffer
  /** By which a repeated ClientHello is told from a new one. */
  readonly clientRandom: Buffer
  readonly #listener: ServerSessionListener
  /** Where its client is. */
  #connection: Connection
  #accepted: AcceptedSession | undefined
  #established: Established | undefined

  constructor(
    connection: Connection,
    clientRandom: Buffer,
    connectionId: Buffer,
    options: AssociationOptions,
    listener: ServerSessionListener,
  ) {
    this.#connection = connection
    this.#listener = listener
    this.clientRandom = clientRandom
    this.connectionId = connectionId
    this.association = new Association(connection, options, {
      established: result => {
        this.#established = result
        listener.established(this)
      },
      deliver: bytes => this.accepted().deliver(bytes),
      ended: error => {
        this.#accepted?.ended(error)
        listener.ended(this, error)
      },
    })
  }

  get connection(): Connection {
    return this.#connection
  }

  get local(): Address {
    return this.#connection.local
  }

  get remote(): Address {
    return this.#connection.remote
  }

  /** What was kept of it; its master secret is with whoever keeps it. */
  get resumable(): ResumableSession | undefined {
    return this.#established?.resumable
  }

  get identity(): string | undefined {
    return this.#established?.peerIdentity
  }

  get proof(): Connection['proof'] {
    return proofOf(this.#established)
  }

  send(bytes: Uint8Array): void {
    this.association.send(bytes)
  }

  /** The client has shown that it is somewhere else now. */
  move(connection: Connection): void {
    this.#connection = connection
    this.association.attach(connection)
  }

  /** As the application sees it; accepted now if it is not. */
  accepted(): AcceptedSession {
    if (this.#accepted !== undefined) return this.#accepted
    const accepted = new AcceptedSession(this, () => {
      if (this.#accepted === accepted) this.#accepted = undefined
    })
    this.#accepted = accepted
    this.#listener.accept(accepted)
    return accepted
  }

  /** The network refused what was sent to the client. */
  failed(error: TransportError): void {
    this.#accepted?.failed(error)
  }

  /** Another session takes its place, or the listener closes. */
  end(error: TransportError): void {
    this.association.close()
    this.#accepted?.ended(error)
  }
}
