import type { Address, Connection, ConnectionReceiver } from '../connection.ts'
import { TransportError } from '../errors.ts'

/** What an accepted session needs of the one behind it. */
export interface SessionBehind {
  readonly local: Address
  /** Changes with the address of the client (RFC 9146 §6). */
  readonly remote: Address
  readonly identity: string | undefined
  readonly proof: Connection['proof']
  /** Throws TransportError. */
  send(bytes: Uint8Array): void
}

/**
 * A session with a client as a server's application sees it. To close it lets go of it and no more: the client may be
 * asleep, and is heard again, as a new connection, when it speaks next.
 */
export class AcceptedSession implements Connection {
  readonly #session: SessionBehind
  readonly #forget: () => void
  #receiver: ConnectionReceiver | undefined
  #closed = false

  constructor(session: SessionBehind, forget: () => void) {
    this.#session = session
    this.#forget = forget
  }

  get local(): Address {
    return this.#session.local
  }

  get remote(): Address {
    return this.#session.remote
  }

  get identity(): string | undefined {
    return this.#session.identity
  }

  get proof(): Connection['proof'] {
    return this.#session.proof
  }

  receive(receiver: ConnectionReceiver): void {
    this.#receiver = receiver
  }

  send(bytes: Uint8Array): void {
    if (this.#closed) return
    try {
      this.#session.send(bytes)
    } catch (error) {
      if (error instanceof TransportError) this.failed(error)
      else throw error
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#receiver = undefined
    this.#forget()
  }

  /** Hands on what the client has sent. */
  deliver(bytes: Buffer): void {
    this.#receiver?.datagram(bytes)
  }

  failed(error: TransportError): void {
    this.#receiver?.failed(error)
  }

  /** The session is over. */
  ended(error: TransportError): void {
    if (this.#closed) return
    this.#closed = true
    this.#receiver?.closed?.(error)
    this.#receiver = undefined
  }
}
