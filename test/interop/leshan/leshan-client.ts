import { type Psk, psk as usualPsk } from '../dtls/psk.ts'
import type { EventStream } from './event-stream.ts'
import { JavaProgram } from './java-program.ts'

export interface LeshanClientOptions {
  readonly endpoint: string
  /** `coaps://127.0.0.1:PORT` */
  readonly serverUri: string
  readonly psk?: Psk
  /** Of the Connection IDs that it chooses; with 0 it only takes those of its server. Default 6. */
  readonly connectionIdLength?: number
  readonly lifetimeSeconds?: number
}

/** What each event of the client carries. */
export interface LeshanClientEvents {
  REGISTERED: { readonly registrationId: string }
  UPDATED: object
  DEREGISTERED: object
  FAILED: { readonly operation: string; readonly cause: string }
}

/** Where the number is, which {@link LeshanClient.setValue} changes. */
export const leshanValuePath = '/3442/0/130'
/** Where bytes are, which a server may write. */
export const leshanBytesPath = '/3442/0/150'

/** Starts a Leshan client, which does nothing until it is told to {@link LeshanClient.register}; see {@link JavaProgram.start}. */
export async function startLeshanClient(options: LeshanClientOptions): Promise<LeshanClient> {
  const { endpoint, serverUri, psk = usualPsk, connectionIdLength = 6, lifetimeSeconds = 300 } = options
  const program = await JavaProgram.start(
    'client',
    endpoint,
    serverUri,
    psk.identity,
    psk.key.toString('hex'),
    String(connectionIdLength),
    String(lifetimeSeconds),
  )
  return new LeshanClient(program, await program.events())
}

/** A running Leshan client of LwM2M 1.1, with a Test Object, over DTLS with a pre-shared key. */
export class LeshanClient {
  readonly events: EventStream<LeshanClientEvents>
  readonly #program: JavaProgram

  constructor(program: JavaProgram, events: EventStream<LeshanClientEvents>) {
    this.#program = program
    this.events = events
  }

  /** The warnings that Leshan logged so far. */
  get log(): string {
    return this.#program.log
  }

  async register(): Promise<void> {
    await this.#program.fetch('PUT', '/registration')
    await this.events.next('REGISTERED')
  }

  async update(): Promise<void> {
    await this.#program.fetch('POST', '/update')
    await this.events.next('UPDATED')
  }

  /** Its next message begins with a handshake, from a port that stays the same. */
  async reconnect(how: 'resume' | 'full'): Promise<void> {
    await this.#program.fetch('POST', how === 'resume' ? '/reconnect?resume' : '/reconnect')
  }

  async setValue(value: number): Promise<void> {
    await this.#program.fetch('PUT', '/value', String(value))
  }

  async deregister(): Promise<void> {
    await this.#program.fetch('DELETE', '/registration')
  }

  close(): Promise<void> {
    return this.#program.close()
  }
}
