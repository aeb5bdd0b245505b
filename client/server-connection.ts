import type { Disabled } from '../machines/account-context.ts'
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
import { type ServerAccount, serverAccounts } from '../objects/account.ts'
import { server } from '../objects/definitions/server.ts'
import type { Path } from '../objects/path.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import type { TransportError } from '../transport/errors.ts'
import { recordAlert } from './alert-code.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'
import type { TransportLetter } from './current-transport.ts'
import { deregister } from './deregister.ts'
import { Dialer } from './dialer.ts'
import { Link } from './link.ts'
import { Registering } from './registering.ts'
import { causeOf, type SendRequest } from './request-exchange.ts'
import type { SavedServer } from './saved-state.ts'
import { Sends } from './sends.ts'
import { ServerReporting } from './server-reporting.ts'
import { TransportOverride } from './transport-override.ts'
import { whenQuiet } from './when-quiet.ts'

/**
 * The wire of one Server Account: its connection while there is one, the registration messages that the account's
 * statechart asks for, and the answers to the server's requests.
 */
export class ServerConnection {
  readonly account: ServerAccount
  readonly sends: Sends
  /** What the server wants to be told. */
  readonly reporting: ServerReporting
  /** Kept over a stop, too: the server is not to be spoken to until then (LwM2M Core 1.2.2 §E.2, resource 5). */
  disabled: Disabled | undefined
  readonly #environment: ConnectionEnvironment
  readonly #dialer: Dialer
  readonly #registering: Registering
  readonly #override: TransportOverride
  #link: Link | undefined
  #isResting = false
  /** Whether the connection will be needed again when it is closed. */
  #isNeeded = false
  #report: (outcome: ConnectionOutcome) => void = () => {}

  constructor(account: ServerAccount, environment: ConnectionEnvironment) {
    const { store, router, clock, devices, onError, versions } = environment
    const { shortServerId, serverInstanceId } = account
    this.account = account
    this.#environment = environment
    this.#dialer = new Dialer(`${environment.endpoint} ${shortServerId}`, environment)
    this.#override = new TransportOverride(clock, () => environment.onTransportOverridden(shortServerId))
    this.#registering = new Registering({
      environment,
      request: (...request) => this.#request(...request),
      onVersion: version => {
        this.reporting.enablerVersion = version
      },
      onConfirmed: () => this.#release(),
    })
    this.reporting = new ServerReporting({
      store,
      router,
      clock,
      devices,
      shortServerId,
      enablerVersion: versions[0],
      onError,
      serverInstance: { store, router, path: [server.id, serverInstanceId] },
      maximum: environment.maximumObservations,
      confirmable: environment.confirmableNotifications,
      maximumHeldNotifications: environment.maximumHeldNotifications,
      unacknowledgedEnds: environment.unacknowledgedEnds,
      storesNotifications: () => this.#storesNotifications(),
      onEvent: environment.onObservation,
      onWaiting: () => environment.onTransmissionWaiting(shortServerId),
      onChanged: environment.onKeptChanged,
      onRecorded: environment.onRecorded,
      onUnreachable: () => this.#lose(unacknowledged),
    })
    this.sends = new Sends({
      store,
      clock,
      context: this.reporting.own.context,
      serverInstanceId,
      maximumWaiting: environment.maximumWaitingSends,
      onWaiting: () => environment.onTransmissionWaiting(shortServerId),
      onUnreachable: error => this.#lose(causeOf(error)),
    })
  }

  /** Opens the connection; lets it rest and wakes it in queue mode; closes it in the end. */
  open(report: (outcome: ConnectionOutcome) => void): RunningEffect<ConnectionMessage> {
    let ended = false
    this.disabled = undefined
    const { clock, store } = this.#environment
    this.#report = report
    const begin = () => {
      this.#dialer.open(this.#takeWishes()).then(
        connection => {
          if (ended) {
            connection.close()
            return
          }
          this.#use(connection)
          report({ type: 'connect.succeeded', atMs: clock.now() })
        },
        (error: unknown) => {
          recordAlert(store, this.account.serverInstanceId, error)
          if (!ended) report({ type: 'connect.failed', cause: causeOf(error) })
        },
      )
    }
    begin()
    return {
      receive: ({ type }) => {
        if (type === 'rest') {
          this.#rest()
          return
        }
        this.#isResting = false
        if (this.#link === undefined) {
          begin()
        } else {
          this.#link.wake()
          report({ type: 'connect.succeeded', atMs: clock.now() })
        }
      },
      end: () => {
        ended = true
        this.#dialer.hangUp()
        this.sends.interrupt()
        this.#close()
      },
    }
  }

  register(input: RegisterInput, report: (outcome: RegisterOutcome) => void): () => void {
    // What a server observed belonged to its former registration.
    this.reporting.retire()
    this.sends.interrupt('CLOSED')
    return this.#registering.register(input, report)
  }

  update(input: UpdateInput, report: (outcome: UpdateOutcome) => void): () => void {
    return this.#registering.update(input, report)
  }

  deregister({ location }: DeregisterInput, report: (outcome: DeregisterOutcome) => void): () => void {
    this.#isNeeded = false
    // A server that is disabled comes back.
    if (this.disabled === undefined) {
      this.reporting.clear()
      this.sends.close()
    } else {
      this.reporting.retire()
      this.sends.interrupt('CLOSED')
    }
    return deregister((...request) => this.#request(...request), this.#environment.clock, location, report)
  }

  /** The server is to be reached by this transport, now. False: it is. */
  moveTo(transport: TransportLetter): boolean {
    if (transport === this.#link?.transport) return false
    this.#override.set(transport)
    return true
  }

  /** Reports when nothing is under way and the last message is old enough (LwM2M Core 1.2.2 §6.5). */
  awakeWindow({ awakeSeconds }: AwakeWindowInput, report: (outcome: AwakeWindowOutcome) => void): () => void {
    const { clock } = this.#environment
    return whenQuiet(
      clock,
      awakeSeconds,
      () => this.#link?.peer,
      () => report({ type: 'window.over' }),
    )
  }

  /** Suspended: nothing is timed, and what changes is remembered. */
  pause(): void {
    this.reporting.pause()
  }

  resume(): void {
    this.reporting.resume()
  }

  /** What is to be known of the server after a restart, besides its registration. */
  save(): Omit<SavedServer, 'location' | 'version' | 'registeredUntilMs'> {
    const { told } = this.#registering
    return {
      ...(this.disabled && { disabled: this.disabled }),
      ...(told && { told }),
      ...this.#dialer.save(),
      ...this.reporting.save(),
    }
  }

  restore(saved: SavedServer): void {
    const { location, disabled, told } = saved
    if (location.length > 0) this.sends.restore()
    this.disabled = disabled
    this.#registering.told = told
    this.#dialer.restore(saved)
    // The server must know where the client is before it hears of anything else.
    this.reporting.hold()
    this.reporting.restore(saved)
  }

  /** An object instance is gone, and with it the attributes that the server attached to it. */
  forgetInstance(path: Path): void {
    this.reporting.forgetInstance(path)
  }

  /** The registration is over, and so is what the server observed. */
  endRegistration(): void {
    this.reporting.clear()
    this.sends.close()
    this.#dialer.lose()
  }

  /** Whether it is still the connection of this account. */
  isOf(account: ServerAccount): boolean {
    return identifying.every(name => account[name] === this.account[name])
  }

  /** Lets go of the store: the account is gone or another. A De-register under way goes on. */
  release(): void {
    this.reporting.close()
    this.sends.close()
    this.#dialer.lose()
  }

  /** The account as it is now: what a server writes of transports counts for connections that are opened later (§6.2.1.2). */
  #takeWishes(): ServerAccount {
    const { shortServerId } = this.account
    const account = serverAccounts(this.#environment.store).find(one => one.shortServerId === shortServerId)
    const preferredTransport = this.#override.take()
    const current = account !== undefined && this.isOf(account) ? account : this.account
    return preferredTransport === undefined ? current : { ...current, preferredTransport }
  }

  #use(opened: PeerConnection): void {
    const performer = this.reporting.performing(() => this.#link === link)
    const link: Link = new Link(opened, this.#environment, performer, error => this.#closed(error))
    this.#link = link
    this.#isNeeded = true
    this.#isResting = false
    this.reporting.attach(link.peer)
  }

  /** The server has ended the connection. While it rests nobody needs it before it wakes. */
  #closed(error: TransportError): void {
    recordAlert(this.#environment.store, this.account.serverInstanceId, error)
    if (error.alertCode === undefined) this.#dialer.lose()
    else this.#dialer.forget()
    if (this.#isResting) this.#close()
    else this.#lose(causeOf(error))
  }

  /** The server is not there any more: the next connection does not go on with this one. */
  #lose(cause: Cause): void {
    this.#isNeeded = false
    this.#report({ type: 'connection.lost', cause })
  }

  /** The server has confirmed the registration. */
  #release(): void {
    this.reporting.release()
    if (this.#link !== undefined) this.sends.release(this.#link.peer)
  }

  #rest(): void {
    this.#isResting = true
    this.reporting.hold()
    this.sends.sleep()
    const { whileAsleep } = this.#environment
    if (whileAsleep === 'close') this.#close()
    else if (whileAsleep === 'keep') this.#link?.rest()
  }

  #close(): void {
    const link = this.#link
    if (link === undefined) return
    this.#link = undefined
    this.#override.released()
    this.reporting.hold()
    if (this.#isNeeded) this.#dialer.rest()
    else this.#dialer.lose()
    // The peer first: what it has under way is not to make room for the next, but to be held.
    link.close()
    this.reporting.detach()
  }

  /** Notification Storing When Disabled or Offline (LwM2M Core 1.2.2 §E.2). */
  #storesNotifications(): boolean {
    const { id } = server.resources.notificationStoringWhenDisabledOrOffline
    return this.#environment.store.get([server.id, this.account.serverInstanceId, id]) === true
  }

  #request(...[message, answered, failed]: Parameters<SendRequest>): () => void {
    if (this.#link === undefined) throw new Error('the account has no connection')
    return this.#link.request(message, answered, cause => {
      this.#isNeeded = false
      failed(cause)
    })
  }
}

/** By what an account is told from another one. */
const identifying = ['uri', 'serverInstanceId', 'securityInstanceId', 'securityMode', 'sni'] as const

const unacknowledged: Cause = { code: 'TIMEOUT', message: 'the server did not acknowledge a notification' }
