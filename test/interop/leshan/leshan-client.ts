import { vi } from 'vitest'
import type { CertificateUsage } from '../../../transport/dtls/certificate/verify.ts'
import type { Party } from '../dtls/certificates.ts'
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
  const program = await JavaProgram.start('client', [
    endpoint,
    serverUri,
    psk.identity,
    psk.key.toString('hex'),
    String(connectionIdLength),
    String(lifetimeSeconds),
  ])
  return new LeshanClient(program, await program.events())
}

/** What a Leshan client is given of itself and of its server, in the Security object and its trust store. */
export type LeshanKeyPair =
  | { readonly kind: 'rpk'; readonly own: Party; readonly server: Party }
  | {
      readonly kind: 'x509'
      readonly own: Party
      /** /0/x/4, a certificate in DER. */
      readonly server: Buffer
      /** /0/x/15 */
      readonly usage: CertificateUsage
      /** What it trusts, in DER. */
      readonly root: Buffer
    }

/** A running Leshan client of LwM2M 1.1, with a Test Object, over DTLS with a pre-shared key, or what it is given instead. */
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

  /** Begins anew with the server of this URI, before {@link register}. */
  async setKeyPair(uri: string, given: LeshanKeyPair): Promise<void> {
    const { own } = given
    const key = own.certificate.privateKey.export({ format: 'der', type: 'pkcs8' })
    const body =
      given.kind === 'rpk'
        ? { own: own.certificate.publicKey, server: given.server.certificate.publicKey }
        : { own: own.certificate.der, server: given.server, root: given.root }
    const inHex = Object.entries({ ...body, key }).map(([name, bytes]) => [name, bytes.toString('hex')])
    const usage = given.kind === 'x509' && { usage: given.usage }
    await this.#program.fetch('PUT', '/key-pair', JSON.stringify({ uri, ...Object.fromEntries(inHex), ...usage }))
  }

  /** What comes of its first attempt to register. */
  async tryToRegister(): Promise<'REGISTERED' | 'FAILED'> {
    const before = this.events.history.length
    await this.#program.fetch('PUT', '/registration')
    const isOutcome = ({ type }: { readonly type: string }) => type === 'REGISTERED' || type === 'FAILED'
    return vi.waitFor(
      () => {
        const outcome = this.events.history.slice(before).find(isOutcome)
        if (outcome === undefined) throw new Error('neither registered nor refused')
        return outcome.type as 'REGISTERED' | 'FAILED'
      },
      { timeout: 10_000 },
    )
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
