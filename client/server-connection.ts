import type {
  AwakeWindowInput,
  AwakeWindowOutcome,
  ConnectionMessage,
  ConnectionOutcome,
  DeregisterInput,
  DeregisterOutcome,
  RegisterInput,
  RegisterOutcome,
  RunningEffect,
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
import { type CoapMessage, describeCode, isSuccess } from '../transport/coap/message.ts'
import { CoapPeer } from '../transport/coap/peer.ts'
import type { Connection } from '../transport/connection.ts'
import type { TransportError } from '../transport/errors.ts'
import { decodeRegistered, encodeDeregister, encodeRegister, encodeUpdate } from '../transport/lwm2m/uplink.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'
import { deviceManagement } from './device-management.ts'
import { Observations } from './observations.ts'
import { causeOf, RequestExchange } from './request-exchange.ts'
import { Requests } from './requests.ts'
import { RestingConnection } from './resting-connection.ts'
import { serverAddress } from './server-address.ts'

/** A De-register may take this long: whoever stops a device does not wait for a dead server. */
const deregisterTimeoutMs = 5_000

/** An open connection and all that ends with it. */
interface Link {
  readonly connection: RestingConnection
  readonly peer: CoapPeer
  readonly requests: Requests
}

/**
 * The wire of one Server Account: its connection while there is one, the registration messages that the account's
 * statechart asks for, and the answers to the server's requests.
 */
export class ServerConnection {
  readonly account: ServerAccount
  readonly #environment: ConnectionEnvironment
  readonly #attributes = new AttributeTree()
  readonly #context: OperationContext & { enablerVersion: EnablerVersion }
  readonly #observations: Observations
  #link: Link | undefined
  /** Kept across connections: a server without security knows its client by address and port. */
  #localPort = 0
  #attempt = 0
  #report: (outcome: ConnectionOutcome) => void = () => {}
  /** The registration message that is under way. */
  #exchange: RequestExchange | undefined

  constructor(account: ServerAccount, environment: ConnectionEnvironment) {
    const { store, router, clock, onError, versions } = environment
    const { shortServerId, serverInstanceId } = account
    this.account = account
    this.#context = { shortServerId, attributes: this.#attributes, enablerVersion: versions[0], onError }
    this.#environment = environment
    this.#observations = new Observations({
      store,
      router,
      clock,
      context: this.#context,
      serverPath: [server.id, serverInstanceId],
      maximum: environment.maximumObservations,
      confirmable: environment.confirmableNotifications,
      maximumHeldNotifications: environment.maximumHeldNotifications,
      onWaiting: () => environment.onTransmissionWaiting(shortServerId),
      onUnreachable: () => this.#report({ type: 'connection.lost', cause: unacknowledged }),
    })
  }

  /** Opens the connection; lets it rest and wakes it in queue mode; closes it in the end. */
  open(report: (outcome: ConnectionOutcome) => void): RunningEffect<ConnectionMessage> {
    let ended = false
    const { clock } = this.#environment
    this.#report = report
    const connect = () => {
      this.#connect().then(
        connection => {
          if (ended) {
            connection.close()
            return
          }
          this.#use(connection)
          report({ type: 'connect.succeeded', atMs: clock.now() })
        },
        (error: unknown) => {
          // Somebody else may have taken the port meanwhile.
          this.#localPort = 0
          if (!ended) report({ type: 'connect.failed', cause: causeOf(error) })
        },
      )
    }
    connect()
    return {
      receive: ({ type }) => {
        if (type === 'rest') {
          this.#rest()
        } else if (this.#link === undefined) {
          connect()
        } else {
          this.#link.connection.wake()
          report({ type: 'connect.succeeded', atMs: clock.now() })
        }
      },
      end: () => {
        ended = true
        this.#close()
      },
    }
  }

  register(input: RegisterInput, report: (outcome: RegisterOutcome) => void): () => void {
    // What a server observed belonged to its former registration.
    this.#observations.clear()
    const { version, lifetimeSeconds } = input
    const { endpoint, store, clock, smsNumber, profileId } = this.#environment
    const atMs = clock.now()
    this.#context.enablerVersion = version
    const message = encodeRegister({
      endpoint,
      version,
      lifetimeSeconds,
      ...bindingParameters(input),
      ...(smsNumber === undefined ? {} : { smsNumber }),
      ...(profileId === undefined || version !== '1.2' ? {} : { profileIds: [profileId] }),
      objectLinks: registrationLinks(store, version),
    })
    return this.#request(
      message,
      response => {
        const location = decodeRegistered(response)
        if (!isSuccess(response.code)) {
          report({ type: 'register.rejected', responseCode: response.code })
        } else if (location === undefined) {
          report({ type: 'register.timedOut', cause: noLocation })
        } else {
          report({ type: 'register.created', location, atMs })
          this.#observations.release()
        }
      },
      cause => report({ type: 'register.timedOut', cause }),
    )
  }

  update(input: UpdateInput, report: (outcome: UpdateOutcome) => void): () => void {
    const { location, version, lifetimeSeconds, binding, includeLinks } = input
    const { store, clock } = this.#environment
    const atMs = clock.now()
    this.#context.enablerVersion = version
    const message = encodeUpdate(location, {
      ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
      ...(binding === undefined ? {} : { binding }),
      ...(includeLinks ? { objectLinks: registrationLinks(store, version) } : {}),
    })
    return this.#request(
      message,
      ({ code }) => {
        if (!isSuccess(code)) {
          report({ type: 'update.rejected', responseCode: code })
        } else {
          report({ type: 'update.changed', atMs })
          this.#observations.release()
        }
      },
      cause => report({ type: 'update.timedOut', cause }),
    )
  }

  deregister({ location }: DeregisterInput, report: (outcome: DeregisterOutcome) => void): () => void {
    this.#observations.clear()
    const { clock } = this.#environment
    const failed = (cause: Cause) => report({ type: 'deregister.failed', cause })
    const end = this.#request(
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
      end()
    }
  }

  /** Reports when nothing is under way and the last message is old enough (LwM2M Core 1.2.2 §6.5). */
  awakeWindow({ awakeSeconds }: AwakeWindowInput, report: (outcome: AwakeWindowOutcome) => void): () => void {
    const { clock } = this.#environment
    const windowMs = awakeSeconds * 1000
    const look = () => {
      const peer = this.#link?.peer
      const nowMs = clock.now()
      const remainingMs = (peer?.lastActivityMs ?? nowMs) + windowMs - nowMs
      if (remainingMs > 0) timer = clock.setTimeout(look, remainingMs)
      else if (peer?.awaitsResponse === true) timer = clock.setTimeout(look, windowMs)
      else report({ type: 'window.over' })
    }
    let timer = clock.setTimeout(look, windowMs)
    return () => clock.clearTimeout(timer)
  }

  /** Suspended: nothing is timed, and what changes is remembered. */
  pause(): void {
    this.#observations.pause()
  }

  resume(): void {
    this.#observations.resume()
  }

  /** An object instance is gone, and with it the attributes that the server attached to it. */
  forgetInstance(path: Path): void {
    this.#attributes.remove(path)
  }

  /** The registration is over, and so is what the server observed. */
  endRegistration(): void {
    this.#observations.clear()
  }

  /** Whether it is still the connection of this account. */
  isOf({ uri, serverInstanceId }: ServerAccount): boolean {
    return uri === this.account.uri && serverInstanceId === this.account.serverInstanceId
  }

  /** Lets go of the store: the account is gone or another. A De-register under way goes on. */
  release(): void {
    this.#observations.close()
  }

  /** Async, so that a URI that is none rejects. */
  async #connect(): Promise<Connection> {
    const options = { localPort: this.#localPort, attempt: this.#attempt++ }
    return this.#environment.network.connect(serverAddress(this.account), options)
  }

  #use(opened: Connection): void {
    const { store, clock, random, coap, trace, onError, maximumWaitingRequests } = this.#environment
    this.#localPort = opened.local.port
    const connection = new RestingConnection(opened)
    const isOpen = () => this.#link?.requests === requests
    const perform = deviceManagement({ store, context: this.#context, observations: this.#observations, isOpen })
    const requests = new Requests(store, perform, maximumWaitingRequests)
    const peer = new CoapPeer(connection, {
      clock,
      random,
      parameters: coap,
      trace,
      handler: request => requests.handle(request),
      onNetworkError: (error: TransportError) => this.#exchange?.refuse(error),
      onHandlerError: onError,
    })
    this.#link = { connection, peer, requests }
    this.#observations.attach(peer)
  }

  #rest(): void {
    this.#observations.hold('all')
    const { whileAsleep } = this.#environment
    if (whileAsleep === 'close') this.#close()
    else if (whileAsleep === 'keep') this.#link?.connection.rest()
  }

  #close(): void {
    const link = this.#link
    if (link === undefined) return
    this.#link = undefined
    this.#observations.hold(this.#storesNotifications() ? 'all' : 'latest')
    this.#observations.detach()
    link.peer.close()
    link.requests.close()
  }

  /** Notification Storing When Disabled or Offline (LwM2M Core 1.2.2 §E.2). */
  #storesNotifications(): boolean {
    const { id } = server.resources.notificationStoringWhenDisabledOrOffline
    return this.#environment.store.get([server.id, this.account.serverInstanceId, id]) === true
  }

  #request(
    message: CoapMessage,
    answered: (response: CoapMessage) => void,
    failed: (cause: Cause) => void,
  ): () => void {
    if (this.#link === undefined) throw new Error('the account has no connection')
    const exchange = new RequestExchange(this.#link.peer, message, answered, failed)
    this.#exchange = exchange
    return () => {
      if (this.#exchange === exchange) this.#exchange = undefined
      exchange.end()
    }
  }
}

/** In 1.0 queue mode is part of the binding, afterwards a parameter of its own (LwM2M 1.0.2 §5.3.1.1, Core 1.2.2 §6.2.1). */
function bindingParameters({ version, binding, queueMode }: RegisterInput): { binding: string; queueMode?: true } {
  const modes = binding.replace('Q', '')
  if (!queueMode) return { binding: modes }
  return version === '1.0' ? { binding: `${modes}Q` } : { binding: modes, queueMode: true }
}

const unacknowledged: Cause = { code: 'TIMEOUT', message: 'the server did not acknowledge a notification' }

const noLocation: Cause = { code: 'NO_LOCATION', message: 'the server accepted, but named no location' }
