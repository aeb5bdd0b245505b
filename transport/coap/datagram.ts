import type { Clock, Timer } from '../clock.ts'
import type { Connection, ConnectionReceiver } from '../connection.ts'
import { MessageFormatError, type TransportError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { Trace } from '../trace.ts'
import { decodeDatagram, encodeDatagram, encodeEmpty, peekHeader } from './codec.ts'
import { Confirmables } from './confirmables.ts'
import { Duplicates, type SeenMessage } from './duplicates.ts'
import { type CoapDatagram, type CoapMessage, Code, isRequest, MessageType } from './message.ts'
import type {
  Delivery,
  DeliveryListener,
  InboundRequest,
  MessageLayer,
  MessageLimits,
  MessageReceiver,
} from './message-layer.ts'
import { type CoapParameters, exchangeLifetimeMs, nonLifetimeMs } from './parameters.ts'

export interface DatagramLayerOptions {
  readonly connection: Connection
  readonly clock: Clock
  readonly random: Random
  readonly parameters: CoapParameters
  readonly receiver: MessageReceiver
  readonly trace?: Trace | undefined
}

const nothing: Delivery = { cancel: () => undefined }

/**
 * The message layer over datagrams (RFC 7252 §4): types and message ids, deduplication, acknowledgements and resets of
 * one peer.
 */
export class DatagramLayer implements MessageLayer, ConnectionReceiver {
  readonly #options: DatagramLayerOptions
  readonly #parameters: CoapParameters
  readonly #exchangeLifetimeMs: number
  readonly #nonLifetimeMs: number
  readonly #duplicates: Duplicates
  readonly #confirmables: Confirmables
  /** Non-confirmable messages whose sender wants to hear of a reset, by message id. */
  readonly #resettable = new Map<number, DeliveryListener>()
  readonly #deferred = new Set<DatagramRequest>()
  #nextMessageId: number
  #closed = false
  readonly isReliable = false
  readonly isCongested = false
  readonly limits: MessageLimits
  lastActivityMs: number

  constructor(options: DatagramLayerOptions) {
    this.#options = options
    this.#parameters = options.parameters
    this.#exchangeLifetimeMs = exchangeLifetimeMs(options.parameters)
    this.#nonLifetimeMs = nonLifetimeMs(options.parameters)
    this.#duplicates = new Duplicates(options.parameters.deduplicationBytes)
    const { clock, random, parameters } = options
    const { blockBytes } = parameters
    this.limits = { wholeBytes: blockBytes, blockBytes, acceptsBert: false }
    const transmit = (message: CoapDatagram, bytes: Buffer) => this.#transmit(message, bytes)
    this.#confirmables = new Confirmables({ clock, random, parameters, transmit })
    this.#nextMessageId = options.random.uint32() & 0xffff
    this.lastActivityMs = options.clock.now()
    options.connection.receive(this)
  }

  send(message: CoapMessage, token: Uint8Array, confirmable: boolean, listener?: DeliveryListener): Delivery {
    const type = confirmable ? MessageType.confirmable : MessageType.nonConfirmable
    return this.#dispatch(this.#datagram(type, this.#takeMessageId(), message, token), listener)
  }

  ping(listener: DeliveryListener): Delivery {
    const empty = { code: Code.empty, options: [], payload: Buffer.alloc(0) }
    const token = Buffer.alloc(0)
    return this.#dispatch(this.#datagram(MessageType.confirmable, this.#takeMessageId(), empty, token), listener)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#confirmables.clear()
    this.#resettable.clear()
    for (const request of this.#deferred) request.settle()
    this.#options.connection.close()
  }

  failed(error: TransportError): void {
    if (!this.#closed) this.#options.receiver.failed(error)
  }

  closed(error: TransportError): void {
    if (!this.#closed) this.#options.receiver.closed(error)
  }

  datagram(bytes: Buffer): void {
    if (this.#closed) return
    let message: CoapDatagram
    try {
      message = decodeDatagram(bytes)
    } catch (error) {
      if (!(error instanceof MessageFormatError)) throw error
      this.#rejectMalformed(bytes)
      return
    }
    this.lastActivityMs = this.#options.clock.now()
    this.#options.trace?.message('received', message, bytes.length)
    switch (message.type) {
      case MessageType.acknowledgement:
        this.#acknowledged(message)
        break
      case MessageType.reset:
        this.#reset(message.messageId)
        break
      default:
        this.#received(message)
    }
  }

  /** Sends the answer to a received request; called by {@link DatagramRequest}. */
  reply(seen: SeenMessage, messageId: number, response: CoapMessage): void {
    if (this.#closed) return
    const datagram = this.#datagram(MessageType.acknowledgement, messageId, response, seen.token)
    const bytes = encodeDatagram(datagram)
    this.#duplicates.setReply(seen, bytes)
    this.#transmit(datagram, bytes)
  }

  /** Sends an empty acknowledgement; called by {@link DatagramRequest}. */
  acknowledge(seen: SeenMessage, messageId: number): void {
    this.#answerEmpty(MessageType.acknowledgement, messageId, seen)
  }

  /** Starts the wait for a piggybacked response; called by {@link DatagramRequest}. */
  startPiggybackWait(request: DatagramRequest, callback: () => void): Timer {
    this.#deferred.add(request)
    return this.#options.clock.setTimeout(callback, this.#parameters.piggybackWaitMs)
  }

  stopPiggybackWait(request: DatagramRequest, timer: Timer): void {
    this.#deferred.delete(request)
    this.#options.clock.clearTimeout(timer)
  }

  #datagram(type: MessageType, messageId: number, message: CoapMessage, token: Uint8Array): CoapDatagram {
    return { type, code: message.code, messageId, token, options: message.options, payload: message.payload }
  }

  #takeMessageId(): number {
    let messageId = this.#nextMessageId
    // Where others pass a message that is not acknowledged, the ids may come round to it.
    while (this.#confirmables.has(messageId)) messageId = (messageId + 1) & 0xffff
    this.#nextMessageId = (messageId + 1) & 0xffff
    return messageId
  }

  #dispatch(message: CoapDatagram, listener: DeliveryListener | undefined): Delivery {
    if (this.#closed) return nothing
    const { messageId } = message
    const bytes = encodeDatagram(message)
    if (message.type === MessageType.nonConfirmable) {
      this.#transmit(message, bytes)
      if (listener === undefined) return nothing
      this.#resettable.set(messageId, listener)
      return {
        cancel: () => {
          if (this.#resettable.get(messageId) === listener) this.#resettable.delete(messageId)
        },
      }
    }
    return this.#confirmables.send(message, bytes, listener)
  }

  #transmit(message: CoapDatagram, bytes: Buffer): void {
    this.lastActivityMs = this.#options.clock.now()
    this.#options.trace?.message('sent', message, bytes.length)
    this.#options.connection.send(bytes)
  }

  #sendAgain(bytes: Buffer): void {
    this.#options.trace?.message('sent', decodeDatagram(bytes), bytes.length)
    this.#options.connection.send(bytes)
  }

  #acknowledged(message: CoapDatagram): void {
    // RFC 7252 §4.2: an acknowledgement of an unknown message, or one that carries a request, is ignored.
    if (isRequest(message.code)) return
    // The response first: RFC 7252 §5.2.2, it implies the acknowledgement, so nobody starts to wait for a separate one.
    const response = () => this.#options.receiver.response(message, message.token)
    this.#confirmables.acknowledged(message.messageId, message.code === Code.empty ? undefined : response)
  }

  #reset(messageId: number): void {
    if (this.#confirmables.reset(messageId)) return
    const listener = this.#resettable.get(messageId)
    if (listener === undefined) return
    this.#resettable.delete(messageId)
    listener.reset?.()
  }

  #received(message: CoapDatagram): void {
    const confirmable = message.type === MessageType.confirmable
    if (message.code === Code.empty) {
      // RFC 7252 §4.3: an empty confirmable message is a ping, answered with a reset; a non-confirmable one means nothing.
      if (confirmable) this.#answerEmpty(MessageType.reset, message.messageId, undefined)
      return
    }
    const nowMs = this.lastActivityMs
    const earlier = this.#duplicates.find(message.messageId, message.token, nowMs)
    if (earlier !== undefined) {
      if (earlier.reply !== undefined) this.#sendAgain(earlier.reply)
      return
    }
    const lifetimeMs = confirmable ? this.#exchangeLifetimeMs : this.#nonLifetimeMs
    const seen = this.#duplicates.remember(message.messageId, message.token, nowMs, lifetimeMs)
    if (isRequest(message.code)) {
      this.#options.receiver.request(new DatagramRequest(this, seen, message, confirmable))
      return
    }
    const wanted = this.#options.receiver.response(message, message.token)
    if (!wanted) this.#answerEmpty(MessageType.reset, message.messageId, seen)
    else if (confirmable) this.#answerEmpty(MessageType.acknowledgement, message.messageId, seen)
  }

  #answerEmpty(type: MessageType, messageId: number, seen: SeenMessage | undefined): void {
    if (this.#closed) return
    const bytes = encodeEmpty(type, messageId)
    if (seen !== undefined) this.#duplicates.setReply(seen, bytes)
    this.lastActivityMs = this.#options.clock.now()
    this.#options.trace?.message('sent', { code: Code.empty, options: [], payload: bytes.subarray(4) }, bytes.length)
    this.#options.connection.send(bytes)
  }

  /** RFC 7252 §4.2: a confirmable message with a format error is rejected, §4.3: a non-confirmable one ignored. */
  #rejectMalformed(bytes: Buffer): void {
    const header = peekHeader(bytes)
    if (header?.type === MessageType.confirmable) {
      this.#options.connection.send(encodeEmpty(MessageType.reset, header.messageId))
    }
  }
}

/** A request that arrived in a datagram. */
class DatagramRequest implements InboundRequest {
  readonly message: CoapDatagram
  readonly confirmable: boolean
  readonly #layer: DatagramLayer
  readonly #seen: SeenMessage
  #state: 'fresh' | 'deferred' | 'acknowledged' | 'answered' = 'fresh'
  #timer: Timer

  constructor(layer: DatagramLayer, seen: SeenMessage, message: CoapDatagram, confirmable: boolean) {
    this.#layer = layer
    this.#seen = seen
    this.message = message
    this.confirmable = confirmable
  }

  get token(): Uint8Array {
    return this.message.token
  }

  defer(): void {
    if (!this.confirmable || this.#state !== 'fresh') return
    this.#state = 'deferred'
    this.#timer = this.#layer.startPiggybackWait(this, () => {
      this.settle()
      this.#state = 'acknowledged'
      this.#layer.acknowledge(this.#seen, this.message.messageId)
    })
  }

  respond(response: CoapMessage, listener?: DeliveryListener): void {
    if (this.#state === 'answered') return
    const piggyback = this.confirmable && this.#state !== 'acknowledged'
    this.settle()
    this.#state = 'answered'
    if (piggyback) this.#layer.reply(this.#seen, this.message.messageId, response)
    // RFC 7252 §5.2.2, §5.2.3: a separate response is confirmable when its request was.
    else this.#layer.send(response, this.message.token, this.confirmable, listener)
  }

  /** Ends the wait for a piggybacked response. */
  settle(): void {
    if (this.#state === 'deferred') this.#layer.stopPiggybackWait(this, this.#timer)
  }
}
