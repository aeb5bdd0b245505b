import { AcceptedConnection } from '../../transport/accepted-connection.ts'
import type { Address, Connection, Listener, Network } from '../../transport/connection.ts'

/**
 * A network of one listener that anybody sends to from any address, without delay. It counts what the listener sends back
 * and how many connections it holds open.
 */
export class OpenNetwork implements Network {
  readonly #connections = new Map<string, AcceptedConnection>()
  #accept: (connection: Connection) => void = () => {}
  #local: Address | undefined
  /** Bytes and datagrams that the listener has sent. */
  readonly answered = { bytes: 0, datagrams: 0 }
  lastAnswer: Buffer = Buffer.alloc(0)

  /** Connections that the listener has not closed. */
  get open(): number {
    return this.#connections.size
  }

  connect(): Promise<Connection> {
    return Promise.reject(new Error('nobody else listens'))
  }

  listen(local: Address, accept: (connection: Connection) => void): Promise<Listener> {
    this.#local = local
    this.#accept = accept
    return Promise.resolve({
      local,
      connection: remote => this.#connection(remote),
      close: () => Promise.resolve(),
    })
  }

  /** A datagram for the listener. Returns how many bytes it has sent at once. */
  send(bytes: Buffer, from: Address): number {
    const before = this.answered.bytes
    this.#connection(from).deliver(bytes)
    return this.answered.bytes - before
  }

  #connection(remote: Address): AcceptedConnection {
    const name = `${remote.host} ${remote.port}`
    const known = this.#connections.get(name)
    if (known !== undefined) return known
    if (this.#local === undefined) throw new Error('nobody listens')
    const connection = new AcceptedConnection(
      this.#local,
      remote,
      bytes => {
        this.answered.bytes += bytes.length
        this.answered.datagrams++
        this.lastAnswer = Buffer.from(bytes)
      },
      () => this.#connections.delete(name),
    )
    this.#connections.set(name, connection)
    this.#accept(connection)
    return connection
  }
}
