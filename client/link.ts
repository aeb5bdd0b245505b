import type { Cause } from '../machines/events.ts'
import { CoapStream } from '../transport/coap/coap-stream.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import { CoapPeer, type RequestHandler } from '../transport/coap/peer.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import type { BodyReceiver, ReceiveBody } from '../transport/coap/streamed-bodies.ts'
import type { TransportError } from '../transport/errors.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'
import type { TransportLetter } from './current-transport.ts'
import { RequestExchange } from './request-exchange.ts'
import { Requests } from './requests.ts'
import { RestingConnection } from './resting-connection.ts'

/** Does what a server asks for. */
export interface RequestPerformer {
  /** Performs one request; a promise when a handler of the application takes its time. */
  readonly perform: RequestHandler
  /** Which requests of several blocks are performed as these arrive; default: none. */
  readonly receive?: ReceiveBody
}

/** An open connection to a server, in both directions, and all that ends with it. */
export class Link {
  readonly peer: CoapPeer
  readonly transport: TransportLetter
  readonly #connection: RestingConnection | CoapStream
  readonly #requests: Requests
  /** The registration or bootstrap message that is under way. */
  #exchange: RequestExchange | undefined

  /** `onClosed`: the server has ended the connection; `close` is to follow. */
  constructor(
    opened: PeerConnection,
    environment: ConnectionEnvironment,
    { perform, receive }: RequestPerformer,
    onClosed: (error: TransportError) => void,
  ) {
    const { store, clock, random, coap, trace, onError, maximumWaitingRequests } = environment
    const requests = new Requests(store, maximumWaitingRequests)
    this.#requests = requests
    this.transport = opened instanceof CoapStream ? 'T' : 'U'
    this.#connection = opened instanceof CoapStream ? opened : new RestingConnection(opened)
    this.peer = new CoapPeer(this.#connection, {
      clock,
      random,
      parameters: coap,
      trace,
      handler: request => requests.handle(() => perform(request)),
      receive: receive && (first => inTurn(requests, receive(first))),
      onNetworkError: error => this.#exchange?.refuse(error),
      onClosed,
      onHandlerError: onError,
    })
  }

  /** Sends a request of the client, one at a time; the returned function gives it up. */
  request(message: CoapMessage, answered: (response: CoapMessage) => void, failed: (cause: Cause) => void): () => void {
    const exchange = new RequestExchange(this.peer, message, answered, failed)
    this.#exchange = exchange
    return () => {
      if (this.#exchange === exchange) this.#exchange = undefined
      exchange.end()
    }
  }

  /** What arrives is not read until {@link wake}. */
  rest(): void {
    this.#connection.pause()
  }

  wake(): void {
    this.#connection.resume()
  }

  close(): void {
    this.peer.close()
    this.#requests.close()
  }
}

function inTurn(requests: Requests, receiver: BodyReceiver | undefined): BodyReceiver | undefined {
  if (receiver === undefined) return undefined
  const abort = () => receiver.abort()
  return {
    write: bytes => requests.handle(() => receiver.write(bytes), abort),
    end: bytes => requests.handle(() => receiver.end(bytes), abort),
    abort,
  }
}
