import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

export interface RelayedDatagram {
  readonly from: 'client' | 'server'
  readonly bytes: Buffer
  /** On the scale of `performance.now()`. */
  readonly atMs: number
}

/** Whether a datagram is lost; `index` counts those of both ends together, from 0. */
export type Loss = (datagram: RelayedDatagram, index: number) => boolean

/** A port between one client and its server that keeps every datagram: what was on the wire, whatever either end says of it. */
export class Relay {
  readonly #clientSide: Socket
  readonly #server: URL
  readonly #isLost: Loss
  readonly #datagrams: RelayedDatagram[] = []
  readonly #abandoned: Socket[] = []
  #serverSide: Socket
  readonly #clientPorts = new Set<number>()
  #clientPort = 0
  #lostCount = 0
  #silent = false

  private constructor(clientSide: Socket, serverSide: Socket, server: URL, isLost: Loss) {
    this.#clientSide = clientSide
    this.#serverSide = serverSide
    this.#server = server
    this.#isLost = isLost
    clientSide.on('message', (bytes, { port }) => {
      this.#clientPort = port
      this.#clientPorts.add(port)
      if (this.#passes('client', bytes)) this.#serverSide.send(bytes, Number(server.port), '127.0.0.1')
    })
    this.#listenTo(serverSide)
  }

  /** @param serverUri `coap://127.0.0.1:PORT` */
  static async start(serverUri: string, isLost: Loss = () => false): Promise<Relay> {
    return new Relay(await bound(), await bound(), new URL(serverUri), isLost)
  }

  /** For the client, in the place of its server. */
  get uri(): string {
    return `${this.#server.protocol}//127.0.0.1:${this.port}`
  }

  get port(): number {
    return this.#clientSide.address().port
  }

  /** Where the server sees the client. */
  get serverSidePort(): number {
    return this.#serverSide.address().port
  }

  /** In order of arrival, those that were lost among them. */
  get datagrams(): readonly RelayedDatagram[] {
    return this.#datagrams
  }

  /** The ports that datagrams of the client came from. */
  get clientPorts(): readonly number[] {
    return [...this.#clientPorts]
  }

  get lostCount(): number {
    return this.#lostCount
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

  /** From now on the server sees the client at another port, as behind a NAT that forgot it; what it sends to the old one is lost. */
  async move(): Promise<void> {
    const next = await bound()
    this.#serverSide.removeAllListeners('message')
    this.#abandoned.push(this.#serverSide)
    this.#serverSide = next
    this.#listenTo(next)
  }

  close(): void {
    for (const socket of [this.#clientSide, this.#serverSide, ...this.#abandoned]) socket.close()
  }

  #listenTo(serverSide: Socket): void {
    serverSide.on('message', bytes => {
      if (this.#passes('server', bytes)) this.#clientSide.send(bytes, this.#clientPort, '127.0.0.1')
    })
  }

  #passes(from: RelayedDatagram['from'], bytes: Buffer): boolean {
    const datagram = { from, bytes, atMs: performance.now() }
    const index = this.#datagrams.push(datagram) - 1
    const passes = !this.#silent && !this.#isLost(datagram, index)
    if (!passes) this.#lostCount++
    return passes
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
