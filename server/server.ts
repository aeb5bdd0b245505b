import { defer, firstValueFrom, map, type Observable, Subject } from 'rxjs'
import { type AttributePatch, formatAttributes } from '../objects/attributes/attributes.ts'
import { OperationError } from '../objects/errors.ts'
import { ContentFormat, type Schema } from '../objects/formats/format.ts'
import { MAX_ID } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import { parsePrefixedPath } from '../objects/prefixed-path.ts'
import type { Value } from '../objects/value.ts'
import { type Clock, systemClock } from '../transport/clock.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import type { CoapPeer } from '../transport/coap/peer.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import type { Address } from '../transport/connection.ts'
import { TransportError } from '../transport/errors.ts'
import { systemRandom } from '../transport/random.ts'
import type { ServerUri } from '../transport/uri.ts'
import type { Endpoints } from './endpoints.ts'
import { RequestError } from './errors.ts'
import { listen } from './listen.ts'
import { type CancelMode, Observations } from './observations.ts'
import type {
  CompositeOptions,
  DiscoverOptions,
  ListenOptions,
  ObserveOptions,
  PayloadOptions,
  ReadOptions,
  WriteCompositeOptions,
  WriteOptions,
} from './options.ts'
import { attributeQueries, compositeRead, dataFormatOf, encodeValues } from './payloads.ts'
import { type Refusal, refusalOf } from './refusal.ts'
import { type Registration, type RegistrationEvent, Registrations } from './registrations.ts'
import { answerRegistration } from './requests.ts'
import {
  type DiscoverResult,
  discoverResult,
  type OperationAtPath,
  type OperationResult,
  operationResult,
  type ReadResult,
  readResult,
} from './results.ts'
import { schemaOf } from './schema.ts'
import { answerSend, type ReceivedSend, withAbsoluteTimes } from './sends.ts'
import { type AnyOperation, requestFor, schemaFor } from './target.ts'
import { WakeQueue } from './wake-queue.ts'

/**
 * A LwM2M server, for tests and tools: clients register, and each operation is a method on their endpoint name.
 *
 * An operation rejects with RequestError (`UNKNOWN_ENDPOINT`, `REJECTED`, `BAD_RESPONSE`), with TransportError (`TIMEOUT`
 * and others) when the client does not answer, `CLOSED` while it has neither a DTLS session nor a TCP connection with the
 * server, and with PathError for a path that is none.
 *
 * A client that registered with queue mode is asked while it is awake. Otherwise the operation waits for its next Register
 * or Update, those of one client in order; it rejects with TransportError QUEUE_FULL when too many wait, and with
 * RequestError REGISTRATION_ENDED when the client leaves or expires instead.
 *
 * Of a device behind a client that is its gateway, a path begins with the prefix: `/d01/3303/0` (LwM2M Gateway 1.1 §8.3).
 */
export class Lwm2mServer {
  /** What happens to registrations, each event after its response was sent; completes when the server is closed. */
  readonly events$: Observable<RegistrationEvent>
  /** What clients send by themselves, each after its response was sent; completes when the server is closed. */
  readonly sends$: Observable<ReceivedSend>
  /** Requests that were answered with an error, each after its response was sent; completes when the server is closed. */
  readonly refusals$: Observable<Refusal>
  readonly #events = new Subject<RegistrationEvent>()
  readonly #sends = new Subject<ReceivedSend>()
  readonly #refusals = new Subject<Refusal>()
  readonly #registrations: Registrations
  readonly #observations = new Observations(registration => this.#peer(registration))
  readonly #schema: Schema
  readonly #clock: Clock
  readonly #wakeQueue: WakeQueue
  #endpoints: Endpoints | undefined

  private constructor(options: ListenOptions) {
    const { clock = systemClock, random = systemRandom, maximumRegistrations: maximum = 10_000 } = options
    const { clientAwakeSeconds = 93, maximumWaitingRequests: maximumWaiting = 64, security } = options
    const { checkEndpoint: checksEndpoint = true } = security ?? {}
    this.events$ = this.#events.asObservable()
    this.sends$ = this.#sends.asObservable()
    this.refusals$ = this.#refusals.asObservable()
    this.#clock = clock
    this.#schema = schemaOf(options.objects ?? [])
    this.#wakeQueue = new WakeQueue({
      clock,
      awakeMs: clientAwakeSeconds * 1_000,
      maximumWaiting,
      isReachable: endpoint => this.#isReachable(endpoint),
    })
    this.#registrations = new Registrations({
      clock,
      random,
      maximum,
      checksEndpoint,
      onEvent: event => this.#follow(event),
    })
  }

  /** Rejects with TransportError ADDRESS_IN_USE, NETWORK_UNREACHABLE, INVALID_SECURITY or NOT_SUPPORTED. */
  static async listen(options: ListenOptions = {}): Promise<Lwm2mServer> {
    const server = new Lwm2mServer(options)
    try {
      server.#endpoints = await listen(options, ({ message, peer }) => server.#answer(message, peer.connection))
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

  /** The registered clients by endpoint name; a live view. */
  get registrations(): ReadonlyMap<string, Registration> {
    return this.#registrations.byEndpoint
  }

  /** Stops listening: observations complete, requests under way reject. Clients are not told. Idempotent. */
  async close(): Promise<void> {
    const endpoints = this.#endpoints
    this.#observations.close()
    this.#wakeQueue.close()
    this.#registrations.close()
    this.#endpoints = undefined
    await endpoints?.close()
    this.#events.complete()
    this.#sends.complete()
    this.#refusals.complete()
  }

  /** Reads an object, instance, resource or resource instance (LwM2M Core 1.2.2 §6.3.1). */
  async read(endpoint: string, path: string, options: ReadOptions = {}): Promise<ReadResult> {
    const operation = { kind: 'read', ...parsePrefixedPath(path), ...options } as const
    return this.#readResult(operation, await this.#request(endpoint, operation))
  }

  /**
   * Writes one value, or several by their full paths in ascending order (LwM2M Core 1.2.2 §6.3.3). Rejects with ValueError
   * or OperationError when the values do not fit the path or the format.
   */
  async write(
    endpoint: string,
    path: string,
    content: Value | readonly PathValue[],
    options: WriteOptions = {},
  ): Promise<OperationResult> {
    const target = parsePrefixedPath(path)
    const { path: base, prefix } = target
    const { mode = 'replace', contentFormat = dataFormatOf(this.#registration(endpoint)) } = options
    if (mode === 'update' && base.length !== 2) {
      throw new OperationError('METHOD_NOT_ALLOWED', 'only an instance can be updated')
    }
    const values = Array.isArray(content)
      ? (content as readonly PathValue[])
      : [{ path: base, value: content as Value }]
    const payload = encodeValues(base, values, contentFormat, schemaFor(this.#schema, prefix))
    return this.#perform(endpoint, { kind: 'write', ...target, mode, contentFormat, payload })
  }

  /**
   * Creates instances of an object from values by their full paths (LwM2M Core 1.2.2 §6.3.6). Where the instance id in the
   * paths is {@link MAX_ID}, 65535, the client chooses one and tells it as `location`. Rejects as `write`.
   */
  async create(
    endpoint: string,
    path: string,
    values: readonly PathValue[],
    options: PayloadOptions = {},
  ): Promise<OperationResult> {
    const target = parsePrefixedPath(path)
    const { path: object, prefix } = target
    const anyInstance = values.every(value => value.path[1] === MAX_ID)
    const { contentFormat = anyInstance ? ContentFormat.tlv : dataFormatOf(this.#registration(endpoint)) } = options
    // TLV leaves the choice to the client by resources without an instance around them.
    const base = anyInstance && contentFormat === ContentFormat.tlv ? [...object, MAX_ID] : object
    const payload = encodeValues(base, values, contentFormat, schemaFor(this.#schema, prefix))
    return this.#perform(endpoint, { kind: 'create', ...target, contentFormat, payload })
  }

  /** Deletes an instance, or in LwM2M 1.2 a resource instance (LwM2M Core 1.2.2 §6.3.7). */
  async delete(endpoint: string, path: string): Promise<OperationResult> {
    return this.#perform(endpoint, { kind: 'delete', ...parsePrefixedPath(path) })
  }

  /** Reads several places at once; those that are not there are left out (LwM2M Core 1.2.2 §6.3.8). */
  async readComposite(endpoint: string, paths: readonly string[], options: CompositeOptions = {}): Promise<ReadResult> {
    const operation = compositeRead('readComposite', paths, options)
    return this.#readResult(operation, await this.#request(endpoint, operation))
  }

  /** Writes values by their full paths, all or none; `null` removes (LwM2M Core 1.2.2 §6.3.9). Rejects as `write`. */
  async writeComposite(
    endpoint: string,
    values: readonly PathValue[],
    { contentFormat = ContentFormat.senmlCbor, prefix }: WriteCompositeOptions = {},
  ): Promise<OperationResult> {
    const payload = encodeValues([], values, contentFormat, schemaFor(this.#schema, prefix))
    return this.#perform(endpoint, { kind: 'writeComposite', path: [], contentFormat, payload })
  }

  /** Executes a resource with arguments such as `0='text',2` (LwM2M Core 1.2.2 §6.3.5). */
  async execute(endpoint: string, path: string, args = ''): Promise<OperationResult> {
    return this.#perform(endpoint, { kind: 'execute', ...parsePrefixedPath(path), arguments: args })
  }

  /** Lists what lies below a path, `depth` levels of it, with its attributes (LwM2M Core 1.2.2 §6.3.2). */
  async discover(endpoint: string, path: string, options: DiscoverOptions = {}): Promise<DiscoverResult> {
    const operation = { kind: 'discover', ...parsePrefixedPath(path), ...options } as const
    return discoverResult(operation, await this.#request(endpoint, operation))
  }

  /** Sets notification attributes; `null` unsets one (LwM2M Core 1.2.2 §6.3.4). */
  async writeAttributes(endpoint: string, path: string, attributes: AttributePatch): Promise<OperationResult> {
    return this.#perform(endpoint, {
      kind: 'writeAttributes',
      ...parsePrefixedPath(path),
      attributes: formatAttributes(attributes),
    })
  }

  /**
   * Observes a path while subscribed (LwM2M Core 1.2.2 §6.4.1): emits the current values, then each notification.
   * Unsubscribing ends the observation at the client. When the client appears at another address, or comes back by another
   * DTLS session or TCP connection, it is observed anew there. Completes when the registration ends, and after the first
   * answer when the client does not let itself be observed. Errors as a Read rejects.
   */
  observe(endpoint: string, path: string, options: ObserveOptions = {}): Observable<ReadResult> {
    const { cancel, attributes, ...readOptions } = options
    const ownAttributes = attributeQueries(attributes)
    return this.#observe(
      endpoint,
      () => ({ kind: 'observe', ...parsePrefixedPath(path), ...readOptions, ...ownAttributes }),
      cancel,
    )
  }

  /** Observes several places with one observation (LwM2M Core 1.2.2 §6.4.4); otherwise as `observe`. */
  observeComposite(
    endpoint: string,
    paths: readonly string[],
    options: CompositeOptions & ObserveOptions = {},
  ): Observable<ReadResult> {
    const ownAttributes = attributeQueries(options.attributes)
    return this.#observe(
      endpoint,
      () => ({ ...compositeRead('observeComposite', paths, options), ...ownAttributes }),
      options.cancel,
    )
  }

  #observe(
    endpoint: string,
    makeOperation: () => OperationAtPath,
    cancel: CancelMode = 'active',
  ): Observable<ReadResult> {
    return defer(() => {
      const operation = makeOperation()
      const request = requestFor(operation)
      const observation = defer(() => this.#observations.observe(this.#registration(endpoint), request, cancel))
      return this.#wakeQueue
        .whenAwake(this.#registration(endpoint), observation)
        .pipe(map(message => this.#readResult(operation, message)))
    })
  }

  #answer(request: CoapMessage, connection: PeerConnection): CoapMessage {
    const registrations = this.#registrations
    const sent = answerSend(request, connection, {
      registrations,
      schema: this.#schema,
      nowMs: this.#clock.now(),
      // As with a registration, the response goes first.
      onSend: send => queueMicrotask(() => this.#sends.next(send)),
    })
    const answer = sent ?? answerRegistration(registrations, request, connection)
    const refusal = refusalOf(request, answer, connection)
    if (refusal !== undefined) queueMicrotask(() => this.#refusals.next(refusal))
    return answer
  }

  /** The answer to a Read, or a notification; its times as seconds since 1970. */
  #readResult(operation: OperationAtPath, response: CoapMessage): ReadResult {
    const result = readResult(operation, response, schemaFor(this.#schema, operation.prefix))
    return { ...result, values: withAbsoluteTimes(result.values, this.#clock.now() / 1_000) }
  }

  async #perform(endpoint: string, operation: AnyOperation): Promise<OperationResult> {
    return operationResult(operation, await this.#request(endpoint, operation))
  }

  #request(endpoint: string, operation: AnyOperation): Promise<CoapMessage> {
    const request = requestFor(operation)
    const response = defer(() => this.#peer(this.#registration(endpoint)).request(request).response)
    return firstValueFrom(this.#wakeQueue.whenAwake(this.#registration(endpoint), response))
  }

  #registration(endpoint: string): Registration {
    const registration = this.#registrations.byEndpoint.get(endpoint)
    if (registration === undefined) throw new RequestError('UNKNOWN_ENDPOINT', `no client "${endpoint}" is registered`)
    return registration
  }

  #peer(registration: Registration): CoapPeer {
    const connection = this.#registrations.connectionOf(registration)
    if (connection === undefined) throw new RequestError('REGISTRATION_ENDED', `"${registration.endpoint}" has left`)
    return this.#listening().peerOf(connection)
  }

  #isReachable(endpoint: string): boolean {
    try {
      return this.#peer(this.#registration(endpoint)) !== undefined
    } catch {
      return false
    }
  }

  #listening(): Endpoints {
    if (this.#endpoints === undefined) throw new TransportError('CLOSED', 'the server is closed')
    return this.#endpoints
  }

  #follow(event: RegistrationEvent): void {
    const { type, registration } = event
    if (type === 'updated') {
      this.#observations.follow(registration)
    } else if (type === 'registered') {
      if (event.replaced !== undefined) this.#observations.end(event.replaced)
    } else {
      this.#observations.end(registration)
      this.#wakeQueue.end(registration)
    }
    // The response goes first: neither what waits for the client nor what a listener asks may overtake its 2.01.
    queueMicrotask(() => {
      if (type === 'registered' || type === 'updated') this.#wakeQueue.woke(registration)
      this.#events.next(event)
    })
  }
}
