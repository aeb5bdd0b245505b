import type { Address, Connection, ConnectionReceiver } from './connection.ts'

/** One remote address of a listening socket. */
export class AcceptedConnection implements Connection {
  readonly local: Address
  readonly remote: Address
  readonly #sendTo: (bytes: Uint8Array, remote: Address) => void
  readonly #forget: (connection: AcceptedConnection) => void
  #receiver: ConnectionReceiver | undefined
  #closed = false

  constructor(
    local: Address,
    remote: Address,
    sendTo: (bytes: Uint8Array, remote: Address) => void,
    forget: (connection: AcceptedConnection) => void,
  ) {
    this.local = local
    this.remote = remote
    this.#sendTo = sendTo
    this.#forget = forget
  }

  receive(receiver: ConnectionReceiver): void {
    this.#receiver = receiver
  }

  /** Hands on a datagram that came from the remote address. */
  deliver(bytes: Buffer): void {
    this.#receiver?.datagram(bytes)
  }

  send(bytes: Uint8Array): void {
    if (!this.#closed) this.#sendTo(bytes, this.remote)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#receiver = undefined
    this.#forget(this)
  }
}
