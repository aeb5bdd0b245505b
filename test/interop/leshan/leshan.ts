import type { Party } from '../dtls/certificates.ts'
import type { Psk } from '../dtls/psk.ts'
import type { EventStream } from './event-stream.ts'
import { JavaProgram, type Settings } from './java-program.ts'
import type {
  CompositeFormat,
  CompositeFormats,
  LeshanAnswer,
  LeshanFormat,
  LeshanNode,
  LeshanRegistration,
} from './model.ts'

/** The programs it takes: a JDK, and Maven for the first fetch. */
export const leshanPrograms = ['java', 'javac', 'mvn'] as const
export const leshanInstall = 'apt-get install openjdk-17-jdk-headless maven'

/** The certificate of a server, which is its raw public key too, and a file with the one that is to certify clients, PEM. */
export interface LeshanCredentials {
  readonly own: Party
  readonly root: string
}

/** As the programs take them. */
export function filesOf(credentials: LeshanCredentials | undefined): string[] {
  if (credentials === undefined) return []
  const { own, root } = credentials
  return [own.pkcs8File, own.file('chain'), root]
}

export interface LeshanOptions {
  /** How long Leshan takes a client in queue mode for awake after its last message, milliseconds. Default: MAX_TRANSMIT_WAIT. */
  readonly awakeTimeMs?: number
  /** Of the Connection IDs that it chooses; with 0 it finds clients by their addresses. Default 6. */
  readonly connectionIdLength?: number
  readonly credentials?: LeshanCredentials
  /** `coapPort`, `coapsPort`, `coapTcpPort`, `httpPort`, `maximumBodyBytes`, `blockBytes`, `ackTimeoutMs`, `maxRetransmit`, `timeoutMs`, `models`: a folder. */
  readonly settings?: Settings
}

/** Starts a Leshan server; see {@link JavaProgram.start}. */
export async function startLeshan({
  awakeTimeMs = 93_000,
  connectionIdLength = 6,
  credentials,
  settings,
}: LeshanOptions = {}): Promise<Leshan> {
  const parameters = [String(awakeTimeMs), String(connectionIdLength), ...filesOf(credentials)]
  return new Leshan(await JavaProgram.start('server', parameters, settings))
}

/**
 * A running Leshan server: what its device management side asks of clients, and the events it emits. What is asked of a
 * client in queue mode that sleeps waits until it is awake, 30 s at most.
 */
export class Leshan {
  readonly #program: JavaProgram

  constructor(program: JavaProgram) {
    this.#program = program
  }

  /** For the client under test. */
  get coapUri(): string {
    return this.#program.coapUri
  }

  /** For a client with a key that Leshan knows, see {@link setPsk}. */
  get coapsUri(): string {
    return this.#program.coapsUri
  }

  get coapTcpUri(): string {
    return this.#program.coapTcpUri
  }

  /** For a client with a certificate, of a Leshan that has one; see {@link setKeyPair}. */
  get coapsTcpUri(): string {
    return this.#program.coapsTcpUri
  }

  /** The warnings that Leshan logged so far. */
  get log(): string {
    return this.#program.log
  }

  /** The key of a client, which then has to come with it. */
  setPsk(endpoint: string, psk: Psk): Promise<void> {
    return this.#program.setPsk(endpoint, psk)
  }

  /** Lets a client come with a raw public key, or with a certificate for its endpoint name. */
  async setKeyPair(endpoint: string, kind: 'x509' | 'rpk', { certificate }: Party): Promise<void> {
    const body = kind === 'rpk' ? { publicKey: certificate.publicKey.toString('hex') } : {}
    await this.#program.fetch('PUT', `/key-pairs/${encodeURIComponent(endpoint)}`, JSON.stringify(body))
  }

  /** Forgets every DTLS session and connection, unknown to the clients. */
  async forgetSessions(): Promise<void> {
    await this.#program.fetch('DELETE', '/sessions')
  }

  clients(): Promise<LeshanRegistration[]> {
    return this.#program.fetch('GET', '/clients')
  }

  /** @throws LeshanError 404 when no such client is registered. */
  client(endpoint: string): Promise<LeshanRegistration> {
    return this.#program.fetch('GET', `/clients/${encodeURIComponent(endpoint)}`)
  }

  /**
   * Forgets the registration, so that the next Update is answered with 4.04 (Not Found); the client can register anew.
   * @throws LeshanError 404 when no such client is registered.
   */
  forget(endpoint: string): Promise<LeshanRegistration> {
    return this.#program.fetch('DELETE', `/clients/${encodeURIComponent(endpoint)}`)
  }

  /** Sends an Accept option only when a format is given. */
  read(endpoint: string, path: string, options: { format?: LeshanFormat } = {}): Promise<LeshanAnswer> {
    return this.#ask('GET', endpoint, path, query(options))
  }

  /** Writes `node`, whose paths lie at or below `path`: by PUT, or by POST with `replace: false`. TLV unless told otherwise. */
  write(
    endpoint: string,
    path: string,
    node: LeshanNode,
    options: { format?: LeshanFormat; replace?: boolean } = {},
  ): Promise<LeshanAnswer> {
    return this.#ask('PUT', endpoint, path, query(options), bodyOf(node))
  }

  /** Writes a resource with the content of a file: opaque, in blocks. */
  writeFile(endpoint: string, path: string, file: string, format: LeshanFormat = 'OPAQUE'): Promise<LeshanAnswer> {
    return this.#ask('PUT', endpoint, `${path}/file`, query({ format }), file)
  }

  /**
   * Creates the instances that the paths of `node` name, or one whose id the client chooses when they are relative:
   * `{'110': 'a', '1110/0': 'b'}`. TLV unless told otherwise.
   */
  create(
    endpoint: string,
    object: string,
    node: LeshanNode,
    options: { format?: LeshanFormat } = {},
  ): Promise<LeshanAnswer> {
    return this.#ask('POST', endpoint, object, query(options), bodyOf(node))
  }

  delete(endpoint: string, path: string): Promise<LeshanAnswer> {
    return this.#ask('DELETE', endpoint, path)
  }

  execute(endpoint: string, path: string, argumentText = ''): Promise<LeshanAnswer> {
    return this.#ask('POST', endpoint, path, '', argumentText)
  }

  discover(endpoint: string, path: string): Promise<LeshanAnswer> {
    return this.#ask('GET', endpoint, `${path}/discover`)
  }

  /** `attributes` as in a query: `pmin=1&pmax=3`; `pmin` alone unsets it. */
  writeAttributes(endpoint: string, path: string, attributes: string): Promise<LeshanAnswer> {
    return this.#ask('PUT', endpoint, `${path}/attributes`, `?${attributes}`)
  }

  observe(endpoint: string, path: string, options: { format?: LeshanFormat } = {}): Promise<LeshanAnswer> {
    return this.#ask('POST', endpoint, `${path}/observe`, query(options))
  }

  /** Cancels by a GET with Observe 1 (RFC 7641 §3.6). */
  cancelActively(endpoint: string, path: string): Promise<LeshanAnswer> {
    return this.#ask('DELETE', endpoint, `${path}/observe`, '?active')
  }

  readComposite(endpoint: string, paths: readonly string[], formats: CompositeFormats): Promise<LeshanAnswer> {
    return this.#ask('GET', endpoint, '/composite', compositeQuery(paths, formats))
  }

  /** Writes single resources and resource instances; `node` names each of them. */
  writeComposite(endpoint: string, node: LeshanNode, format: CompositeFormat): Promise<LeshanAnswer> {
    return this.#ask('PUT', endpoint, '/composite', `?nodeformat=${format}`, bodyOf(node))
  }

  observeComposite(endpoint: string, paths: readonly string[], formats: CompositeFormats): Promise<LeshanAnswer> {
    return this.#ask('POST', endpoint, '/composite/observe', compositeQuery(paths, formats))
  }

  /** Cancels by a FETCH with Observe 1; the paths must be those of the observation. */
  cancelCompositeActively(endpoint: string, paths: readonly string[]): Promise<LeshanAnswer> {
    return this.#ask('DELETE', endpoint, '/composite/observe', `?paths=${paths.join(',')}&active`)
  }

  /** Forgets the observation, so that the next notification is answered with a Reset. @returns how many there were. */
  cancelPassively(endpoint: string, path: string): Promise<number> {
    return this.#forget(endpoint, `${path}/observe`)
  }

  /** As {@link cancelPassively}; the paths must be those of the observation. */
  cancelCompositePassively(endpoint: string, paths: readonly string[]): Promise<number> {
    return this.#forget(endpoint, `/composite/observe?paths=${paths.join(',')}`)
  }

  /** The events of one client, or of all; open it before what it should see. Ends with {@link close}. */
  events(endpoint?: string): Promise<EventStream> {
    return this.#program.events(endpoint)
  }

  close(): Promise<void> {
    return this.#program.close()
  }

  async #forget(endpoint: string, target: string): Promise<number> {
    const path = `/clients/${encodeURIComponent(endpoint)}${target}`
    return (await this.#program.fetch<{ cancelled: number }>('DELETE', path)).cancelled
  }

  #ask(method: string, endpoint: string, path: string, search = '', body?: string): Promise<LeshanAnswer> {
    return this.#program.fetch(method, `/clients/${encodeURIComponent(endpoint)}${path}${search}`, body)
  }
}

function query(options: { format?: LeshanFormat; replace?: boolean }): string {
  const parameters = Object.entries(options).map(([name, value]) => `${name}=${value}`)
  return parameters.length === 0 ? '' : `?${parameters.join('&')}`
}

function compositeQuery(paths: readonly string[], { paths: pathFormat, nodes }: CompositeFormats): string {
  return `?paths=${paths.join(',')}&pathformat=${pathFormat}&nodeformat=${nodes}`
}

/** JSON has no negative zero of its own. */
function bodyOf(node: LeshanNode): string {
  return JSON.stringify(node, (_, value: unknown) => (Object.is(value, -0) ? '-0' : value))
}
