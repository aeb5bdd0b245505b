import { connect as connectNode, createServer, type Server, type Socket } from 'node:net'
import { attempt as attemptTo } from './attempt.ts'
import type { Address } from './connection.ts'
import { closedByPeer, DuplexStream } from './duplex-stream.ts'
import { closedError, TransportError } from './errors.ts'
import { inTurn, resolve } from './resolve.ts'
import { socketError } from './socket-error.ts'
import type { Stream, StreamConnectOptions, StreamListener, StreamNetwork } from './stream.ts'

/** How long a host may take to answer. */
const connectTimeoutMs = 30_000

/** How long a connection may be silent before the kernel asks whether its peer is still there. */
const keepAliveMs = 60_000

/** What every socket is set to: small messages do not wait for each other, and a peer that has vanished is noticed. */
const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs }

/** TCP over IPv4 and IPv6, with or without TLS. */
export const tcpNetwork: StreamNetwork = {
  async connect(remote, options = {}) {
    const hosts = await resolve(remote.host)
    let lastError: unknown
    for (const host of inTurn(hosts, options.attempt ?? 0)) {
      if (options.signal?.aborted === true) throw closedError()
      try {
        return await connectTo({ host, port: remote.port }, options)
      } catch (error) {
        // Whoever answers is not asked again at another address.
        if (!isUnreachable(error)) throw error
        lastError = error
      }
    }
    throw lastError
  },

  async listen(local, accept) {
    const server = createServer(socketOptions)
    await bind(server, local)
    return new TcpListener(server, accept)
  },
}

function isUnreachable(error: unknown): boolean {
  return error instanceof TransportError && (error.code === 'NETWORK_UNREACHABLE' || error.code === 'TIMEOUT')
}

async function connectTo(remote: Address, { signal }: StreamConnectOptions): Promise<Stream> {
  const socket = await connectSocket(remote, signal)
  return new DuplexStream(socket, { local: localOf(socket), remote }, explain)
}

function connectSocket(remote: Address, signal: AbortSignal | undefined): Promise<Socket> {
  const late = () => new TransportError('TIMEOUT', `${remote.host} port ${remote.port} does not answer`)
  return attemptTo({ timeoutMs: connectTimeoutMs, late, signal }, (done, failed) => {
    const socket = connectNode({ ...remote, ...socketOptions })
    const fail = (error: Error) => failed(socketError(error, remote))
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.off('error', fail)
      done(socket)
    })
    return () => socket.destroy()
  })
}

function bind(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', error => failed(socketError(error, { host, port })))
    server.listen({ host, port, exclusive: true }, () => {
      server.removeAllListeners('error')
      // To accept a connection may fail, for want of file descriptors; the next may succeed.
      server.on('error', () => undefined)
      done()
    })
  })
}

class TcpListener implements StreamListener {
  readonly local: Address
  readonly #server: Server
  readonly #streams = new Set<Stream>()

  constructor(server: Server, accept: (stream: Stream) => void) {
    const address = server.address()
    if (address === null || typeof address === 'string') throw closedError()
    this.local = { host: address.address, port: address.port }
    this.#server = server
    server.on('connection', socket => {
      const remote = remoteOf(socket)
      const stream = new DuplexStream(socket, { local: localOf(socket), remote }, explain)
      this.#streams.add(stream)
      socket.once('close', () => this.#streams.delete(stream))
      accept(stream)
    })
  }

  close(): Promise<void> {
    for (const stream of this.#streams) stream.close()
    return new Promise(done => {
      this.#server.close(() => done())
    })
  }
}

function localOf({ localAddress: host = '', localPort: port = 0 }: Socket): Address {
  return { host, port }
}

function remoteOf({ remoteAddress: host = '', remotePort: port = 0 }: Socket): Address {
  return { host, port }
}

/** With these the peer is gone, and not the network. */
const closings: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])

function explain(error: Error, remote: Address): TransportError {
  return closings.has((error as NodeJS.ErrnoException).code) ? closedByPeer(error) : socketError(error, remote)
}
