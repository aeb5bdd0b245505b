import type {
  BootstrapConnectionOutcome,
  BootstrapPackOutcome,
  BootstrapRequestOutcome,
  BootstrapResult,
  SilenceInput,
  SilenceOutcome,
} from '../machines/effects.ts'
import type { Cause } from '../machines/events.ts'
import type { BootstrapAccount } from '../objects/account.ts'
import { security } from '../objects/definitions/security.ts'
import { ResponseCode } from '../objects/errors.ts'
import { ContentFormat } from '../objects/formats/format.ts'
import { performBootstrap } from '../objects/operations/bootstrap.ts'
import { performBootstrapPack } from '../objects/operations/bootstrap-pack.ts'
import type { BootstrapContext, BootstrapOperation, Outcome } from '../objects/operations/operation.ts'
import { restoreSnapshot, type Snapshot, takeSnapshot } from '../objects/snapshot.ts'
import { type CoapMessage, Code, describeCode, isSuccess } from '../transport/coap/message.ts'
import type { PeerRequest } from '../transport/coap/peer.ts'
import { encodeBootstrapPackRequest, encodeBootstrapRequest } from '../transport/lwm2m/bootstrap-request.ts'
import { decodeBootstrapOperation, decodeOutcome, encodeOutcome } from '../transport/lwm2m/downlink.ts'
import { connect } from './connect.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'
import { refusal } from './device-management.ts'
import { Link } from './link.ts'
import { causeOf } from './request-exchange.ts'
import { whenQuiet } from './when-quiet.ts'

export interface BootstrapEnvironment extends ConnectionEnvironment {
  /** How many Bootstrap-Server Accounts the client may have. */
  readonly maximumBootstrapAccounts: number
  /** The session is accepted: takes over what it has written and says what that is. */
  readonly onFinished: (account: BootstrapAccount) => BootstrapResult
}

/** Operations that change something, before which the state to go back to is taken. */
const changing: ReadonlySet<BootstrapOperation['kind']> = new Set(['bootstrapWrite', 'bootstrapDelete'])

/**
 * The wire of one Bootstrap-Server Account (LwM2M Core 1.2.2 §6.1). What the operations of an attempt change is undone when
 * it ends without an accepted Bootstrap-Finish.
 */
export class BootstrapConnection {
  readonly #account: BootstrapAccount
  readonly #environment: BootstrapEnvironment
  readonly #context: BootstrapContext
  #link: Link | undefined
  #report: (outcome: BootstrapConnectionOutcome) => void = () => {}
  #before: Snapshot | undefined
  #begun = false
  #attempt = 0
  #finished = false

  constructor(account: BootstrapAccount, environment: BootstrapEnvironment) {
    this.#account = account
    this.#environment = environment
    const { versions, maximumBootstrapAccounts, onError } = environment
    this.#context = { enablerVersion: versions[0], maximumBootstrapAccounts, onError }
  }

  /** Begins an attempt; the returned function ends it. */
  open(report: (outcome: BootstrapConnectionOutcome) => void): () => void {
    let ended = false
    this.#report = report
    this.#begun = false
    this.#finished = false
    const { network, clock } = this.#environment
    connect(network, this.#account, { attempt: this.#attempt++ }).then(
      connection => {
        if (ended) {
          connection.close()
          return
        }
        this.#link = new Link(connection, this.#environment, request => this.#perform(request))
        report({ type: 'connect.succeeded', atMs: clock.now() })
      },
      (error: unknown) => {
        if (!ended) report({ type: 'connect.failed', cause: causeOf(error) })
      },
    )
    return () => {
      ended = true
      this.#link?.close()
      this.#link = undefined
      this.#rollBack()
    }
  }

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

  pack(report: (outcome: BootstrapPackOutcome | BootstrapRequestOutcome) => void): () => void {
    const { endpoint, store } = this.#environment
    const accountInstances = [[security.id, this.#account.securityInstanceId]]
    return this.#send(
      encodeBootstrapPackRequest({ endpoint, accept: ContentFormat.senmlCbor, accountInstances }),
      response => {
        if (response.code === Code.content) this.#finish(performBootstrapPack(store, this.#context, packOf(response)))
        else report({ type: 'pack.refused' })
      },
      cause => report({ type: 'bootstrap.failed', cause }),
    )
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
    if (changing.has(operation.kind)) this.#before ??= takeSnapshot(store)
    const outcome = performBootstrap(store, this.#context, operation)
    if (outcome instanceof Promise) return outcome.then(encodeOutcome)
    if (operation.kind === 'bootstrapFinish') this.#finish(outcome)
    return encodeOutcome(outcome)
  }

  #finish(outcome: Outcome): void {
    if (isSuccess(outcome.responseCode)) {
      this.#finished = true
      this.#before = undefined
      this.#report({ type: 'transfer.finished', ...this.#environment.onFinished(this.#account) })
    } else {
      const message = Buffer.from(outcome.payload ?? []).toString() || describeCode(outcome.responseCode)
      this.#report({ type: 'transfer.refused', cause: { code: 'INCONSISTENT', message } })
    }
  }

  #rollBack(): void {
    if (this.#before === undefined) return
    restoreSnapshot(this.#environment.store, this.#before, { keepReadOnly: true })
    this.#before = undefined
  }

  #send(message: CoapMessage, answered: (response: CoapMessage) => void, failed: (cause: Cause) => void): () => void {
    if (this.#link === undefined) throw new Error('there is no connection to the Bootstrap-Server')
    return this.#link.request(message, answered, failed)
  }
}

function rejected(code: number): Cause {
  return { code: 'REJECTED', message: `the Bootstrap-Server answered ${describeCode(code)}` }
}

function packOf(response: CoapMessage) {
  const { contentFormat, payload } = decodeOutcome(response)
  return { payload, ...(contentFormat === undefined ? {} : { contentFormat }) }
}
