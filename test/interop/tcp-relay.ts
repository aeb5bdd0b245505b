import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** One connection of a client, through the relay to the server. */
interface RelayedConnection {
  readonly client: Socket
  readonly server: Socket
  /** What the server has sent, in its order. */
  readonly fromServer: Buffer[]
}

/** A port between clients and their server: it cuts connections, and keeps what servers say. */
export class TcpRelay {
  readonly #listener: Server
  readonly #server: URL
  readonly #connections: RelayedConnection[] = []
  #connectionCount = 0
  /** Of the connections to come, how many are refused. */
  #refusals = 0

  private constructor(listener: Server, server: URL) {
    this.#listener = listener
    this.#server = server
    listener.on('connection', socket => this.#join(socket))
  }

  /** @param serverUri `coap+tcp://127.0.0.1:PORT` */
  static async start(serverUri: string): Promise<TcpRelay> {
    const listener = createServer({ noDelay: true }).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    return new TcpRelay(listener, new URL(serverUri))
  }

  /** For the client, in the place of its server. */
  get uri(): string {
    const { port } = this.#listener.address() as AddressInfo
    return `${this.#server.protocol}//127.0.0.1:${port}`
  }

  /** How many clients have begun. */
  get connectionCount(): number {
    return this.#connectionCount
  }

  get openCount(): number {
    return this.#connections.filter(({ client }) => !client.destroyed).length
  }

  /** From the first to the last that was not refused, and for each whether the server resumed a session of TLS 1.3 there. */
  get handshakes(): readonly ('full' | 'resumed')[] {
    return this.#connections.map(({ fromServer }) => (isResumed(Buffer.concat(fromServer)) ? 'resumed' : 'full'))
  }

  /** Ends every connection without a word to either end, and then as many as this before they begin. */
  fail(refusals = 0): void {
    this.#refusals = refusals
    for (const { client, server } of this.#connections) {
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
  }

  close(): void {
    this.fail()
    this.#listener.close()
  }

  #join(client: Socket): void {
    this.#connectionCount++
    if (this.#refusals > 0) {
      this.#refusals--
      client.resetAndDestroy()
      return
    }
    const server = connect({ host: '127.0.0.1', port: Number(this.#server.port), noDelay: true })
    const fromServer: Buffer[] = []
    this.#connections.push({ client, server, fromServer })
    server.on('data', bytes => fromServer.push(bytes))
    client.pipe(server).pipe(client)
    // What becomes of one end becomes of the other.
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => undefined).on('close', () => other.destroy())
    }
  }
}

const preSharedKeyExtension = 41

/** Whether a ServerHello chooses the key of an earlier session (RFC 8446 §4.1.3, §4.2.11). */
function isResumed(bytes: Buffer): boolean {
  // Behind the headers of record and handshake, the version and the random number: the session id, a suite, a compression method.
  const sessionIdAt = 5 + 4 + 2 + 32
  let at = sessionIdAt + 1 + bytes.readUInt8(sessionIdAt) + 2 + 1
  const end = at + 2 + bytes.readUInt16BE(at)
  for (at += 2; at < end; at += 4 + bytes.readUInt16BE(at + 2)) {
    if (bytes.readUInt16BE(at) === preSharedKeyExtension) return true
  }
  return false
}
