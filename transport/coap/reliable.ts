import type { Clock } from '../clock.ts'
import { TransportError } from '../errors.ts'
import type { CoapStream, CoapStreamReceiver } from './coap-stream.ts'
import { Confirmations } from './confirmations.ts'
import { Liveness } from './liveness.ts'
import { type CoapFrame, type CoapMessage, Code, diagnostic, isRequest } from './message.ts'
import type {
  Delivery,
  DeliveryListener,
  InboundRequest,
  MessageLayer,
  MessageLimits,
  MessageReceiver,
} from './message-layer.ts'
import type { CoapParameters } from './parameters.ts'
import { messageLimits } from './stream-limits.ts'

export interface ReliableLayerOptions {
  readonly stream: CoapStream
  readonly clock: Clock
  readonly parameters: CoapParameters
  readonly receiver: MessageReceiver
}

const nothing: Delivery = { cancel: () => undefined }

/** Requests of the peer that may wait for their responses before no more is read. */
const maximumDeferred = 256

/**
 * The message layer over streams (RFC 8323): nothing is lost, doubled or out of order, so there are no message ids and no
 * acknowledgements. A peer that does not read what it asked for is not read either.
 */
export class ReliableLayer implements MessageLayer, CoapStreamReceiver {
  readonly isReliable = true
  readonly #options: ReliableLayerOptions
  readonly #confirmations: Confirmations
  readonly #liveness: Liveness
  /** Requests whose responses are awaited. */
  readonly #requests = new Set<Delivery>()
  #limits: MessageLimits
  #isCongested = false
  /** Messages sent while the peer did not read. */
  #unread = 0
  /** Requests of the peer that wait for their responses. */
  #deferred = 0
  #isReleased = false
  #closed = false
  lastActivityMs: number

  constructor(options: ReliableLayerOptions) {
    const { stream, clock, parameters } = options
    this.#options = options
    this.#limits = messageLimits(stream.peerSettings, parameters)
    const ping = (token: Uint8Array) => stream.ping(token)
    this.#confirmations = new Confirmations(ping)
    this.#liveness = new Liveness({
      clock,
      parameters,
      isAwaiting: () => this.#isAwaiting(),
      ping: () => ping(livenessToken),
      onDead: () => this.#died(),
    })
    this.lastActivityMs = clock.now()
    stream.receive(this)
  }

  get limits(): MessageLimits {
    return this.#limits
  }

  get isCongested(): boolean {
    return this.#isCongested
  }

  send(message: CoapMessage, token: Uint8Array, confirmable: boolean, listener?: DeliveryListener): Delivery {
    if (this.#closed) return nothing
    if (this.#isCongested && this.#unread >= this.#options.parameters.maximumQueued) {
      throw new TransportError('QUEUE_FULL', `the peer does not read; ${this.#unread} messages already wait for it`)
    }
    this.#transmit(message, token)
    if (isRequest(message.code)) return this.#awaitResponse(listener)
    if (!confirmable || listener === undefined) return nothing
    return this.#confirm(listener)
  }

  ping(listener: DeliveryListener): Delivery {
    return this.#closed ? nothing : this.#confirm(listener)
  }

  close(): void {
    if (this.#closed) return
    this.#forget()
    this.#options.stream.close()
  }

  message(message: CoapFrame): void {
    this.#heard()
    const { receiver } = this.#options
    if (isRequest(message.code)) receiver.request(new StreamRequest(this, message))
    // RFC 8323 §7.1: there is no Reset; what nobody waits for is ignored.
    else receiver.response(message, message.token)
  }

  pong(token: Uint8Array): void {
    this.#heard()
    this.#confirmations.pong(token)
    this.#leaveWhenReleased()
  }

  settingsChanged(): void {
    this.#heard()
    this.#limits = messageLimits(this.#options.stream.peerSettings, this.#options.parameters)
  }

  released(): void {
    this.#isReleased = true
    this.#leaveWhenReleased()
  }

  drained(): void {
    this.#isCongested = false
    this.#unread = 0
    this.#heard()
    this.#resume()
    if (!this.#closed) this.#options.receiver.drained()
  }

  closed(error: TransportError): void {
    if (this.#closed) return
    this.#forget()
    this.#options.receiver.closed(error)
  }

  /** Sends the answer to a received request; called by {@link StreamRequest}. */
  respond(request: CoapFrame, response: CoapMessage): void {
    if (this.#closed) return
    try {
      this.#transmit(response, request.token)
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      this.#transmit(diagnostic(Code.internalServerError, error.message), request.token)
    }
    // Its sender gets no more answers than it reads.
    if (this.#isCongested) this.#options.stream.pause('receiver')
  }

  /** A request of the peer waits for its response; called by {@link StreamRequest}. */
  defer(): void {
    this.#deferred++
    if (this.#deferred >= maximumDeferred) this.#options.stream.pause('receiver')
  }

  settle(): void {
    this.#deferred--
    this.#resume()
  }

  #transmit(message: CoapMessage, token: Uint8Array): void {
    const { stream, clock } = this.#options
    this.lastActivityMs = clock.now()
    if (this.#isCongested) this.#unread++
    const { code, options, payload } = message
    if (stream.send({ code, token, options, payload })) return
    this.#isCongested = true
    this.#liveness.watch()
  }

  #awaitResponse(listener: DeliveryListener | undefined): Delivery {
    const delivery: Delivery = {
      cancel: () => {
        this.#requests.delete(delivery)
        // Its response is still on its way to whoever waits for it.
        if (this.#isReleased) queueMicrotask(() => this.#leaveWhenReleased())
      },
    }
    this.#requests.add(delivery)
    this.#liveness.watch()
    // Its response says that it has arrived.
    listener?.acknowledged?.()
    return delivery
  }

  #confirm(listener: DeliveryListener): Delivery {
    const delivery = this.#confirmations.add(listener)
    this.#liveness.watch()
    return delivery
  }

  #isAwaiting(): boolean {
    return this.#isCongested || this.#requests.size > 0 || this.#confirmations.size > 0
  }

  #resume(): void {
    if (!this.#closed && !this.#isCongested && this.#deferred < maximumDeferred) this.#options.stream.resume('receiver')
  }

  #heard(): void {
    this.lastActivityMs = this.#options.clock.now()
    this.#liveness.heard()
  }

  /** RFC 8323 §5.5: the connection goes on until what is under way has ended. */
  #leaveWhenReleased(): void {
    if (!this.#isReleased || this.#closed || this.#requests.size > 0 || this.#confirmations.size > 0) return
    this.#options.stream.drop()
    this.closed(new TransportError('CLOSED', 'the peer has ended the connection (Release)'))
  }

  #died(): void {
    this.#options.stream.drop()
    this.closed(new TransportError('TIMEOUT', 'the peer does not answer a Ping'))
  }

  #forget(): void {
    this.#closed = true
    this.#liveness.stop()
    this.#confirmations.clear()
    this.#requests.clear()
  }
}

/** Not as long as those of {@link Confirmations}, whose Pings it is not to answer. */
const livenessToken = Buffer.of(0)

/** A request that arrived by a stream. */
class StreamRequest implements InboundRequest {
  readonly message: CoapFrame
  /** Whoever sends over a stream hears of what becomes of it. */
  readonly confirmable = true
  readonly #layer: ReliableLayer
  #state: 'fresh' | 'deferred' | 'answered' = 'fresh'

  constructor(layer: ReliableLayer, message: CoapFrame) {
    this.#layer = layer
    this.message = message
  }

  get token(): Uint8Array {
    return this.message.token
  }

  defer(): void {
    if (this.#state !== 'fresh') return
    this.#state = 'deferred'
    this.#layer.defer()
  }

  respond(response: CoapMessage): void {
    if (this.#state === 'answered') return
    const wasDeferred = this.#state === 'deferred'
    this.#state = 'answered'
    this.#layer.respond(this.message, response)
    if (wasDeferred) this.#layer.settle()
  }
}
