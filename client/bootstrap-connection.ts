import type {
  BootstrapConnectionOutcome,
  BootstrapPackOutcome,
  BootstrapRequestOutcome,
  BootstrapResult,
  SilenceInput,
  SilenceOutcome,
} from '../machines/effects.ts'
import type { Cause } from '../machines/events.ts'
import { type BootstrapAccount, bootstrapAccounts } from '../objects/account.ts'
import { ResponseCode } from '../objects/errors.ts'
import { ContentFormat } from '../objects/formats/format.ts'
import { performBootstrap, performBootstrapPack } from '../objects/operations/bootstrap.ts'
import { bootstrapAccountInstances } from '../objects/operations/bootstrap-account.ts'
import type { BootstrapContext, BootstrapOperation, Outcome } from '../objects/operations/operation.ts'
import { type CoapMessage, Code, describeCode, isSuccess } from '../transport/coap/message.ts'
import { findUint, OptionNumber } from '../transport/coap/options.ts'
import type { PeerRequest } from '../transport/coap/peer.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import { TransportError } from '../transport/errors.ts'
import { encodeBootstrapPackRequest, encodeBootstrapRequest } from '../transport/lwm2m/bootstrap-request.ts'
import { decodeBootstrapOperation, encodeOutcome } from '../transport/lwm2m/downlink.ts'
import { BootstrapSession } from './bootstrap-session.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'
import { refusal } from './device-management.ts'
import { Dialer } from './dialer.ts'
import { Link } from './link.ts'
import { causeOf } from './request-exchange.ts'
import { whenQuiet } from './when-quiet.ts'

export interface BootstrapEnvironment extends ConnectionEnvironment {
  /** How many Bootstrap-Server Accounts the client may have. */
  readonly maximumBootstrapAccounts: number
  /** The session is accepted: takes over what it has written and says what that is. */
  readonly onFinished: (account: BootstrapAccount) => BootstrapResult
}

/** Operations that change something. */
const changing: ReadonlySet<BootstrapOperation['kind']> = new Set(['bootstrapWrite', 'bootstrapDelete'])

/**
 * The wire of one Bootstrap-Server Account (LwM2M Core 1.2.2 §6.1). What the operations of an attempt change is undone when
 * it ends without an accepted Bootstrap-Finish.
 */
export class BootstrapConnection {
  readonly #securityInstanceId: number
  readonly #environment: BootstrapEnvironment
  readonly #session: BootstrapSession
  readonly #dialer: Dialer
  #account: BootstrapAccount | undefined
  #link: Link | undefined
  #report: (outcome: BootstrapConnectionOutcome) => void = () => {}
  #begun = false
  #finished = false

  constructor(securityInstanceId: number, environment: BootstrapEnvironment) {
    this.#securityInstanceId = securityInstanceId
    this.#environment = environment
    this.#session = new BootstrapSession(environment.store)
    this.#dialer = new Dialer(`${environment.endpoint} /0/${securityInstanceId}`, environment)
  }

  /** Begins an attempt; the returned function ends it. */
  open(report: (outcome: BootstrapConnectionOutcome) => void): () => void {
    let ended = false
    this.#report = report
    this.#begun = false
    this.#finished = false
    const { clock } = this.#environment
    this.#connect().then(
      connection => {
        if (ended) {
          connection.close()
          return
        }
        this.#link = new Link(connection, this.#environment, { perform: request => this.#perform(request) }, error =>
          this.#closed(error),
        )
        report({ type: 'connect.succeeded', atMs: clock.now() })
      },
      (error: unknown) => {
        if (!ended) report({ type: 'connect.failed', cause: causeOf(error) })
      },
    )
    return () => {
      ended = true
      this.#dialer.hangUp()
      this.#dialer.lose()
      this.#link?.close()
      this.#link = undefined
      this.#session.rollBack()
    }
  }

  /** Async, so that an account that is gone rejects. */
  async #connect(): Promise<PeerConnection> {
    const { store } = this.#environment
    // As it is now: the application may have changed or deleted it.
    this.#account = bootstrapAccounts(store).find(one => one.securityInstanceId === this.#securityInstanceId)
    if (this.#account !== undefined) return this.#dialer.open(this.#account)
    throw new TransportError('INVALID_URI', `/0/${this.#securityInstanceId} is no Bootstrap-Server Account`)
  }

  #closed(error: TransportError): void {
    if (error.alertCode === undefined) this.#dialer.lose()
    else this.#dialer.forget()
    this.#report({ type: 'connection.lost', cause: causeOf(error) })
  }

  /** Sends a Bootstrap-Request (LwM2M Core 1.2.2 §6.1.7.1); the returned function gives it up. */
  request(report: (outcome: BootstrapRequestOutcome) => void): () => void {
    const { endpoint, versions } = this.#environment
    // Whoever speaks 1.0 only knows no such parameter (LwM2M 1.0.2 §5.2.3).
    const preferred = versions[0] === '1.0' ? {} : { preferredContentFormat: ContentFormat.senmlCbor }
    return this.#send(
      encodeBootstrapRequest({ endpoint, ...preferred }),
      ({ code }) =>
        report(isSuccess(code) ? { type: 'bootstrap.accepted' } : { type: 'bootstrap.failed', cause: rejected(code) }),
      cause => report({ type: 'bootstrap.failed', cause }),
    )
  }

  /**
   * Asks for a Bootstrap-Pack and applies it, once no lock is held (LwM2M Core 1.2.2 §6.1.7.7); the returned function gives
   * it up.
   */
  pack(report: (outcome: BootstrapPackOutcome | BootstrapRequestOutcome) => void): () => void {
    const { endpoint, store } = this.#environment
    const accountInstances = bootstrapAccountInstances(store)
    let ended = false
    const end = this.#send(
      encodeBootstrapPackRequest({ endpoint, accept: ContentFormat.senmlCbor, accountInstances }),
      response => {
        const apply = () => {
          if (!ended) this.#apply(response)
        }
        if (response.code !== Code.content) report({ type: 'pack.refused' })
        else if (store.locked) store.whenUnlocked(apply)
        else apply()
      },
      cause => report({ type: 'bootstrap.failed', cause }),
    )
    return () => {
      ended = true
      end()
    }
  }

  /** Reports when the server was not heard of for too long. */
  silence({ limitSeconds }: SilenceInput, report: (outcome: SilenceOutcome) => void): () => void {
    const { clock } = this.#environment
    return whenQuiet(
      clock,
      limitSeconds,
      () => this.#link?.peer,
      () => report({ type: 'silence.tooLong' }),
    )
  }

  get #context(): BootstrapContext {
    const { store, keys, versions, maximumBootstrapAccounts, onError } = this.#environment
    const keepsKey = (instanceId: number) => keys.has(store, instanceId)
    return { enablerVersion: versions[0], maximumBootstrapAccounts, keepsKey, onError }
  }

  #perform({ message }: PeerRequest): CoapMessage | Promise<CoapMessage> {
    let operation: BootstrapOperation
    try {
      operation = decodeBootstrapOperation(message)
    } catch (error) {
      return refusal(error)
    }
    if (this.#finished) return encodeOutcome({ responseCode: ResponseCode.methodNotAllowed })
    if (!this.#begun) {
      this.#begun = true
      this.#report({ type: 'transfer.begun' })
    }
    const { store } = this.#environment
    const perform = () => performBootstrap(store, this.#context, operation)
    const outcome = changing.has(operation.kind) ? this.#session.change(perform) : perform()
    if (outcome instanceof Promise) return outcome.then(encodeOutcome)
    if (operation.kind === 'bootstrapFinish') this.#finish(outcome)
    return encodeOutcome(outcome)
  }

  #apply(response: CoapMessage): void {
    const contentFormat = findUint(response, OptionNumber.contentFormat)
    const pack = { ...(contentFormat === undefined ? {} : { contentFormat }), payload: response.payload }
    const { store } = this.#environment
    const outcome = this.#session.change(() => performBootstrapPack(store, this.#context, pack))
    if (outcome instanceof Promise) void outcome.then(settled => this.#finish(settled))
    else this.#finish(outcome)
  }

  #finish(outcome: Outcome): void {
    // There is no session without an account.
    if (isSuccess(outcome.responseCode) && this.#account !== undefined) {
      this.#finished = true
      this.#session.accept()
      this.#report({ type: 'transfer.finished', ...this.#environment.onFinished(this.#account) })
    } else {
      const message = Buffer.from(outcome.payload ?? []).toString() || describeCode(outcome.responseCode)
      this.#report({ type: 'transfer.refused', cause: { code: 'INCONSISTENT', message } })
    }
  }

  #send(message: CoapMessage, answered: (response: CoapMessage) => void, failed: (cause: Cause) => void): () => void {
    if (this.#link === undefined) throw new Error('there is no connection to the Bootstrap-Server')
    return this.#link.request(message, answered, failed)
  }
}

function rejected(code: number): Cause {
  return { code: 'REJECTED', message: `the Bootstrap-Server answered ${describeCode(code)}` }
}
