import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

export interface RelayedDatagram {
  readonly from: 'client' | 'server'
  readonly bytes: Buffer
  /** On the scale of `performance.now()`. */
  readonly atMs: number
}

/** A port between one client and its server that keeps every datagram: what was on the wire, whatever either end says of it. */
export class Relay {
  readonly #clientSide: Socket
  readonly #serverSide: Socket
  readonly #datagrams: RelayedDatagram[] = []
  #silent = false

  private constructor(clientSide: Socket, serverSide: Socket) {
    this.#clientSide = clientSide
    this.#serverSide = serverSide
  }

  /** @param serverUri `coap://127.0.0.1:PORT` */
  static async start(serverUri: string): Promise<Relay> {
    const serverPort = Number(serverUri.slice(serverUri.lastIndexOf(':') + 1))
    const [clientSide, serverSide] = await Promise.all([bound(), bound()])
    const relay = new Relay(clientSide, serverSide)
    let clientPort = 0
    clientSide.on('message', (bytes, { port }) => {
      clientPort = port
      relay.#keep('client', bytes)
      if (!relay.#silent) serverSide.send(bytes, serverPort, '127.0.0.1')
    })
    serverSide.on('message', bytes => {
      relay.#keep('server', bytes)
      if (!relay.#silent) clientSide.send(bytes, clientPort, '127.0.0.1')
    })
    return relay
  }

  /** For the client, in the place of its server. */
  get uri(): string {
    return `coap://127.0.0.1:${this.#clientSide.address().port}`
  }

  /** In order of arrival. */
  get datagrams(): readonly RelayedDatagram[] {
    return this.#datagrams
  }

  /** The client's notifications: 2.05 Content that is no acknowledgement. */
  get notifications(): readonly RelayedDatagram[] {
    return this.#datagrams.filter(({ from, bytes }) => from === 'client' && typeOf(bytes) < 2 && bytes[1] === 0x45)
  }

  /** The server's Reset messages (RFC 7252 §4.2). */
  get resets(): readonly RelayedDatagram[] {
    return this.#datagrams.filter(({ from, bytes }) => from === 'server' && typeOf(bytes) === 3)
  }

  /** From now on keeps what it gets to itself. */
  silence(): void {
    this.#silent = true
  }

  close(): void {
    this.#clientSide.close()
    this.#serverSide.close()
  }

  #keep(from: RelayedDatagram['from'], bytes: Buffer): void {
    this.#datagrams.push({ from, bytes, atMs: performance.now() })
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

function typeOf(datagram: Buffer): number {
  return ((datagram[0] ?? 0) >> 4) & 3
}
