import { TransportError } from '../errors.ts'
import type { Exchange, ExchangeListener, Exchanges } from './exchange.ts'
import { type CoapMessage, isSuccess } from './message.ts'
import { findOption, OptionNumber, uintOption, withOption } from './options.ts'

/** How often the request is sent anew because a notification came in place of its answer. */
const maximumRepeats = 3

/** Ends an observation at the other end, too: the same request with the same token and Observe 1 (RFC 7641 §3.6). */
export class ObserveCancellation implements ExchangeListener {
  readonly #exchanges: Exchanges
  readonly #message: CoapMessage
  readonly #token: number
  readonly #answer: ExchangeListener
  #exchange: Exchange | undefined
  #repeats = 0

  /** `token` is that of the observation, which must have been forgotten. */
  constructor(exchanges: Exchanges, message: CoapMessage, token: number, answer: ExchangeListener) {
    const cancel = uintOption(OptionNumber.observe, 1)
    this.#exchanges = exchanges
    this.#message = { ...message, options: withOption(message.options, OptionNumber.observe, cancel) }
    this.#token = token
    this.#answer = answer
  }

  start(): void {
    try {
      this.#exchange = this.#exchanges.open(this.#message, { confirmable: true, token: this.#token }, this)
    } catch (error) {
      this.failed(error as TransportError)
    }
  }

  close(): void {
    this.#exchange?.close()
  }

  failed(error: TransportError): void {
    this.#answer.failed(error)
  }

  response(message: CoapMessage): void {
    // A notification that was on its way has the token of the answer, and ended its retransmission.
    const isNotification = isSuccess(message.code) && findOption(message, OptionNumber.observe) !== undefined
    if (!isNotification) this.#answer.response(message)
    else if (this.#repeats++ < maximumRepeats) this.start()
    else this.failed(new TransportError('NO_RESPONSE', 'the peer goes on sending notifications'))
  }
}
