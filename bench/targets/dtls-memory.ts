import type { Address, Connection, ConnectionReceiver, Network } from '../../transport/connection.ts'
import { connectDtls } from '../../transport/dtls/connect.ts'
import { psk } from '../../transport/dtls/credentials.ts'
import type { DtlsConnection } from '../../transport/dtls/dtls-connection.ts'
import { listenDtls } from '../../transport/dtls/listener.ts'
import { systemClock, systemRandom } from '../../transport/index.ts'
import { answerQuestions } from '../questions.ts'
import { handshakePrimitives, type Primitives, recordPrimitives } from './dtls-primitives.ts'

/** CPU µs of one handshake or record. */
export interface Sides {
  readonly client: number
  readonly server: number
}

export interface SideTimes {
  readonly engine: Sides
  readonly primitives: Sides
}

export interface RecordRun {
  readonly count: number
  readonly bytes: number
}

const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const identity = 'urn:dev:os:bench'
const common = { clock: systemClock, random: systemRandom }
const serverAddress: Address = { host: '10.0.0.2', port: 5684 }

/** One end of a path whose datagrams wait for their {@link deliver}. */
class End implements Connection {
  readonly local: Address
  readonly remote: Address
  readonly #outbound: Datagram[]
  readonly #accept: ((connection: Connection) => void) | undefined
  #receiver: ConnectionReceiver | undefined
  other: End | undefined

  constructor(local: Address, remote: Address, outbound: Datagram[], accept?: (connection: Connection) => void) {
    this.local = local
    this.remote = remote
    this.#outbound = outbound
    this.#accept = accept
  }

  send(bytes: Buffer): void {
    if (this.other !== undefined) this.#outbound.push({ to: this.other, bytes })
  }

  receive(receiver: ConnectionReceiver): void {
    this.#receiver = receiver
  }

  deliver(bytes: Buffer): void {
    // As a listening socket: to it everybody is new who was let go of.
    if (this.#receiver === undefined) this.#accept?.(this)
    this.#receiver?.datagram(bytes)
  }

  close(): void {
    this.#receiver = undefined
  }
}

interface Datagram {
  readonly to: End
  readonly bytes: Buffer
}

const toServer: Datagram[] = []
const toClient: Datagram[] = []
let acceptEnd: (connection: Connection) => void = () => {}
let received = 0

const network: Network = {
  connect: () => Promise.reject(new Error('only to listen')),
  listen(local, accept) {
    acceptEnd = accept
    return Promise.resolve({ local, connection: () => path().server, close: () => Promise.resolve() })
  },
}

let nextPort = 1

function path(): { readonly client: End; readonly server: End } {
  const local: Address = { host: '10.0.0.1', port: (nextPort++ % 0xffff) + 1 }
  const client = new End(local, serverAddress, toServer)
  const server = new End(serverAddress, local, toClient, acceptEnd)
  client.other = server
  server.other = client
  return { client, server }
}

function deliver(queue: Datagram[]): void {
  for (const { to, bytes } of queue.splice(0)) to.deliver(bytes)
}

/** CPU time since the last look, µs. */
class Lap {
  #lastMicroseconds = 0

  next(): number {
    const { user, system } = process.cpuUsage()
    const elapsed = user + system - this.#lastMicroseconds
    this.#lastMicroseconds = user + system
    return elapsed
  }
}

const lap = new Lap()

/** Handshakes in step: all clients, then the server for all of them, so that the time of each side is measured for many. */
async function handshakes(
  former: readonly (DtlsConnection | undefined)[],
): Promise<{ readonly times: Sides; readonly connections: DtlsConnection[] }> {
  const credentials = psk(identity, key)
  const paths = former.map(path)
  const time = { client: 0, server: 0 }
  lap.next()
  const opening = paths.map(({ client }, index) => {
    const session = former[index]?.resumable
    return connectDtls(client, { ...common, credentials, ...(session && { session }) })
  })
  time.client += lap.next()
  while (toServer.length > 0) {
    deliver(toServer)
    time.server += lap.next()
    deliver(toClient)
    time.client += lap.next()
  }
  const connections = await Promise.all(opening)
  time.client += lap.next()
  return { times: each(time, former.length), connections }
}

function close(connections: readonly DtlsConnection[]): void {
  for (const connection of connections) connection.close()
  deliver(toServer)
  toClient.length = 0
}

function repeated(
  count: number,
  { client, server }: { readonly client: Primitives; readonly server: Primitives },
): Sides {
  const time = { client: 0, server: 0 }
  lap.next()
  for (let left = count; left > 0; left--) client()
  time.client += lap.next()
  for (let left = count; left > 0; left--) server()
  time.server += lap.next()
  return each(time, count)
}

function each({ client, server }: Sides, count: number): Sides {
  return { client: client / count, server: server / count }
}

answerQuestions({
  async listen(): Promise<void> {
    const options = { ...common, psk: (name: Buffer) => (name.toString() === identity ? key : undefined) }
    await listenDtls(network, serverAddress, options, connection => {
      connection.receive({
        datagram: () => {
          received++
        },
        failed: () => {},
      })
    })
  },

  /** So many full handshakes, and as many that resume them. */
  async handshakes(count: number): Promise<{ readonly full: SideTimes; readonly resumed: SideTimes }> {
    const full = await handshakes(new Array<undefined>(count).fill(undefined))
    close(full.connections)
    const fullPrimitives = repeated(count, handshakePrimitives.full)
    const resumed = await handshakes(full.connections)
    close(resumed.connections)
    const resumedPrimitives = repeated(count, handshakePrimitives.resumed)
    if (!resumed.connections.every(({ isResumed }) => isResumed)) throw new Error('a session was not resumed')
    return {
      full: { engine: full.times, primitives: fullPrimitives },
      resumed: { engine: resumed.times, primitives: resumedPrimitives },
    }
  },

  /** Records from the client, which seals, to the server, which opens. */
  async records({ count, bytes }: RecordRun): Promise<SideTimes> {
    const { connections } = await handshakes([undefined])
    const [connection] = connections
    const payload = Buffer.alloc(bytes)
    received = 0
    lap.next()
    for (let left = count; left > 0; left--) connection?.send(payload)
    const client = lap.next()
    deliver(toServer)
    const server = lap.next()
    if (received !== count) throw new Error(`${received} of ${count} records have arrived`)
    close(connections)
    const { seal, open } = recordPrimitives(bytes)
    return {
      engine: each({ client, server }, count),
      primitives: repeated(count, { client: seal, server: open }),
    }
  },
})
