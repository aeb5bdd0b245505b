import type { Connection, Listener } from '../../transport/connection.ts'
import { connectDtls } from '../../transport/dtls/connect.ts'
import { psk } from '../../transport/dtls/credentials.ts'
import type { DtlsConnection } from '../../transport/dtls/dtls-connection.ts'
import { listenDtls } from '../../transport/dtls/listener.ts'
import type { DtlsClientOptions, DtlsServerOptions } from '../../transport/dtls/parameters.ts'
import { cipherSuites, serverKeyType } from '../../transport/dtls/suites.ts'
import type { TransportError } from '../../transport/errors.ts'
import { MemoryNetwork, type NetworkConditions } from '../../transport/memory.ts'
import { seededRandom } from '../../transport/random.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { clientCertificate, rsaCertificate, serverCertificate, trusting } from './dtls-credentials.ts'

export const identity = 'device-1'
export const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')

export interface DtlsSiteOptions {
  readonly seed?: number
  readonly conditions?: Partial<NetworkConditions>
  readonly server?: Partial<DtlsServerOptions>
}

/** A key shared with the server, or a certificate, as the suites ask for. */
function credentialsFor({ suites: [first] = [] }: Partial<DtlsClientOptions>) {
  const suite = first === undefined ? undefined : cipherSuites.get(first)
  return suite === undefined || serverKeyType(suite) === undefined
    ? { credentials: psk(identity, key) }
    : { credentials: clientCertificate, verify: trusting(serverCertificate, rsaCertificate) }
}

/** A DTLS server and its clients on a network in memory, under a simulated clock. */
export class DtlsSite {
  readonly clock = new SimulatedClock()
  readonly random
  readonly network: MemoryNetwork
  readonly serverAddress = { host: '10.0.0.9', port: 5684 }
  /** The connections that the server has accepted, what each has said, and why it ended. */
  readonly accepted: {
    readonly connection: Connection
    readonly received: Buffer[]
    readonly ends: TransportError[]
  }[] = []
  readonly failures: TransportError[] = []
  #listener: Listener | undefined

  constructor({ seed = 1, conditions = {}, server = {} }: DtlsSiteOptions = {}) {
    this.random = seededRandom(seed)
    this.network = new MemoryNetwork({ clock: this.clock, random: this.random, conditions })
    this.#serverOptions = server
  }

  readonly #serverOptions: Partial<DtlsServerOptions>

  get listener(): Listener {
    if (this.#listener === undefined) throw new Error('the server does not listen')
    return this.#listener
  }

  /** Starts the server; it echoes what it gets. */
  async listen(): Promise<this> {
    const { clock, random } = this
    const options: DtlsServerOptions = {
      clock,
      random,
      psk: name => (name.toString() === identity ? key : undefined),
      credentials: [serverCertificate, rsaCertificate],
      verify: trusting(clientCertificate),
      onFailure: error => this.failures.push(error),
      ...this.#serverOptions,
    }
    this.#listener = await listenDtls(this.network, this.serverAddress, options, connection => {
      const received: Buffer[] = []
      const ends: TransportError[] = []
      this.accepted.push({ connection, received, ends })
      connection.receive({
        datagram: bytes => {
          received.push(bytes)
          connection.send(bytes)
        },
        failed: () => {},
        closed: error => ends.push(error),
      })
    })
    return this
  }

  /** Opens a session, over a path of its own or the one given; the clock runs until it is there, or has failed. */
  async connect(options: Partial<DtlsClientOptions> = {}, path?: Connection): Promise<DtlsConnection> {
    const { clock, random } = this
    const connection = path ?? (await this.network.connect(this.serverAddress))
    return clock.until(connectDtls(connection, { clock, random, ...credentialsFor(options), ...options }))
  }

  /** Sends and returns the echo. */
  async echo(connection: DtlsConnection, bytes: Uint8Array): Promise<Buffer | undefined> {
    let answer: Buffer | undefined
    connection.receive({
      datagram: received => {
        answer = received
      },
      failed: () => {},
    })
    connection.send(bytes)
    await this.clock.advance(1)
    return answer
  }
}
