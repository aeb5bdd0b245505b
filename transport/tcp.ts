import { connect as connectNode, createServer, type Server, type Socket } from 'node:net'
import { attempt as attemptTo, unlessAborted } from './attempt.ts'
import type { Address } from './connection.ts'
import { DuplexStream } from './duplex-stream.ts'
import { closedError, TransportError } from './errors.ts'
import { inTurn, resolve } from './resolve.ts'
import { localOf, remoteOf } from './socket-address.ts'
import { socketError } from './socket-error.ts'
import type { Stream, StreamListener, StreamNetwork } from './stream.ts'
import { streamError } from './stream-error.ts'
import { connectTls, type TlsClient, tlsClient } from './tls/connect.ts'
import { TlsAcceptor } from './tls/server.ts'
import type { TlsServerOptions } from './tls-options.ts'
import { formatAddress } from './uri.ts'

/** How long a host may take to answer. */
const connectTimeoutMs = 30_000

/** How long a connection may be silent before the kernel asks whether its peer is still there. */
const keepAliveMs = 60_000

/** Handshakes of TLS that may go on at once. */
const maximumHandshakes = 10_000

/** What every socket is set to: small messages do not wait for each other, and a peer that has vanished is noticed. */
const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs }

/** TCP over IPv4 and IPv6, with or without TLS. */
export const tcpNetwork: StreamNetwork = {
  async connect(remote, { attempt = 0, signal, tls } = {}) {
    const client = tls && (await unlessAborted(tlsClient(tls), signal))
    const hosts = await unlessAborted(resolve(remote.host), signal)
    let lastError: unknown
    for (const host of inTurn(hosts, attempt)) {
      try {
        return await connectTo({ host, port: remote.port }, client, signal)
      } catch (error) {
        // Whoever has answered is not asked again at another address.
        if (!isUnreachable(error)) throw error
        lastError = error
      }
    }
    throw lastError
  },

  async listen(local, accept, { tls } = {}) {
    const listener = new TcpListener(accept, tls)
    await listener.bind(local)
    return listener
  },
}

function isUnreachable(error: unknown): boolean {
  return error instanceof TransportError && (error.code === 'NETWORK_UNREACHABLE' || error.code === 'TIMEOUT')
}

async function connectTo(
  remote: Address,
  client: TlsClient | undefined,
  signal: AbortSignal | undefined,
): Promise<Stream> {
  const socket = await connectSocket(remote, signal)
  const ends = { local: localOf(socket), remote }
  return client === undefined
    ? new DuplexStream(socket, ends, streamError)
    : connectTls(socket, client, ends, { signal })
}

function connectSocket(remote: Address, signal: AbortSignal | undefined): Promise<Socket> {
  const late = () => new TransportError('TIMEOUT', `${remote.host} port ${remote.port} does not answer`)
  return attemptTo({ timeoutMs: connectTimeoutMs, late, signal }, (done, failed) => {
    const socket = connectNode({ ...remote, ...socketOptions })
    socket.on('error', error => failed(socketError(error, remote)))
    socket.once('connect', () => done(socket))
    return () => socket.destroy()
  })
}

class TcpListener implements StreamListener {
  readonly #server: Server
  readonly #accept: (stream: Stream) => void
  readonly #streams = new Set<Stream>()
  /** Whose handshakes go on, by their addresses. */
  readonly #handshaking = new Map<string, Socket>()

  /** Throws TransportError INVALID_SECURITY or NOT_SUPPORTED. */
  constructor(accept: (stream: Stream) => void, tls: TlsServerOptions | undefined) {
    this.#accept = accept
    if (tls === undefined) {
      this.#server = createServer(socketOptions, socket => {
        const ends = { local: localOf(socket), remote: remoteOf(socket) }
        this.#add(new DuplexStream(socket, ends, streamError), socket)
      })
      return
    }
    const acceptor = new TlsAcceptor(tls, socketOptions, (stream, socket) => this.#secured(stream, socket))
    this.#server = acceptor.server.on('connection', (socket: Socket) => this.#handshake(socket))
  }

  get local(): Address {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw closedError()
    return { host: address.address, port: address.port }
  }

  bind(local: Address): Promise<void> {
    const server = this.#server
    return new Promise((done, failed) => {
      const fail = (error: Error) => failed(socketError(error, local))
      // Later on it says that a connection could not be accepted, for want of file descriptors; the next one may be.
      server.on('error', fail)
      server.listen({ ...local, exclusive: true }, done)
    })
  }

  close(): Promise<void> {
    for (const socket of this.#handshaking.values()) socket.destroy()
    for (const stream of this.#streams) stream.close()
    return new Promise(done => {
      this.#server.close(() => done())
    })
  }

  #handshake(socket: Socket): void {
    if (this.#handshaking.size >= maximumHandshakes) {
      socket.destroy()
      return
    }
    const key = formatAddress(remoteOf(socket))
    this.#handshaking.set(key, socket)
    socket.once('close', () => {
      if (this.#handshaking.get(key) === socket) this.#handshaking.delete(key)
    })
  }

  #secured(stream: Stream, socket: Socket): void {
    this.#handshaking.delete(formatAddress(stream.remote))
    this.#add(stream, socket)
  }

  #add(stream: Stream, socket: Socket): void {
    this.#streams.add(stream)
    socket.once('close', () => this.#streams.delete(stream))
    this.#accept(stream)
  }
}
