import type { CoapMessage } from './coap/message.ts'

/** Watches the messages of a peer as they pass; called synchronously, so it must be quick and must not throw. */
export interface Trace {
  /** `bytes` is the size of the message, of the whole datagram where it came as one; a retransmission is seen again, a duplicate too. */
  message(direction: 'sent' | 'received', message: CoapMessage, bytes: number): void
}
