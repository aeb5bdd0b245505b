import { systemClock } from '../../../transport/clock.ts'
import type { Connection } from '../../../transport/connection.ts'
import { connectDtls } from '../../../transport/dtls/connect.ts'
import { psk as credentialsOf } from '../../../transport/dtls/credentials.ts'
import type { DtlsConnection } from '../../../transport/dtls/dtls-connection.ts'
import { listenDtls } from '../../../transport/dtls/listener.ts'
import type {
  DtlsClientOptions,
  DtlsOptions,
  DtlsParameters,
  DtlsServerOptions,
} from '../../../transport/dtls/parameters.ts'
import type { ResumableSession } from '../../../transport/dtls/resumable-session.ts'
import { cipherSuites } from '../../../transport/dtls/suites.ts'
import type { TransportError } from '../../../transport/errors.ts'
import { systemRandom } from '../../../transport/random.ts'
import { udpNetwork } from '../../../transport/udp.ts'
import { type Psk, psk as usualPsk } from './psk.ts'

const patienceMs = 10_000

/** Sizes of payloads, up to the largest of a record (RFC 5246 §6.2.1). */
export const payloadSizes = [1, 64, 1_200, 4_096, 16_384] as const

/** Begins with a byte that no program here takes for a command. */
export function payload(size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, index) => (index === 0 ? 0xa5 : (index * 31 + size) & 0xff)))
}

/** The id of a suite by its name at IANA, without the `TLS_`. */
export function suiteId(name: string): number {
  for (const { id, name: known } of cipherSuites.values()) if (known === `TLS_${name}`) return id
  throw new Error(`no suite ${name}`)
}

/** A server is patient enough for the second that its peers wait; a client repeats itself soon, to spend less of it. */
const base: Pick<DtlsOptions, 'clock' | 'random'> = { clock: systemClock, random: systemRandom }
const impatient: Partial<DtlsParameters> = { initialTimeoutMs: 200 }

/** Of a client that is not to wait long for what does not come. */
export const soon: { readonly parameters: Partial<DtlsParameters> } = { parameters: { maximumTransmissions: 3 } }

export interface OurClientOptions extends Partial<Omit<DtlsClientOptions, 'clock' | 'random' | 'session'>> {
  /** Where there are no other credentials. */
  readonly psk?: Psk
  readonly session?: ResumableSession | undefined
}

/** Our client's session with a server, and what it has received. */
export class OurClient {
  readonly connection: DtlsConnection
  #received: Buffer = Buffer.alloc(0)
  #changed = () => {}

  private constructor(connection: DtlsConnection) {
    this.connection = connection
    connection.receive({
      datagram: bytes => {
        this.#received = Buffer.concat([this.#received, bytes])
        this.#changed()
      },
      failed: () => {},
    })
  }

  static async connect(port: number, { psk = usualPsk, parameters, session, ...options }: OurClientOptions = {}) {
    const connection = await udpNetwork.connect({ host: '127.0.0.1', port })
    return new OurClient(
      await connectDtls(connection, {
        ...base,
        ...options,
        ...(session && { session }),
        parameters: { ...impatient, ...parameters },
        credentials: options.credentials ?? credentialsOf(psk.identity, psk.key),
      }),
    )
  }

  send(bytes: Uint8Array): void {
    this.connection.send(bytes)
  }

  /** Waits until these bytes have come, in one datagram or several, and nothing before them that nobody awaited. */
  receives(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${this.#received.length} of ${bytes.length} bytes within ${patienceMs} ms`)),
        patienceMs,
      )
      this.#changed = () => {
        if (this.#received.length < bytes.length) return
        clearTimeout(timer)
        const received = this.#received.subarray(0, bytes.length)
        this.#received = this.#received.subarray(bytes.length)
        if (received.equals(bytes)) resolve()
        else reject(new Error('these are other bytes'))
      }
      this.#changed()
    })
  }

  /** Sends bytes of these sizes, and waits for each until it is back. */
  async echoes(sizes: readonly number[]): Promise<void> {
    for (const size of sizes) {
      this.send(payload(size))
      await this.receives(payload(size))
    }
  }

  close(): void {
    this.connection.close()
  }
}

export type OurServerOptions = Partial<Omit<DtlsServerOptions, 'clock' | 'random' | 'psk'>> & { readonly psk?: Psk }

/** A server of ours that sends back what it receives. */
export interface OurServer {
  readonly port: number
  /** The sessions, from the first to the last. */
  readonly sessions: readonly Connection[]
  /** Why handshakes failed. */
  readonly failures: readonly TransportError[]
  close(): Promise<void>
}

export async function startOurServer({
  psk = usualPsk,
  parameters,
  ...options
}: OurServerOptions = {}): Promise<OurServer> {
  const sessions: Connection[] = []
  const failures: TransportError[] = []
  const listener = await listenDtls(
    udpNetwork,
    { host: '127.0.0.1', port: 0 },
    {
      ...base,
      onFailure: error => failures.push(error),
      ...options,
      parameters: { ...impatient, ...parameters },
      psk: identity => (identity.toString() === psk.identity ? psk.key : undefined),
    },
    connection => {
      sessions.push(connection)
      connection.receive({ datagram: bytes => connection.send(bytes), failed: () => {} })
    },
  )
  return { port: listener.local.port, sessions, failures, close: () => listener.close() }
}
