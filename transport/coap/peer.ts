import type { Clock } from '../clock.ts'
import { closedError, TransportError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { Trace } from '../trace.ts'
import { BlockwiseRequest } from './blockwise-request.ts'
import { BlockwiseResponses, type ReceivedRequest } from './blockwise-response.ts'
import { CoapStream } from './coap-stream.ts'
import { DatagramLayer } from './datagram.ts'
import { type ExchangeListener, Exchanges } from './exchange.ts'
import { type CoapMessage, Code, diagnostic, isSuccess, noPayload } from './message.ts'
import type { InboundRequest, MessageLayer, MessageReceiver } from './message-layer.ts'
import { ObserveRelation, type RelationHost, type RelationListener, type SavedRelation } from './observe-relation.ts'
import { type ObservationListener, ObserveRequest } from './observe-request.ts'
import { OptionNumber, unprocessableOption } from './options.ts'
import { type CoapParameters, defaultParameters } from './parameters.ts'
import type { PeerConnection } from './peer-connection.ts'
import { ReliableLayer } from './reliable.ts'
import type { ReceiveBody } from './streamed-bodies.ts'

/** A request as its handler gets it: whole, its blocks put together. */
export interface PeerRequest {
  readonly message: CoapMessage
  readonly peer: CoapPeer
  /**
   * Starts an observation for this request (RFC 7641 §4.1) and returns it; an earlier one with the same token is replaced.
   * The response must go through its `accept`; one that is no success ends it. How many there are is for the handler to
   * bound.
   */
  readonly observe: (listener: RelationListener) => ObserveRelation
}

/**
 * Answers requests. A promise makes the response separate when it takes longer than `piggybackWaitMs`. What it throws
 * is answered with 5.00 and told to `onHandlerError`.
 */
export type RequestHandler = (request: PeerRequest) => CoapMessage | Promise<CoapMessage>

export interface CoapPeerOptions {
  readonly clock: Clock
  readonly random: Random
  readonly handler: RequestHandler
  /** Which bodies of several blocks are taken as they arrive, whatever their size; default: none. Faults are those of a handler. */
  readonly receive?: ReceiveBody | undefined
  readonly parameters?: Partial<CoapParameters>
  readonly trace?: Trace | undefined
  /** The network refused a datagram: the port is closed, the host unreachable. */
  readonly onNetworkError?: ((error: TransportError) => void) | undefined
  /** The other end has ended the connection, as it can with DTLS and over streams: nothing arrives or leaves any more. `close` is to follow. */
  readonly onClosed?: ((error: TransportError, peer: CoapPeer) => void) | undefined
  /** A handler threw: a fault of the application or of the engine. */
  readonly onHandlerError?: ((error: unknown) => void) | undefined
}

/** A request on its way. `response` rejects with a TransportError. */
export interface PendingRequest {
  readonly response: Promise<CoapMessage>
  /** Gives it up; `response` rejects with CANCELLED unless it has settled. */
  cancel(): void
}

/** An observation of this peer. */
export interface PendingObservation extends PendingRequest {
  /** Undefined when there was no room for the request. */
  readonly token: number | undefined
  /**
   * Ends the observation at the other end, too: a GET with its token and Observe 1 (RFC 7641 §3.6). Resolves with the
   * answer.
   */
  deregister(): Promise<CoapMessage>
}

/** One other CoAP endpoint: requests to it and from it, over one message layer. Client and server alike. */
export class CoapPeer {
  readonly connection: PeerConnection
  readonly #options: CoapPeerOptions
  readonly #parameters: CoapParameters
  readonly #layer: MessageLayer
  readonly #exchanges: Exchanges
  readonly #responses: BlockwiseResponses
  readonly #relations = new Map<string, ObserveRelation>()
  readonly #relationHost: RelationHost
  readonly #pings = new Set<(error: TransportError) => void>()
  #closed = false

  constructor(connection: PeerConnection, options: CoapPeerOptions) {
    const { clock, random, trace } = options
    const parameters = { ...defaultParameters, ...options.parameters }
    this.connection = connection
    this.#options = options
    this.#parameters = parameters
    const receiver: MessageReceiver = {
      request: inbound => this.#receive(inbound),
      // RFC 7252 §5.4.1: a response with an unknown critical option is rejected.
      response: (message, token) =>
        unprocessableOption(message) === undefined && this.#exchanges.deliver(message, token),
      drained: () => {
        for (const relation of this.#relations.values()) relation.drained()
      },
      failed: error => options.onNetworkError?.(error),
      closed: error => options.onClosed?.(error, this),
    }
    this.#layer =
      connection instanceof CoapStream
        ? new ReliableLayer({ stream: connection, clock, parameters, receiver })
        : new DatagramLayer({ connection, clock, random, parameters, receiver, trace })
    this.#exchanges = new Exchanges(this.#layer, clock, random, parameters)
    this.#responses = new BlockwiseResponses(this.#layer, clock, parameters, options.receive)
    this.#relationHost = {
      layer: this.#layer,
      responses: this.#responses,
      remove: relation => {
        const key = keyOf(relation.token)
        if (this.#relations.get(key) === relation) this.#relations.delete(key)
      },
    }
  }

  /** When a message was last sent or received, clock milliseconds. */
  get lastActivityMs(): number {
    return this.#layer.lastActivityMs
  }

  /** Whether a request of this peer is on its way. */
  get awaitsResponse(): boolean {
    return this.#exchanges.size > 0
  }

  /** Whether the other end waits while a part of a body is being taken, see {@link ReceiveBody}. */
  get isTaking(): boolean {
    return this.#responses.isTaking
  }

  /** Whether something of this peer is open: a request, an observation, an observer, a body that arrives. */
  get busy(): boolean {
    return this.#exchanges.size > 0 || this.#relations.size > 0 || this.#responses.busy
  }

  /** Sends a request, block-wise where it must be; `response` is whole. */
  request(message: CoapMessage, confirmable = true): PendingRequest {
    return this.#pending(answer => {
      const request = new BlockwiseRequest(this.#exchanges, this.#parameters, message, confirmable, answer)
      request.start()
      return () => request.close()
    })
  }

  /**
   * Sends one request message and resolves with the one that answers it: neither body is put together, the block options are
   * the caller's (RFC 7959).
   */
  exchange(message: CoapMessage, confirmable = true): PendingRequest {
    return this.#pending(answer => {
      const exchange = this.#exchanges.open(message, { confirmable }, answer)
      return () => exchange.close()
    })
  }

  /**
   * Observes with a GET or FETCH (RFC 7641 §3, RFC 8132 §2.4): `response` is the first answer, what follows goes to the
   * listener. `cancel` forgets the observation: the next notification is rejected with a reset (RFC 7641 §3.6), or over a stream,
   * which has none, the other end is told at once (RFC 8323 §7.3). With the token of an observation that an earlier connection
   * carried, the two are one where the other end remembers (RFC 7641 §4.1).
   */
  observe(message: CoapMessage, listener: ObservationListener, token?: number): PendingObservation {
    let request: ObserveRequest | undefined
    const pending = this.#pending(answer => {
      const started = new ObserveRequest({
        exchanges: this.#exchanges,
        parameters: this.#parameters,
        clock: this.#options.clock,
        message,
        answer,
        listener,
        token,
      })
      request = started
      started.start()
      return () => started.forget()
    })
    const deregister = () => {
      const { response } = this.#pending(answer => {
        if (request === undefined) throw closedError()
        return request.deregister(answer)
      })
      // Only now: what is forgotten by itself is told at once over a stream.
      pending.cancel()
      return response
    }
    return { ...pending, deregister, token: request?.token }
  }

  /**
   * Goes on with an observation of the other end, which an earlier connection to it carried: no response, and
   * notifications that count as newer than those before (RFC 7641 §3.4). One with the same token is replaced. Throws
   * TransportError CLOSED.
   */
  resumeObservation(saved: SavedRelation, listener: RelationListener): ObserveRelation {
    if (this.#closed) throw closedError()
    return this.#relate(saved, listener)
  }

  /** Asks whether the other end is alive (RFC 7252 §4.3). Rejects with TIMEOUT, QUEUE_FULL or CLOSED. */
  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw closedError()
      const alive = () => {
        this.#pings.delete(reject)
        resolve()
      }
      const timedOut = () => {
        this.#pings.delete(reject)
        reject(new TransportError('TIMEOUT', 'the peer does not answer'))
      }
      this.#layer.ping({ reset: alive, acknowledged: alive, timedOut })
      this.#pings.add(reject)
    })
  }

  /** Ends everything: requests reject with `error`, observers end, the connection is released. Idempotent. */
  close(error = closedError()): void {
    if (this.#closed) return
    this.#closed = true
    // First, or the end of each request would let the next one that waits go out.
    this.#layer.close()
    this.#responses.close()
    for (const relation of this.#relations.values()) relation.end('closed')
    this.#exchanges.failAll(error)
    for (const reject of this.#pings) reject(error)
  }

  #pending(start: (answer: ExchangeListener) => () => void): PendingRequest {
    let cancel = () => {}
    const response = new Promise<CoapMessage>((resolve, reject) => {
      if (this.#closed) throw closedError()
      const stop = start({ response: resolve, failed: reject })
      cancel = () => {
        stop()
        reject(new TransportError('CANCELLED', 'the request was cancelled'))
      }
    })
    return {
      response,
      cancel: () => {
        // Whoever gives a request up need not look at its end.
        response.catch(() => undefined)
        cancel()
      },
    }
  }

  #receive(inbound: InboundRequest): void {
    const critical = unprocessableOption(inbound.message)
    if (critical !== undefined) {
      // RFC 7252 §5.4.1: in a non-confirmable request such an option is no error to answer, but a reason to ignore it.
      if (inbound.confirmable) inbound.respond(unprocessable(critical))
      return
    }
    let received: ReceivedRequest
    try {
      received = this.#responses.receive(inbound.message)
    } catch (error) {
      received = { response: this.#handlerFailed(error) }
    }
    if ('request' in received) this.#handle(inbound, received.request)
    else this.#whenAnswered(inbound, received.response, response => this.#respond(inbound, response))
  }

  #handle(inbound: InboundRequest, message: CoapMessage): void {
    let answer: CoapMessage | Promise<CoapMessage>
    let relation: ObserveRelation | undefined
    try {
      answer = this.#options.handler({
        message,
        peer: this,
        observe: listener => {
          relation = this.#relate({ request: message, token: inbound.token, sequence: 0 }, listener)
          return relation
        },
      })
    } catch (error) {
      answer = this.#handlerFailed(error)
    }
    this.#whenAnswered(inbound, answer, response => {
      if (!isSuccess(response.code)) relation?.end('cancelled')
      this.#respond(inbound, this.#responses.prepare(message, response))
    })
  }

  #whenAnswered(
    inbound: InboundRequest,
    answer: CoapMessage | Promise<CoapMessage>,
    respond: (response: CoapMessage) => void,
  ): void {
    if (answer instanceof Promise) {
      inbound.defer()
      void answer.catch((error: unknown) => this.#handlerFailed(error)).then(respond)
    } else {
      respond(answer)
    }
  }

  #respond(inbound: InboundRequest, response: CoapMessage): void {
    try {
      inbound.respond(response)
    } catch (error) {
      // A separate response that finds the queue full is lost, as on the wire; the requester asks again.
      this.#options.onHandlerError?.(error)
    }
  }

  #handlerFailed(error: unknown): CoapMessage {
    this.#options.onHandlerError?.(error)
    return { code: Code.internalServerError, options: [], payload: noPayload }
  }

  #relate(start: SavedRelation, listener: RelationListener): ObserveRelation {
    const key = keyOf(start.token)
    this.#relations.get(key)?.end('replaced')
    const relation = new ObserveRelation(this.#relationHost, start, listener)
    this.#relations.set(key, relation)
    return relation
  }
}

function keyOf(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.byteLength).toString('latin1')
}

/** RFC 7252 §5.4.1; §5.10.2: whoever is no proxy says so. */
function unprocessable(option: number): CoapMessage {
  const proxy = option === OptionNumber.proxyUri || option === OptionNumber.proxyScheme
  return proxy
    ? diagnostic(Code.proxyingNotSupported, 'this is no proxy')
    : diagnostic(Code.badOption, `option ${option} cannot be processed`)
}
