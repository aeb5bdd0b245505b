import type { Clock } from '../clock.ts'
import { TransportError } from '../errors.ts'
import { findBlock } from './block.ts'
import { BlockwiseRequest } from './blockwise-request.ts'
import type { Exchange, ExchangeListener, Exchanges } from './exchange.ts'
import { type CoapMessage, isSuccess } from './message.ts'
import { ObserveCancellation } from './observe-cancellation.ts'
import { findUint, OptionNumber, uintOption, withOption } from './options.ts'
import type { CoapParameters } from './parameters.ts'

/** Hears of an observation this peer has made. Called synchronously, so it must not throw. */
export interface ObservationListener {
  /** The first response, success or error, is told to the promise of `observe`; every later one here, newest only. */
  notification(message: CoapMessage): void
  /** No notification will follow: an error response, a failed exchange, or a closed peer. */
  ended(reason: CoapMessage | TransportError): void
}

const unheard: ExchangeListener = { response: () => undefined, failed: () => undefined }

/** RFC 7641 §3.4: notifications further apart than this are in the order of their arrival. */
const orderHorizonMs = 128_000

export interface ObserveRequestOptions {
  readonly exchanges: Exchanges
  readonly clock: Clock
  readonly parameters: CoapParameters
  /** A GET or FETCH without Observe option. */
  readonly message: CoapMessage
  /** Of the observation that goes on with this one; default: a fresh one. */
  readonly token?: number | undefined
  /** Hears the first response. */
  readonly answer: ExchangeListener
  readonly listener: ObservationListener
}

/** One observation in the client role (RFC 7641 §3): keeps the token, orders notifications, fetches their blocks. */
export class ObserveRequest implements ExchangeListener {
  readonly #options: ObserveRequestOptions
  #answer: ExchangeListener | undefined
  #exchange: (Exchange & { readonly token: number }) | undefined
  #rest: BlockwiseRequest | undefined
  /** Nothing of it is heard any more. */
  #isOver = false
  #sequence = -1
  #sequenceMs = 0

  constructor(options: ObserveRequestOptions) {
    this.#options = options
    this.#answer = options.answer
  }

  /** Undefined when there was no room for the request. */
  get token(): number | undefined {
    return this.#exchange?.token
  }

  start(): void {
    const observe = uintOption(OptionNumber.observe, 0)
    const { message: plain, exchanges, token } = this.#options
    const message = { ...plain, options: withOption(plain.options, OptionNumber.observe, observe) }
    try {
      this.#exchange = exchanges.open(
        message,
        { confirmable: true, keepOpen: true, ...(token !== undefined && { token }) },
        this,
      )
    } catch (error) {
      this.failed(error as TransportError)
    }
  }

  /**
   * Forgets the observation: the next notification is rejected, which tells the other end (RFC 7641 §3.6). Where nothing can be
   * rejected it is told at once (RFC 8323 §7.3).
   */
  forget(): void {
    if (this.#isOver) return
    this.#end()
    const { exchanges, message } = this.#options
    if (!exchanges.isReliable || this.#exchange === undefined) return
    new ObserveCancellation(exchanges, message, this.#exchange.token, unheard).start()
  }

  /** Forgets the observation and asks the other end to do so, too; the returned function gives that up. */
  deregister(answer: ExchangeListener): () => void {
    this.#end()
    const { exchanges, message } = this.#options
    if (this.#exchange === undefined) {
      answer.failed(new TransportError('CANCELLED', 'the observation never started'))
      return () => undefined
    }
    const cancellation = new ObserveCancellation(exchanges, message, this.#exchange.token, answer)
    cancellation.start()
    return () => cancellation.close()
  }

  failed(error: TransportError): void {
    this.#rest?.close()
    const answer = this.#answer
    this.#answer = undefined
    if (answer === undefined) this.#options.listener.ended(error)
    else answer.failed(error)
  }

  response(message: CoapMessage): void {
    const sequence = findUint(message, OptionNumber.observe)
    const established = sequence !== undefined && isSuccess(message.code)
    if (!established) {
      // RFC 7641 §3.2, §4.2: without the Observe option, or with an error, the relation is over.
      this.#end()
    } else if (this.#isNewer(sequence)) {
      this.#sequence = sequence
      this.#sequenceMs = this.#options.clock.now()
    } else return
    // A newer state makes the rest of the older one pointless.
    this.#rest?.close()
    this.#rest = undefined
    const block = findBlock(message, OptionNumber.block2, this.#options.exchanges.limits.acceptsBert)
    if (block !== undefined && block !== 'invalid' && block.more) this.#fetchRest(message, established)
    else this.#tell(message, established)
  }

  #end(): void {
    this.#isOver = true
    this.#exchange?.close()
    this.#rest?.close()
  }

  #isNewer(sequence: number): boolean {
    const before = this.#sequence
    // RFC 8323 §7.2: over a stream notifications come in their order.
    if (this.#options.exchanges.isReliable) return true
    if (before === -1 || this.#options.clock.now() > this.#sequenceMs + orderHorizonMs) return true
    const half = 1 << 23
    return (before < sequence && sequence - before < half) || (before > sequence && before - sequence > half)
  }

  #tell(message: CoapMessage, established: boolean): void {
    const answer = this.#answer
    this.#answer = undefined
    if (answer !== undefined) answer.response(message)
    else if (established) this.#options.listener.notification(message)
    else this.#options.listener.ended(message)
  }

  #fetchRest(first: CoapMessage, established: boolean): void {
    const { exchanges, parameters, message: request } = this.#options
    this.#rest = new BlockwiseRequest(exchanges, parameters, request, true, {
      response: message => {
        if (isSuccess(message.code) || !established) this.#tell(message, established)
        else this.#loseRest(() => this.#tell(message, false))
      },
      failed: error => this.#loseRest(() => this.failed(error)),
    })
    this.#rest.continueAfter(first)
  }

  /** The state could not be fetched whole: a later notification may bring it, but a first answer must come. */
  #loseRest(answer: () => void): void {
    if (this.#answer === undefined) return
    this.forget()
    answer()
  }
}
