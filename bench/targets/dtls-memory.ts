import { setTimeout as sleep } from 'node:timers/promises'
import type { Address, Connection, ConnectionReceiver, Network } from '../../transport/connection.ts'
import { connectDtls } from '../../transport/dtls/connect.ts'
import { type CertificateType, psk, type VerifyPeer } from '../../transport/dtls/credentials.ts'
import type { DtlsConnection } from '../../transport/dtls/dtls-connection.ts'
import { listenDtls } from '../../transport/dtls/listener.ts'
import type { DtlsClientOptions, DtlsServerOptions } from '../../transport/dtls/parameters.ts'
import type { ResumableSession } from '../../transport/dtls/resumable-session.ts'
import { systemClock, systemRandom } from '../../transport/index.ts'
import { answerQuestions } from '../questions.ts'
import { keyPairPrimitives } from './dtls-key-pair-primitives.ts'
import { credentialsOf, verifierOf } from './dtls-key-pairs.ts'
import { handshakePrimitives, type Primitives, recordPrimitives } from './dtls-primitives.ts'
import { benchPsk } from './dtls-psk.ts'

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

export interface KeyPairRun {
  readonly count: number
  readonly kind: CertificateType
  /** Whether the ends keep what they have read of the key of the other. */
  readonly isCached: boolean
}

/** How a client proves who it is, and knows the server. */
type ClientIdentity = Pick<DtlsClientOptions, 'credentials' | 'verify'>

const key = Buffer.from(benchPsk.key)
const withPsk: ClientIdentity = { credentials: psk(benchPsk.identity, key) }
const clientCredentials = credentialsOf('client')
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
let verifyClient: VerifyPeer = verifierOf('client', false)
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

/** Records on their way at once. */
const inFlight = 50

/** Handshakes under way at once: in step, all clients, then the server for all of them, so that the time of each side is measured. */
const atOnce = 32

interface Handshakes {
  readonly times: Sides
  readonly sessions: readonly (ResumableSession | undefined)[]
}

/** A handshake for each session, abbreviated where there is one. The connections are closed, which is not measured. */
async function handshakes(
  sessions: readonly (ResumableSession | undefined)[],
  identity: ClientIdentity = withPsk,
): Promise<Handshakes> {
  await clean()
  const time = { client: 0, server: 0 }
  const made: (ResumableSession | undefined)[] = []
  for (let from = 0; from < sessions.length; from += atOnce) {
    const connections = await connect(sessions.slice(from, from + atOnce), time, identity)
    made.push(...connections.map(({ resumable }) => resumable))
    close(connections)
  }
  return { times: each(time, sessions.length), sessions: made }
}

async function connect(
  sessions: readonly (ResumableSession | undefined)[],
  time: { client: number; server: number },
  identity: ClientIdentity = withPsk,
): Promise<readonly DtlsConnection[]> {
  const paths = sessions.map(path)
  lap.next()
  const opening = paths.map(({ client }, index) => {
    const session = sessions[index]
    return connectDtls(client, { ...common, ...identity, ...(session && { session }) })
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
  if (connections.some(({ isResumed }, index) => isResumed !== (sessions[index] !== undefined)))
    throw new Error('a session was not resumed, or nobody knows which')
  return connections
}

/** Everybody begins without the garbage of others, and after the threads have swept it up. */
async function clean(): Promise<void> {
  globalThis.gc?.({ type: 'minor' })
  await sleep(20)
}

function close(connections: readonly DtlsConnection[]): void {
  for (const connection of connections) connection.close()
  deliver(toServer)
  toClient.length = 0
}

async function repeated(
  count: number,
  { client, server }: { readonly client: Primitives; readonly server: Primitives },
): Promise<Sides> {
  await clean()
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
    const options: DtlsServerOptions = {
      ...common,
      psk: name => (name.toString() === benchPsk.identity ? key : undefined),
      credentials: Object.values(credentialsOf('server')),
      verify: peer => verifyClient(peer),
    }
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
    const full = await handshakes(Array.from({ length: count }, () => undefined))
    const fullPrimitives = await repeated(count, handshakePrimitives.full)
    const resumed = await handshakes(full.sessions)
    const resumedPrimitives = await repeated(count, handshakePrimitives.resumed)
    return {
      full: { engine: full.times, primitives: fullPrimitives },
      resumed: { engine: resumed.times, primitives: resumedPrimitives },
    }
  },

  /** So many full handshakes in which both ends sign; the first ones are not counted, so that what can be kept is. */
  async keyPairHandshakes({ count, kind, isCached }: KeyPairRun): Promise<SideTimes> {
    verifyClient = verifierOf('client', isCached)
    const identity = { credentials: clientCredentials[kind], verify: verifierOf('server', isCached) }
    const fresh = Array.from({ length: count }, () => undefined)
    await handshakes(fresh.slice(0, 1), identity)
    const { times } = await handshakes(fresh, identity)
    return { engine: times, primitives: await repeated(count, keyPairPrimitives(kind, isCached)) }
  },

  /** Records from the client, which seals, to the server, which opens. */
  async records({ count, bytes }: RecordRun): Promise<SideTimes> {
    const connections = await connect([undefined], { client: 0, server: 0 })
    const [connection] = connections
    const payload = Buffer.alloc(bytes)
    const time = { client: 0, server: 0 }
    received = 0
    await clean()
    for (let left = count; left > 0; left -= inFlight) {
      lap.next()
      for (let sent = 0; sent < inFlight; sent++) connection?.send(payload)
      time.client += lap.next()
      deliver(toServer)
      time.server += lap.next()
    }
    if (received !== count) throw new Error(`${received} of ${count} records have arrived`)
    close(connections)
    const { seal, open } = recordPrimitives(bytes)
    return { engine: each(time, count), primitives: await repeated(count, { client: seal, server: open }) }
  },
})
