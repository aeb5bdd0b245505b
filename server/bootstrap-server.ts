import { type Observable, Subject } from 'rxjs'
import { OperationError } from '../objects/errors.ts'
import { ContentFormat } from '../objects/formats/format.ts'
import { type CoapMessage, Code } from '../transport/coap/message.ts'
import { findStrings, OptionNumber } from '../transport/coap/options.ts'
import type { CoapPeer } from '../transport/coap/peer.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import type { Address } from '../transport/connection.ts'
import { closedError, TransportError } from '../transport/errors.ts'
import {
  type BootstrapPackRequest,
  type BootstrapRequest,
  decodeBootstrapPackRequest,
  decodeBootstrapRequest,
} from '../transport/lwm2m/bootstrap-request.ts'
import type { ServerUri } from '../transport/uri.ts'
import { checkEndpoint, failure, isOwnName, success } from './answers.ts'
import { type BootstrapConfig, bootstrapOf, type ClientBootstrap } from './bootstrap-config.ts'
import { encodePack } from './bootstrap-pack.ts'
import { BootstrapSession, type PerformedOperation } from './bootstrap-session.ts'
import type { Endpoints } from './endpoints.ts'
import { RequestError } from './errors.ts'
import { listen } from './listen.ts'
import type { BootstrapListenOptions } from './options.ts'
import { type Place, placeOf } from './place.ts'

/** Which client, by its Endpoint Client Name, and where it is. */
interface BootstrapClient extends Place {
  readonly endpoint: string
  /** Who it has proved to be, where the server speaks DTLS or TLS. */
  readonly identity?: string
}

/** What happens to a bootstrap. Holds no secret. */
export type BootstrapEvent =
  /** A Bootstrap-Request was accepted; the sequence follows. */
  | ({ readonly type: 'requested'; readonly preferredContentFormat: number | undefined } & BootstrapClient)
  /** A Bootstrap-Request or Bootstrap-Pack-Request was answered with an error; `endpoint` is as far as it was told. */
  | ({
      readonly type: 'refused'
      readonly endpoint: string | undefined
      /** A CoAP code byte. */
      readonly responseCode: number
      readonly reason: string
    } & Place)
  /** The client has answered an operation. */
  | ({ readonly type: 'operation' } & BootstrapClient & PerformedOperation)
  /** A Bootstrap-Pack-Request was answered with the pack; whether the client can work with it, it does not tell. */
  | ({ readonly type: 'packSent' } & BootstrapClient)
  /** The client has accepted the Bootstrap-Finish. */
  | ({ readonly type: 'finished' } & BootstrapClient)
  /** A session ended otherwise. */
  | ({ readonly type: 'failed'; readonly cause: Error } & BootstrapClient)

/** The formats that a Preferred Content Format may be (LwM2M Core 1.2.2 §6.1.7.1). */
const preferable: ReadonlySet<number> = new Set([
  ContentFormat.tlv,
  ContentFormat.senmlJson,
  ContentFormat.senmlCbor,
  ContentFormat.lwm2mCbor,
])

/**
 * A LwM2M bootstrap server, for tests and tools: gives each client that asks what its configuration says. One session a
 * client: a request of the same endpoint name ends the one before.
 */
export class Lwm2mBootstrapServer {
  /** What happens, each event after its response was sent; completes when the server is closed. */
  readonly events$: Observable<BootstrapEvent>
  readonly #events = new Subject<BootstrapEvent>()
  readonly #config: BootstrapConfig
  readonly #maximumSessions: number
  readonly #checksEndpoint: boolean
  readonly #sessions = new Map<string, BootstrapSession>()
  #endpoints: Endpoints | undefined

  private constructor({ config, maximumSessions = 1_000, security }: BootstrapListenOptions) {
    this.events$ = this.#events.asObservable()
    this.#config = config
    this.#maximumSessions = maximumSessions
    this.#checksEndpoint = security?.checkEndpoint ?? true
  }

  /** Rejects with TransportError ADDRESS_IN_USE, NETWORK_UNREACHABLE, INVALID_SECURITY or NOT_SUPPORTED. */
  static async listen(options: BootstrapListenOptions): Promise<Lwm2mBootstrapServer> {
    const server = new Lwm2mBootstrapServer(options)
    try {
      server.#endpoints = await listen(options, ({ message, peer }) => server.#answer(message, peer))
    } catch (error) {
      // Clients may have come by one transport before there was another.
      await server.close()
      throw error
    }
    return server
  }

  /** Where it listens, by the first of its transports. */
  get local(): Address {
    return this.#listening().local
  }

  /** Where it listens, by each of its transports. */
  get uris(): readonly ServerUri[] {
    return this.#listening().uris
  }

  /** Clients being bootstrapped. */
  get sessions(): number {
    return this.#sessions.size
  }

  /** Stops listening and ends the sessions under way, of which no event tells. Idempotent. */
  async close(): Promise<void> {
    const endpoints = this.#endpoints
    this.#endpoints = undefined
    this.#events.complete()
    for (const session of this.#sessions.values()) session.end(closedError())
    await endpoints?.close()
  }

  /**
   * Bootstraps a client that has not asked, as LwM2M 1.0 allows (LwM2M 1.0.2 §5.2); later clients are sent here by
   * their server, with an Execute of /1/x/9. Resolves when the client has accepted the Bootstrap-Finish. Rejects with
   * RequestError (`UNKNOWN_ENDPOINT`, `REJECTED`, `BAD_RESPONSE`, `BAD_CONFIGURATION`, `SUPERSEDED`), or with
   * TransportError when the client does not answer, `QUEUE_FULL` when there are too many sessions, or `CLOSED` when with
   * `security` there is no DTLS session with it, which only a client begins, and on a server without UDP, since it is clients
   * that connect, too.
   */
  async bootstrap(endpoint: string, address: Address): Promise<void> {
    const client = bootstrapOf(this.#config, endpoint)
    if (client === undefined) throw new RequestError('UNKNOWN_ENDPOINT', `nothing is configured for "${endpoint}"`)
    if (this.#isFull(endpoint)) throw new TransportError('QUEUE_FULL', `${this.#sessions.size} sessions are under way`)
    const who = { endpoint, address, transport: 'udp' } as const
    await this.#run(this.#open(who, client, this.#listening().peer(address)), who)
  }

  #answer(message: CoapMessage, peer: CoapPeer): CoapMessage {
    const place = placeOf(peer.connection)
    let endpoint: string | undefined
    try {
      const request = decodeBootstrapRequest(message)
      if (request !== undefined) {
        endpoint = request.endpoint
        return this.#request(request, peer)
      }
      const packRequest = decodeBootstrapPackRequest(message)
      if (packRequest === undefined) return failure(notServed(message))
      endpoint = packRequest.endpoint
      return this.#pack(packRequest, peer)
    } catch (error) {
      const response = failure(error)
      const { message: reason } = error as Error
      this.#emit({ type: 'refused', endpoint, ...place, responseCode: response.code, reason })
      return response
    }
  }

  #request({ endpoint: name, preferredContentFormat }: BootstrapRequest, peer: CoapPeer): CoapMessage {
    const [who, client] = this.#find(name, peer)
    const { endpoint } = who
    if (preferredContentFormat !== undefined && !preferable.has(preferredContentFormat)) {
      throw new OperationError('UNSUPPORTED_CONTENT_FORMAT', `Content-Format ${preferredContentFormat}`)
    }
    if (this.#isFull(endpoint)) {
      throw new OperationError('SERVICE_UNAVAILABLE', 'too many clients are being bootstrapped')
    }
    const session = this.#open(who, client, peer, preferredContentFormat)
    this.#emit({ type: 'requested', ...who, preferredContentFormat })
    // The response goes first: the sequence must not overtake its 2.04. How it ends, an event tells.
    queueMicrotask(() => this.#run(session, who).catch(() => undefined))
    return success(Code.changed)
  }

  #pack({ endpoint: name, accept, accountInstances }: BootstrapPackRequest, peer: CoapPeer): CoapMessage {
    const [who, client] = this.#find(name, peer)
    if (!client.pack) throw new OperationError('METHOD_NOT_ALLOWED', 'this client is to send a Bootstrap-Request')
    const response = encodePack(client, accept, accountInstances, this.#config.schema)
    this.#emit({ type: 'packSent', ...who })
    return response
  }

  /** An unknown name is a bad request by the table of response codes (LwM2M Transport 1.2.2 §6.7). */
  #find(name: string | undefined, { connection }: CoapPeer): [who: BootstrapClient, client: ClientBootstrap] {
    const { identity } = connection
    const endpoint = checkEndpoint(name)
    const client = bootstrapOf(this.#config, endpoint)
    if (client === undefined) throw new OperationError('BAD_REQUEST', 'nothing is configured for this endpoint')
    // Who is named in the configuration may have a certificate for any name.
    const isRight = client.identity === undefined ? this.#mayBe(endpoint, connection) : client.identity === identity
    if (!isRight) {
      throw new OperationError('BAD_REQUEST', 'what is configured for this endpoint is for another identity')
    }
    return [{ endpoint, ...placeOf(connection), ...(identity === undefined ? {} : { identity }) }, client]
  }

  #mayBe(endpoint: string, connection: PeerConnection): boolean {
    return !this.#checksEndpoint || isOwnName(endpoint, connection)
  }

  #isFull(endpoint: string): boolean {
    return !this.#sessions.has(endpoint) && this.#sessions.size >= this.#maximumSessions
  }

  /** A session in place of the one that this client has. */
  #open(
    who: BootstrapClient,
    client: ClientBootstrap,
    peer: CoapPeer,
    preferredContentFormat?: number,
  ): BootstrapSession {
    this.#sessions.get(who.endpoint)?.end(new RequestError('SUPERSEDED', 'the client asked for bootstrap again'))
    const session = new BootstrapSession({
      peer,
      client,
      preferredContentFormat,
      schema: this.#config.schema,
      onOperation: operation => this.#events.next({ type: 'operation', ...who, ...operation }),
    })
    this.#sessions.set(who.endpoint, session)
    return session
  }

  async #run(session: BootstrapSession, who: BootstrapClient): Promise<void> {
    try {
      await session.run().finally(() => this.#forget(session, who))
    } catch (error) {
      this.#events.next({ type: 'failed', ...who, cause: error as Error })
      throw error
    }
    this.#events.next({ type: 'finished', ...who })
  }

  #forget(session: BootstrapSession, { endpoint }: BootstrapClient): void {
    if (this.#sessions.get(endpoint) === session) this.#sessions.delete(endpoint)
  }

  #emit(event: BootstrapEvent): void {
    queueMicrotask(() => this.#events.next(event))
  }

  #listening(): Endpoints {
    if (this.#endpoints === undefined) throw closedError()
    return this.#endpoints
  }
}

function notServed(request: CoapMessage): OperationError {
  const [root, ...below] = findStrings(request, OptionNumber.uriPath)
  return (root === 'bs' || root === 'bspack') && below.length === 0
    ? new OperationError('METHOD_NOT_ALLOWED', 'the Bootstrap interface has no such operation')
    : new OperationError('NOT_FOUND', 'only the Bootstrap interface is served here')
}
