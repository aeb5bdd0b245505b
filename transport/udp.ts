import { createSocket, type Socket } from 'node:dgram'
import { type LookupOneOptions, lookup } from 'node:dns'
import { isIP, isIPv6 } from 'node:net'
import { AcceptedConnection } from './accepted-connection.ts'
import type { Address, Connection, ConnectionReceiver, Listener, Network } from './connection.ts'
import { inTurn, resolve } from './resolve.ts'
import { socketError } from './socket-error.ts'

/** The kernel's receive buffer of a listening socket: its default drops bursts of a few hundred datagrams. */
const listenBufferBytes = 4 * 1024 * 1024

/** UDP over IPv4 and IPv6. */
export const udpNetwork: Network = {
  async connect(remote, { localPort = 0, attempt = 0 } = {}) {
    let lastError: unknown
    for (const host of inTurn(await resolve(remote.host), attempt)) {
      try {
        return await connectSocket({ host, port: remote.port }, localPort)
      } catch (error) {
        lastError = error
      }
    }
    throw lastError
  },

  async listen(local, accept) {
    const socket = createSocket({
      type: socketType(local.host),
      recvBufferSize: listenBufferBytes,
      lookup: lookUp,
    })
    await bind(socket, local.port, local.host)
    return new UdpListener(socket, accept)
  },
}

function socketType(host: string): 'udp4' | 'udp6' {
  return isIPv6(host) ? 'udp6' : 'udp4'
}

/** An address is one already: what is sent there leaves at once, also when the socket is closed in the same turn. */
function lookUp(
  host: string,
  options: LookupOneOptions,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  const family = isIP(host)
  if (family === 0) lookup(host, options, done)
  else done(null, host, family)
}

function bind(socket: Socket, port: number, host?: string): Promise<void> {
  return new Promise((done, failed) => {
    socket.once('error', error => {
      socket.close()
      failed(socketError(error, { host: host ?? 'any address', port }))
    })
    socket.bind({ port, ...(host === undefined ? {} : { address: host }), exclusive: true }, () => {
      socket.removeAllListeners('error')
      done()
    })
  })
}

async function connectSocket(remote: Address, localPort: number): Promise<Connection> {
  const socket = createSocket(socketType(remote.host))
  await bind(socket, localPort)
  await new Promise<void>((done, failed) => {
    socket.connect(remote.port, remote.host, (error?: Error) => {
      if (error === undefined || error === null) {
        done()
        return
      }
      socket.close()
      failed(socketError(error, remote))
    })
  })
  return new UdpConnection(socket, remote)
}

/** A connected socket: the kernel drops what comes from anybody else. */
class UdpConnection implements Connection {
  readonly local: Address
  readonly remote: Address
  readonly #socket: Socket
  #receiver: ConnectionReceiver | undefined
  #closed = false
  /** What one turn of the event loop sends leaves together: its receiver is woken once. */
  #waiting: Uint8Array[] | undefined
  readonly #flush = () => {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#waiting = undefined
    const last = waiting.length - 1
    // A network that is down refuses the last as well; a callback for each would cost as much as sending it.
    for (let index = 0; index < last; index++) this.#socket.send(waiting[index] as Uint8Array)
    this.#socket.send(waiting[last] as Uint8Array, this.#sent)
  }
  /** Without it the socket keeps to itself that a network is down, or a datagram too large. */
  readonly #sent = (error: Error | null) => {
    if (error !== null) this.#failed(error)
  }

  constructor(socket: Socket, remote: Address) {
    const { address, port } = socket.address()
    this.#socket = socket
    this.local = { host: address, port }
    this.remote = remote
    socket.on('message', bytes => this.#receiver?.datagram(bytes))
    // An ICMP refusal of an earlier datagram surfaces here.
    socket.on('error', error => this.#failed(error))
  }

  receive(receiver: ConnectionReceiver): void {
    this.#receiver = receiver
  }

  send(bytes: Uint8Array): void {
    if (this.#closed) return
    if (this.#waiting !== undefined) {
      this.#waiting.push(bytes)
      return
    }
    this.#waiting = [bytes]
    process.nextTick(this.#flush)
  }

  close(): void {
    if (this.#closed) return
    this.#flush()
    this.#closed = true
    this.#receiver = undefined
    this.#socket.close()
  }

  #failed(error: Error): void {
    this.#receiver?.failed(socketError(error, this.remote))
  }
}

class UdpListener implements Listener {
  readonly local: Address
  readonly #socket: Socket
  readonly #accept: (connection: Connection) => void
  readonly #sendTo = (bytes: Uint8Array, { host, port }: Address) => this.#socket.send(bytes, port, host)
  readonly #forget = ({ remote }: AcceptedConnection) => {
    const ports = this.#connections.get(remote.host)
    ports?.delete(remote.port)
    if (ports?.size === 0) this.#connections.delete(remote.host)
  }
  /** By host, then by port: no key has to be built for a datagram. */
  readonly #connections = new Map<string, Map<number, AcceptedConnection>>()

  constructor(socket: Socket, accept: (connection: Connection) => void) {
    const { address, port } = socket.address()
    this.local = { host: address, port }
    this.#socket = socket
    this.#accept = accept
    socket.on('message', (bytes, { address: host, port: remotePort }) => {
      // RFC 768: port 0 says that no answer is wanted, and none can be sent.
      if (remotePort === 0) return
      const known = this.#connections.get(host)?.get(remotePort)
      const connection = known ?? this.#add({ host, port: remotePort })
      if (known === undefined) accept(connection)
      connection.deliver(bytes)
    })
    // A refusal on an unconnected socket does not say whose; retransmission and expiry deal with it.
    socket.on('error', () => undefined)
  }

  connection(remote: Address): Connection {
    const known = this.#connections.get(remote.host)?.get(remote.port)
    if (known !== undefined) return known
    const connection = this.#add(remote)
    this.#accept(connection)
    return connection
  }

  close(): Promise<void> {
    for (const ports of this.#connections.values()) {
      for (const connection of ports.values()) connection.close()
    }
    return new Promise(done => {
      this.#socket.close(() => done())
    })
  }

  #add(remote: Address): AcceptedConnection {
    const ports = this.#connections.get(remote.host) ?? new Map<number, AcceptedConnection>()
    this.#connections.set(remote.host, ports)
    const connection = new AcceptedConnection(this.local, remote, this.#sendTo, this.#forget)
    ports.set(remote.port, connection)
    return connection
  }
}
