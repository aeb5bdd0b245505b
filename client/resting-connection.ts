import type { Address, Connection, ConnectionReceiver } from '../transport/connection.ts'

/** What the kernel would keep of datagrams that nobody reads. */
const maximumUnread = 64

/** A connection that is kept open but not read while its client sleeps: what arrives is delivered when it wakes. */
export class RestingConnection implements Connection {
  readonly #connection: Connection
  #receiver: ConnectionReceiver | undefined
  #unread: Buffer[] = []
  #resting = false

  constructor(connection: Connection) {
    this.#connection = connection
    connection.receive({
      datagram: bytes => {
        if (!this.#resting) this.#receiver?.datagram(bytes)
        else if (this.#unread.length < maximumUnread) this.#unread.push(bytes)
      },
      failed: error => this.#receiver?.failed(error),
      closed: error => this.#receiver?.closed?.(error),
    })
  }

  get local(): Address {
    return this.#connection.local
  }

  get remote(): Address {
    return this.#connection.remote
  }

  send(bytes: Uint8Array): void {
    this.#connection.send(bytes)
  }

  receive(receiver: ConnectionReceiver): void {
    this.#receiver = receiver
  }

  pause(): void {
    this.#resting = true
  }

  resume(): void {
    this.#resting = false
    for (const bytes of this.#unread.splice(0)) this.#receiver?.datagram(bytes)
  }

  close(): void {
    this.#unread = []
    this.#connection.close()
  }
}
