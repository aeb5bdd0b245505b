import type { TransportError } from '../errors.ts'
import type { CoapMessage } from './message.ts'

/** What became of a message that was sent. */
export interface DeliveryListener {
  /** The peer has it. */
  acknowledged?(): void
  /** The peer rejected it with a Reset message. */
  reset?(): void
  /** MAX_RETRANSMIT transmissions went unanswered. */
  timedOut?(): void
}

/** A message on its way. */
export interface Delivery {
  /** Stops sending it and tells its listener nothing more. Idempotent. */
  cancel(): void
}

/** A request that arrived and waits for its response. */
export interface InboundRequest {
  readonly message: CoapMessage
  readonly token: Uint8Array
  /** Whether the sender wants to know that messages arrive: its responses go out reliably. */
  readonly confirmable: boolean
  /** Tells the layer that the response will take time: the peer's retransmissions are stopped before it is ready. */
  defer(): void
  respond(response: CoapMessage, listener?: DeliveryListener): void
}

/** What a message layer hands upwards. */
export interface MessageReceiver {
  request(request: InboundRequest): void
  /** Returns whether anybody waits for it; an unwanted one is rejected (RFC 7252 §5.3.2, RFC 7641 §3.6). */
  response(message: CoapMessage, token: Uint8Array): boolean
  /** The peer reads again: {@link MessageLayer.isCongested} has ended. */
  drained(): void
  /** The network refused; what is on its way goes on being sent. */
  failed(error: TransportError): void
  /** The connection is over by the other end; its owner closes the layer. */
  closed(error: TransportError): void
}

/** How much of a body one message may carry. */
export interface MessageLimits {
  /** Payload bytes of a message to the peer that is no block. */
  readonly wholeBytes: number
  /** Payload bytes of a block to the peer: 16, 32, … 1,024, or with BERT a multiple of 1,024 (RFC 8323 §6). */
  readonly blockBytes: number
  /** Whether the peer may send blocks of BERT. */
  readonly acceptsBert: boolean
}

/** The layer below requests and responses: RFC 7252 §4 over datagrams, RFC 8323 over streams. */
export interface MessageLayer {
  /** Whether messages arrive once and in order, and nothing can be rejected: there is no Reset. */
  readonly isReliable: boolean
  /** May change when the peer tells new settings. */
  readonly limits: MessageLimits
  /** Whether what is sent waits for the peer to read: a notification then had better be the newest. */
  readonly isCongested: boolean
  /** When a message was last sent or received, {@link Clock} milliseconds. */
  readonly lastActivityMs: number
  send(message: CoapMessage, token: Uint8Array, confirmable: boolean, listener?: DeliveryListener): Delivery
  /** Sends a ping; the answer is `reset` (RFC 7252 §4.3). */
  ping(listener: DeliveryListener): Delivery
  /** Forgets everything on its way, silently. */
  close(): void
}
