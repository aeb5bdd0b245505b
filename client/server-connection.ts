import type {
  ConnectionOutcome,
  DeregisterInput,
  DeregisterOutcome,
  RegisterInput,
  RegisterOutcome,
  UpdateInput,
  UpdateOutcome,
} from '../machines/effects.ts'
import type { Cause } from '../machines/events.ts'
import type { ServerAccount } from '../objects/account.ts'
import { AttributeTree } from '../objects/attributes/tree.ts'
import { server } from '../objects/definitions/server.ts'
import type { EnablerVersion } from '../objects/enabler.ts'
import { registrationLinks } from '../objects/links.ts'
import type { OperationContext } from '../objects/operations/operation.ts'
import type { Path } from '../objects/path.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { PathRouter } from '../streams/route.ts'
import type { Clock } from '../transport/clock.ts'
import { type CoapMessage, describeCode, isSuccess } from '../transport/coap/message.ts'
import type { CoapParameters } from '../transport/coap/parameters.ts'
import { CoapPeer } from '../transport/coap/peer.ts'
import type { Connection, Network } from '../transport/connection.ts'
import { TransportError } from '../transport/errors.ts'
import { decodeRegistered, encodeDeregister, encodeRegister, encodeUpdate } from '../transport/lwm2m/uplink.ts'
import type { Random } from '../transport/random.ts'
import type { Trace } from '../transport/trace.ts'
import { parseServerUri, type ServerUri } from '../transport/uri.ts'
import { Observations } from './observations.ts'
import { Requests } from './requests.ts'

/** What the connections of a client share. */
export interface ConnectionEnvironment {
  readonly endpoint: string
  readonly store: ObjectStore
  readonly router: PathRouter
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly coap: Partial<CoapParameters>
  readonly trace: Trace | undefined
  readonly confirmableNotifications: boolean
  readonly maximumObservations: number
  readonly maximumWaitingRequests: number
  readonly onError: (error: unknown) => void
}

/** The enabler that the client speaks. */
const enablerVersion: EnablerVersion = '1.1'

/** A De-register may take this long: whoever stops a device does not wait for a dead server. */
const deregisterTimeoutMs = 5_000

/**
 * The wire of one Server Account: its connection while there is one, the registration messages that the account's
 * statechart asks for, and the answers to the server's requests.
 */
export class ServerConnection {
  readonly account: ServerAccount
  readonly #environment: ConnectionEnvironment
  readonly #uri: ServerUri
  readonly #attributes = new AttributeTree()
  readonly #context: OperationContext
  readonly #observations: Observations
  #peer: CoapPeer | undefined
  /** Kept across connections: a server without security knows its client by address and port. */
  #localPort = 0
  #attempt = 0
  /** Hears that the network refuses while a registration message is under way. */
  #refused: ((error: TransportError) => void) | undefined

  constructor(account: ServerAccount, environment: ConnectionEnvironment) {
    const { store, router, clock, onError } = environment
    const { shortServerId, serverInstanceId } = account
    const context: OperationContext = { shortServerId, attributes: this.#attributes, enablerVersion, onError }
    this.account = account
    this.#context = context
    this.#environment = environment
    this.#uri = parseServerUri(account.uri)
    this.#observations = new Observations({
      store,
      router,
      clock,
      context,
      serverPath: [server.id, serverInstanceId],
      maximum: environment.maximumObservations,
      confirmable: environment.confirmableNotifications,
    })
  }

  /** Opens the connection; the returned function closes it. */
  open(report: (outcome: ConnectionOutcome) => void): () => void {
    let closed = false
    const { network, store, maximumWaitingRequests } = this.#environment
    const requests = new Requests(store, this.#context, this.#observations, maximumWaitingRequests)
    const options = { localPort: this.#localPort, attempt: this.#attempt++ }
    network.connect(this.#uri, options).then(
      connection => {
        if (closed) {
          connection.close()
          return
        }
        this.#localPort = connection.local.port
        this.#peer = this.#makePeer(connection, requests)
        this.#observations.attach(this.#peer)
        report({ type: 'connect.succeeded' })
      },
      (error: unknown) => {
        // Somebody else may have taken the port meanwhile.
        this.#localPort = 0
        if (!closed) report({ type: 'connect.failed', cause: causeOf(error) })
      },
    )
    return () => {
      closed = true
      this.#peer?.close()
      this.#peer = undefined
      // Each connection starts with a Register, and what was observed belongs to the registration before.
      this.#observations.detach()
      this.#observations.clear()
      requests.close()
    }
  }

  register({ lifetimeSeconds }: RegisterInput, report: (outcome: RegisterOutcome) => void): () => void {
    // What a server observed belonged to its former registration.
    this.#observations.clear()
    const { endpoint, store, clock } = this.#environment
    const atMs = clock.now()
    const message = encodeRegister({
      endpoint,
      version: enablerVersion,
      lifetimeSeconds,
      binding: this.account.binding,
      objectLinks: registrationLinks(store, enablerVersion),
    })
    return this.#exchange(
      message,
      response => {
        const location = decodeRegistered(response)
        if (!isSuccess(response.code)) report({ type: 'register.rejected', responseCode: response.code })
        else if (location !== undefined) report({ type: 'register.created', location, atMs })
        else report({ type: 'register.timedOut', cause: noLocation })
      },
      cause => report({ type: 'register.timedOut', cause }),
    )
  }

  update(input: UpdateInput, report: (outcome: UpdateOutcome) => void): () => void {
    const { location, lifetimeSeconds, includeLinks } = input
    const { store, clock } = this.#environment
    const atMs = clock.now()
    const message = encodeUpdate(location, {
      ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
      ...(includeLinks ? { objectLinks: registrationLinks(store, enablerVersion) } : {}),
    })
    return this.#exchange(
      message,
      ({ code }) =>
        report(isSuccess(code) ? { type: 'update.changed', atMs } : { type: 'update.rejected', responseCode: code }),
      cause => report({ type: 'update.timedOut', cause }),
    )
  }

  deregister({ location }: DeregisterInput, report: (outcome: DeregisterOutcome) => void): () => void {
    const { clock } = this.#environment
    const failed = (cause: Cause) => report({ type: 'deregister.failed', cause })
    const cancel = this.#exchange(
      encodeDeregister(location),
      ({ code }) => {
        if (isSuccess(code)) report({ type: 'deregister.done' })
        else failed({ code: 'REJECTED', message: `the server answered ${describeCode(code)}` })
      },
      failed,
    )
    const timer = clock.setTimeout(
      () => failed({ code: 'TIMEOUT', message: 'the server did not answer in time' }),
      deregisterTimeoutMs,
    )
    return () => {
      clock.clearTimeout(timer)
      cancel()
    }
  }

  /** An object instance is gone, and with it the attributes that the server attached to it. */
  forgetInstance(path: Path): void {
    this.#attributes.remove(path)
  }

  /** Whether it is still the connection of this account. */
  isOf({ uri, serverInstanceId }: ServerAccount): boolean {
    return uri === this.account.uri && serverInstanceId === this.account.serverInstanceId
  }

  /** Lets go of the store: the account is gone or another. A De-register under way goes on. */
  release(): void {
    this.#observations.close()
  }

  #makePeer(connection: Connection, requests: Requests): CoapPeer {
    const { clock, random, coap, trace, onError } = this.#environment
    return new CoapPeer(connection, {
      clock,
      random,
      parameters: coap,
      trace,
      handler: request => requests.handle(request),
      onNetworkError: error => this.#refused?.(error),
      onHandlerError: onError,
    })
  }

  /** Sends a registration message. Whoever refuses its datagrams ends it at once, without the retransmissions. */
  #exchange(
    message: CoapMessage,
    answered: (response: CoapMessage) => void,
    failed: (cause: Cause) => void,
  ): () => void {
    if (this.#peer === undefined) throw new Error('the account has no connection')
    const request = this.#peer.request(message)
    this.#refused = error => {
      this.#refused = undefined
      request.cancel()
      failed(causeOf(error))
    }
    let ended = false
    request.response.then(
      response => {
        if (!ended) answered(response)
      },
      (error: unknown) => {
        if (!ended && !(error instanceof TransportError && error.code === 'CANCELLED')) failed(causeOf(error))
      },
    )
    return () => {
      ended = true
      this.#refused = undefined
      request.cancel()
    }
  }
}

const noLocation: Cause = { code: 'NO_LOCATION', message: 'the server accepted, but named no location' }

function causeOf(error: unknown): Cause {
  if (error instanceof TransportError) return { code: error.code, message: error.message }
  return { code: 'UNKNOWN', message: error instanceof Error ? error.message : String(error) }
}
