import type { ClientEvent } from '../../machines/events.ts'
import type { RetryOptions } from '../../machines/retry.ts'
import type { Clock, Timer } from '../../transport/clock.ts'
import { decodeDatagram, peekHeader } from '../../transport/coap/codec.ts'
import { Code, describeCode, isSuccess } from '../../transport/coap/message.ts'
import { decodeRegister, decodeUpdate } from '../../transport/lwm2m/uplink.ts'

/** MAX_TRANSMIT_WAIT (RFC 7252 §4.8.2). */
const maxTransmitWaitMs = 93_000
/** The first and MAX_RETRANSMIT more. */
const transmissions = 5
/** Times are sums of fractions. */
const toleranceMs = 1
const keptNotes = 200

export interface RegistrationWatchOptions {
  readonly clock: Clock
  readonly lifetimeSeconds: number
  /** The backoff that the client was told; without `attempts`. */
  readonly retry: Required<Pick<RetryOptions, 'initialDelaySeconds' | 'maximumDelaySeconds' | 'spread'>>
  /** Whether the server has the registration. */
  readonly isKnown: () => boolean
}

/** A Register or an Update with all its transmissions. */
interface Exchange {
  readonly kind: 'Register' | 'Update'
  readonly messageId: number
  readonly atMs: number
  transmissions: number
  answer: number | undefined
}

type Note = readonly [atMs: number, what: string | ClientEvent]

/**
 * Judges the client's registration with one server from outside: by its datagrams, by its events and by when the server
 * was reachable.
 *
 * Whatever happens tells when the next thing is allowed, and by when it has to have happened:
 *
 * * after an announced failure, a Register at the end of the announced delay, neither sooner nor later;
 * * after an Update that was refused, a Register at once;
 * * MAX_TRANSMIT_WAIT after the first datagram of an exchange at the latest, its success or its failure is announced, and
 *   the failure only when none of five transmissions was answered;
 * * after a success, an Update MAX_TRANSMIT_WAIT before the lifetime ends, counted from the first datagram of what
 *   succeeded, neither sooner nor later.
 *
 * Each failed Register announces a delay that lies within the backoff of that many failures.
 */
export class RegistrationWatch {
  readonly #options: RegistrationWatchOptions
  readonly #notes: Note[] = []
  #exchange: Exchange | undefined
  /** When the next Register is to be sent; undefined: there is no reason for one. */
  #registerAtMs: number | undefined
  /** When the next Update is to be sent; undefined: not registered, as far as the client knows. */
  #updateAtMs: number | undefined
  #failedAttempts = 0
  #deadline: Timer
  /** Since when a server that the client has lost can be reached again. */
  #returnedMs: number | undefined
  #violation: string | undefined
  readonly counts = { registers: 0, updates: 0, unanswered: 0, comebacks: 0, longestComebackMs: 0 }

  constructor(options: RegistrationWatchOptions) {
    this.#options = options
  }

  /** The first thing that was not as it must be, and what led to it. */
  get violation(): string | undefined {
    return this.#violation
  }

  /** What happened of late, one line each. */
  get history(): string[] {
    return this.#notes.map(([atMs, what]) => {
      return `${new Date(atMs).toISOString()} ${typeof what === 'string' ? what : JSON.stringify(what)}`
    })
  }

  /** The client starts: it is to register at once. */
  begin(): void {
    this.#registerAfter(0)
  }

  end(): void {
    this.#options.clock.clearTimeout(this.#deadline)
  }

  sent(bytes: Uint8Array): void {
    if (bytes[1] !== Code.post) return
    const messageId = peekHeader(bytes)?.messageId ?? 0
    const exchange = this.#exchange
    if (exchange?.messageId === messageId) {
      exchange.transmissions++
      this.#expect(exchange.transmissions <= transmissions, 'it is sent too often')
      return
    }
    this.#expect(exchange === undefined, 'it is sent while another is under way')
    const message = decodeDatagram(Buffer.from(bytes))
    if (decodeRegister(message) !== undefined) this.#begin('Register', messageId)
    else if (decodeUpdate(message) !== undefined) this.#begin('Update', messageId)
    else this.#expect(false, 'it sends something else')
  }

  received(bytes: Uint8Array): void {
    const exchange = this.#exchange
    if (exchange === undefined || peekHeader(bytes)?.messageId !== exchange.messageId) return
    const code = bytes[1] ?? 0
    this.#note(`← ${describeCode(code)}`)
    exchange.answer = code
    if (exchange.kind === 'Register' || isSuccess(code)) return
    this.#exchange = undefined
    this.#registerAfter(0)
  }

  announced(event: ClientEvent): void {
    this.#note(event)
    if (event.type === 'REGISTRATION_COMPLETE') this.#succeeded('Register')
    else if (event.type === 'REG_UPDATE_COMPLETE') this.#succeeded('Update')
    else if (event.type === 'REG_TIMEOUT') this.#failed(event)
    else this.#expect(event.type === 'REG_UPDATE', 'there is no reason for that event')
  }

  serverFailed(): void {
    this.#note('the server fails')
    this.#returnedMs = undefined
  }

  serverReturned(forgot: boolean): void {
    this.#note(`the server returns and ${forgot ? 'has forgotten everything' : 'remembers'}`)
    if (this.#updateAtMs === undefined) this.#returnedMs = this.#options.clock.now()
  }

  #begin(kind: Exchange['kind'], messageId: number): void {
    this.#note(`→ ${kind}`)
    const atMs = this.#options.clock.now()
    const dueMs = kind === 'Register' ? this.#registerAtMs : this.#updateAtMs
    this.#expect(dueMs !== undefined, 'there is no reason for it')
    this.#expect(atMs > (dueMs ?? 0) - toleranceMs, 'that is too early')
    this.counts[kind === 'Register' ? 'registers' : 'updates']++
    this.#registerAtMs = undefined
    this.#exchange = { kind, messageId, atMs, transmissions: 1, answer: undefined }
    this.#expectBy(atMs + maxTransmitWaitMs)
  }

  #succeeded(kind: Exchange['kind']): void {
    const { lifetimeSeconds, isKnown } = this.#options
    const exchange = this.#endExchange()
    const accepted = exchange?.kind === kind && exchange.answer !== undefined && isSuccess(exchange.answer)
    this.#expect(accepted && isKnown(), 'the server does not know of that')
    this.#failedAttempts = 0
    this.#updateAtMs = (exchange?.atMs ?? 0) + lifetimeSeconds * 1000 - maxTransmitWaitMs
    this.#expectBy(this.#updateAtMs)
    this.#comeBack()
  }

  #failed({ failedAttempts, retryDelayMs }: Extract<ClientEvent, { readonly type: 'REG_TIMEOUT' }>): void {
    const exchange = this.#endExchange()
    this.counts.unanswered++
    this.#expect(exchange?.transmissions === transmissions && exchange.answer === undefined, 'it gives up too early')
    if (exchange?.kind === 'Register') this.#failedAttempts++
    this.#expect(failedAttempts === this.#failedAttempts, `${this.#failedAttempts} attempts have failed`)
    this.#expect(retryDelayMs !== undefined && this.#isBackoff(retryDelayMs), 'that is not its backoff')
    this.#registerAfter(retryDelayMs ?? 0)
  }

  /** An Update without an answer is followed by a Register at once; from there on the delays double. */
  #isBackoff(delayMs: number): boolean {
    if (this.#failedAttempts === 0) return delayMs === 0
    const { initialDelaySeconds, maximumDelaySeconds, spread } = this.#options.retry
    const ceilingMs = Math.min(initialDelaySeconds * 2 ** (this.#failedAttempts - 1), maximumDelaySeconds) * 1000
    return delayMs >= ceilingMs * (1 - spread) && delayMs <= ceilingMs
  }

  #registerAfter(delayMs: number): void {
    this.#updateAtMs = undefined
    this.#registerAtMs = this.#options.clock.now() + delayMs
    this.#expectBy(this.#registerAtMs)
  }

  /** Another connection may come upon the same message id. */
  #endExchange(): Exchange | undefined {
    const exchange = this.#exchange
    this.#exchange = undefined
    return exchange
  }

  #comeBack(): void {
    if (this.#returnedMs === undefined) return
    const tookMs = this.#options.clock.now() - this.#returnedMs
    this.counts.comebacks++
    this.counts.longestComebackMs = Math.max(this.counts.longestComebackMs, tookMs)
    this.#returnedMs = undefined
  }

  /** Whatever is expected next has happened by then. */
  #expectBy(atMs: number): void {
    const { clock } = this.#options
    clock.clearTimeout(this.#deadline)
    this.#deadline = clock.setTimeout(
      () => this.#expect(false, 'by now something should have happened'),
      atMs - clock.now() + toleranceMs,
    )
  }

  #expect(condition: boolean, otherwise: string): void {
    if (condition || this.#violation !== undefined) return
    this.#note(otherwise)
    this.#violation = this.history.slice(-20).join('\n')
  }

  #note(what: Note[1]): void {
    if (this.#notes.length === 2 * keptNotes) this.#notes.splice(0, keptNotes)
    this.#notes.push([this.#options.clock.now(), what])
  }
}
