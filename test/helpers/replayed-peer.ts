import { AcceptedConnection } from '../../transport/accepted-connection.ts'
import type { Address, Connection, Listener, Network } from '../../transport/connection.ts'
import { type CapturedPath, capturedConnection, type GrowingPath } from './dtls-capture.ts'

const engineAddress: Address = { host: '127.0.0.1', port: 5684 }

/** The peer of a capture as a network: what it sent comes again, once the engine has sent what came before that. */
export class ReplayedPeer implements Network {
  /** What has been sent and received this time. */
  readonly paths: GrowingPath[] = []
  readonly #captured: readonly CapturedPath[]
  readonly #open = new Map<GrowingPath, AcceptedConnection>()
  #accept: ((connection: Connection) => void) | undefined

  constructor(captured: readonly CapturedPath[]) {
    this.#captured = captured
  }

  connect(remote: Address): Promise<Connection> {
    return Promise.resolve(capturedConnection(...this.#opened(this.#begin(remote))))
  }

  listen(_local: Address, accept: (connection: Connection) => void): Promise<Listener> {
    this.#accept = accept
    const connection = () => {
      throw new Error('a server calls nobody')
    }
    return Promise.resolve({ local: engineAddress, connection, close: () => Promise.resolve() })
  }

  /** Delivers the next datagram of the peer; false when it is the engine's turn, or all have been. */
  deliver(): boolean {
    const index = this.#captured.findIndex(
      ({ datagrams }, at) => (this.paths[at]?.datagrams.length ?? 0) < datagrams.length,
    )
    const captured = this.#captured[index]
    const next = captured?.datagrams[this.paths[index]?.datagrams.length ?? 0]
    if (captured === undefined || next?.from !== 'peer') return false
    const path = this.paths[index] ?? (this.#accept === undefined ? undefined : this.#begin(captured.remote))
    if (path === undefined) return false
    const connection = this.#open.get(path) ?? this.#met(path)
    connection.deliver(Buffer.from(next.bytes, 'hex'))
    return true
  }

  #begin(remote: Address): GrowingPath {
    const path: GrowingPath = { remote, datagrams: [] }
    this.paths.push(path)
    return path
  }

  #opened(path: GrowingPath): [AcceptedConnection, GrowingPath] {
    const sendTo = () => {}
    const forget = () => this.#open.delete(path)
    const connection = new AcceptedConnection(engineAddress, path.remote, sendTo, forget)
    this.#open.set(path, connection)
    return [connection, path]
  }

  /** An address that the listener does not know, or has let go of. */
  #met(path: GrowingPath): AcceptedConnection {
    const [connection] = this.#opened(path)
    this.#accept?.(capturedConnection(connection, path))
    return connection
  }
}
