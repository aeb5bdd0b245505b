import type { Psk } from '../dtls/psk.ts'
import type { EventStream } from './event-stream.ts'
import { JavaProgram } from './java-program.ts'
import { filesOf, type LeshanCredentials } from './leshan.ts'
import type { LeshanLink, LeshanNode } from './model.ts'

/** Leshan's BootstrapConfig; Security and Server by instance id. Bytes are hexadecimal. What is absent is Leshan's default. */
export interface BootstrapConfiguration {
  /**
   * Begins with a Bootstrap-Discover and gives the Security instances the lowest ids that the Bootstrap-Server Account
   * leaves free. A session cannot go on when that account is not found.
   */
  readonly autoIdForSecurityObject?: boolean
  /** Of what is written. Default: what the client prefers (`pct`), TLV when it does not say. */
  readonly contentFormat?: BootstrapFormat
  /** Paths to delete first. */
  readonly toDelete?: readonly string[]
  /** Paths to read last, before the Finish. */
  readonly toRead?: readonly string[]
  readonly security: Readonly<Record<number, SecurityConfiguration>>
  readonly servers: Readonly<Record<number, ServerConfiguration>>
  readonly acls?: Readonly<Record<number, AccessControlConfiguration>>
}

type BootstrapFormat = 'TLV' | 'SENML_JSON' | 'SENML_CBOR'

interface SecurityConfiguration {
  readonly uri: string
  readonly securityMode: 'NO_SEC' | 'PSK' | 'RPK' | 'X509'
  /** Short Server ID; not of a bootstrap server. */
  readonly serverId?: number
  readonly bootstrapServer?: boolean
  readonly publicKeyOrId?: string
  readonly serverPublicKey?: string
  readonly secretKey?: string
  /** /0/x/11, seconds, with Leshan's spelling. */
  readonly clientOldOffTime?: number
  /** /0/x/12, seconds. */
  readonly bootstrapServerAccountTimeout?: number
  readonly sni?: string
}

/** By the names of the resources /1/x/13 to 20 where they are not self-evident; times in seconds. */
export interface ServerConfiguration {
  readonly shortId: number
  readonly lifetime?: number
  readonly defaultMinPeriod?: number
  readonly defaultMaxPeriod?: number
  readonly disableTimeout?: number
  readonly notifIfDisabled?: boolean
  readonly binding?: 'U'
  readonly registrationPriority?: number
  readonly initialDelay?: number
  /** /1/x/15: whether a failed registration keeps the client from the servers that follow. */
  readonly registrationFailure?: boolean
  /** /1/x/16 */
  readonly bootstrapOnRegistrationFailure?: boolean
  readonly communicationRetryCount?: number
  readonly communicationRetryTimer?: number
  readonly sequenceDelayTimer?: number
  readonly sequenceRetryCount?: number
  /** /1/x/21: whether /1/x/9 starts a bootstrap. */
  readonly trigger?: boolean
}

interface AccessControlConfiguration {
  readonly objectId: number
  readonly objectInstanceId: number
  /** Rights by Short Server ID; 0 is everybody else. */
  readonly acls: Readonly<Record<number, number>>
  readonly accessControlOwner: number
}

interface Session {
  readonly ep: string
  readonly session: string
}

interface Request extends Session {
  readonly operation: 'BootstrapDiscover' | 'BootstrapRead' | 'BootstrapWrite' | 'BootstrapDelete' | 'BootstrapFinish'
  /** Absent for the Finish. */
  readonly path?: string
  /** Of a Write. */
  readonly format?: BootstrapFormat
}

/** What each event of the bootstrap server carries. Every session that was authorized ends with `FINISHED` or `FAILED`. */
export interface BootstrapEvents {
  AUTHORIZED: Session
  /** No configuration for this client: answered with 4.00. */
  NO_CONFIG: Session
  REQUEST: Request
  RESPONSE: Request & {
    /** As Leshan prints it: `CHANGED(204)`. */
    readonly status: string
    readonly errormessage?: string
    /** Of a Read. */
    readonly content?: LeshanNode
    /** Of a Discover. */
    readonly objectLinks?: readonly LeshanLink[]
  }
  /** No answer in time, or one that cannot be decoded. */
  REQUEST_FAILED: Request & { readonly errormessage: string }
  FINISHED: Session
  FAILED: Session & {
    readonly cause: 'NO_BOOTSTRAP_CONFIG' | 'REQUEST_FAILED' | 'FINISH_FAILED' | 'CANCELLED' | 'INTERNAL_SERVER_ERROR'
  }
}

export interface LeshanBootstrapOptions {
  /** How long a client has to answer a request, milliseconds. Default: 5 s. */
  readonly timeoutMs?: number
  readonly credentials?: LeshanCredentials
}

/** Starts a Leshan bootstrap server; see {@link JavaProgram.start}. */
export async function startLeshanBootstrap({
  timeoutMs = 5_000,
  credentials,
}: LeshanBootstrapOptions = {}): Promise<LeshanBootstrap> {
  return new LeshanBootstrap(await JavaProgram.start('bootstrap', [String(timeoutMs), ...filesOf(credentials)]))
}

/** A running Leshan bootstrap server: what it gives each client, and the course of the sessions. */
export class LeshanBootstrap {
  readonly #program: JavaProgram

  constructor(program: JavaProgram) {
    this.#program = program
  }

  /** For the Bootstrap-Server Account of the client under test. */
  get coapUri(): string {
    return this.#program.coapUri
  }

  /** For a client with a key that it knows, see {@link setPsk}. */
  get coapsUri(): string {
    return this.#program.coapsUri
  }

  /** The warnings that Leshan logged so far. */
  get log(): string {
    return this.#program.log
  }

  /**
   * Sets what a client is given from its next session on.
   * @throws LeshanError 400 when Leshan finds the configuration inconsistent.
   */
  async configure(endpoint: string, configuration: BootstrapConfiguration): Promise<void> {
    await this.#program.fetch('PUT', pathOf(endpoint), JSON.stringify(configuration))
  }

  /** The key of a client, which then has to come with it. */
  setPsk(endpoint: string, psk: Psk): Promise<void> {
    return this.#program.setPsk(endpoint, psk)
  }

  /** The next session of the client has no configuration. */
  async forget(endpoint: string): Promise<void> {
    await this.#program.fetch('DELETE', pathOf(endpoint))
  }

  /** Lets a client come with a certificate for its endpoint name. */
  async setCertified(endpoint: string): Promise<void> {
    await this.#program.fetch('PUT', `/key-pairs/${encodeURIComponent(endpoint)}`)
  }

  /** The events of one client, or of all; open it before what it should see. Ends with {@link close}. */
  events(endpoint?: string): Promise<EventStream<BootstrapEvents>> {
    return this.#program.events(endpoint)
  }

  close(): Promise<void> {
    return this.#program.close()
  }
}

/** What was asked and answered so far, a line each: `BootstrapWrite /0/1 TLV: CHANGED(204)`. */
export function exchangesOf(events: EventStream<BootstrapEvents>): string[] {
  return events.history.flatMap(({ type, data }) => {
    if (type !== 'RESPONSE') return []
    const { operation, path, format, status } = data as BootstrapEvents['RESPONSE']
    return `${[operation, path, format].filter(part => part !== undefined).join(' ')}: ${status}`
  })
}

function pathOf(endpoint: string): string {
  return `/bootstrap/${encodeURIComponent(endpoint)}`
}
