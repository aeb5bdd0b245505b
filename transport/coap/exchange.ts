import type { Clock, Timer } from '../clock.ts'
import { TransportError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { CoapMessage } from './message.ts'
import type { Delivery, DeliveryListener, MessageLayer, MessageLimits } from './message-layer.ts'
import { type CoapParameters, maxTransmitWaitMs } from './parameters.ts'

/** Hears what becomes of one request message. Exactly one call, unless the exchange stays open for notifications. */
export interface ExchangeListener {
  response(message: CoapMessage): void
  failed(error: TransportError): void
}

export interface ExchangeOptions {
  readonly confirmable: boolean
  /** Keeps the token after the first response: notifications follow (RFC 7641 §3.2). */
  readonly keepOpen?: boolean
  /** The token of an observation that this request ends or goes on with; default, and where it is taken: a fresh one. */
  readonly token?: number
}

/** One request message and its responses. */
export interface Exchange {
  /** Forgets the exchange silently; responses to come are unwanted. Idempotent. */
  close(): void
}

const tokenBytes = 4

/** The open exchanges of a peer in its client role, by token (RFC 7252 §5.3.1). */
export class Exchanges {
  readonly #layer: MessageLayer
  readonly #clock: Clock
  readonly #random: Random
  readonly #parameters: CoapParameters
  readonly #open = new Map<number, OpenExchange>()

  constructor(layer: MessageLayer, clock: Clock, random: Random, parameters: CoapParameters) {
    this.#layer = layer
    this.#clock = clock
    this.#random = random
    this.#parameters = parameters
  }

  get isReliable(): boolean {
    return this.#layer.isReliable
  }

  /** How much of a body one message may carry; may change from one to the next. */
  get limits(): MessageLimits {
    return this.#layer.limits
  }

  /** How many exchanges wait for a response or for notifications. */
  get size(): number {
    return this.#open.size
  }

  /** Sends a request. Throws TransportError QUEUE_FULL. */
  open(
    message: CoapMessage,
    options: ExchangeOptions,
    listener: ExchangeListener,
  ): Exchange & { readonly token: number } {
    let token = options.token ?? this.#random.uint32()
    while (this.#open.has(token)) token = this.#random.uint32()
    const { responseTimeoutMs } = this.#parameters
    const exchange = new OpenExchange(
      this.#open,
      token,
      this.#clock,
      options.keepOpen === true,
      responseTimeoutMs,
      listener,
    )
    this.#open.set(token, exchange)
    const bytes = Buffer.allocUnsafe(tokenBytes)
    bytes.writeUInt32BE(token)
    try {
      exchange.delivery = this.#layer.send(message, bytes, options.confirmable, exchange)
    } catch (error) {
      exchange.close()
      throw error
    }
    if (!options.confirmable) exchange.awaitResponse(maxTransmitWaitMs(this.#parameters))
    return exchange
  }

  /** Hands a response to its exchange; false when there is none. */
  deliver(message: CoapMessage, token: Uint8Array): boolean {
    if (token.length !== tokenBytes) return false
    const exchange = this.#open.get(tokenNumber(token))
    if (exchange === undefined) return false
    exchange.deliver(message)
    return true
  }

  /** Ends every exchange with `error`. */
  failAll(error: TransportError): void {
    for (const exchange of this.#open.values()) exchange.fail(error)
  }
}

class OpenExchange implements Exchange, DeliveryListener {
  readonly #open: Map<number, OpenExchange>
  readonly token: number
  readonly #clock: Clock
  readonly #keepOpen: boolean
  readonly #responseTimeoutMs: number
  readonly #listener: ExchangeListener
  delivery: Delivery | undefined
  #timer: Timer
  #answered = false

  constructor(
    open: Map<number, OpenExchange>,
    token: number,
    clock: Clock,
    keepOpen: boolean,
    responseTimeoutMs: number,
    listener: ExchangeListener,
  ) {
    this.#open = open
    this.token = token
    this.#clock = clock
    this.#keepOpen = keepOpen
    this.#responseTimeoutMs = responseTimeoutMs
    this.#listener = listener
  }

  acknowledged(): void {
    this.awaitResponse(this.#responseTimeoutMs)
  }

  reset(): void {
    this.fail(new TransportError('RESET', 'the peer rejected the message'))
  }

  timedOut(): void {
    this.fail(new TransportError('TIMEOUT', 'the peer did not acknowledge the message'))
  }

  deliver(message: CoapMessage): void {
    // RFC 7252 §5.2.2: the response implies the acknowledgement, should that have been lost.
    this.#settle()
    this.#answered = true
    if (!this.#keepOpen) this.#open.delete(this.token)
    this.#listener.response(message)
  }

  awaitResponse(timeoutMs: number): void {
    if (this.#answered || this.#timer !== undefined || !this.#open.has(this.token)) return
    this.#timer = this.#clock.setTimeout(() => {
      this.fail(new TransportError('NO_RESPONSE', 'the peer sent no response'))
    }, timeoutMs)
  }

  fail(error: TransportError): void {
    this.close()
    this.#listener.failed(error)
  }

  close(): void {
    this.#settle()
    this.#open.delete(this.token)
  }

  #settle(): void {
    this.delivery?.cancel()
    this.delivery = undefined
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

function tokenNumber(token: Uint8Array): number {
  return (
    (token[0] as number) * 0x1000000 +
    (((token[1] as number) << 16) | ((token[2] as number) << 8) | (token[3] as number))
  )
}
