import type { Random } from '../random.ts'
import type { CoapDatagram } from './message.ts'

/**
 * A message as one end chose it: request, response, Empty or signaling. A stream carries neither type nor message id: there
 * those of a sent packet go unused, and a received one is NON with message id 0.
 */
export type Packet = CoapDatagram

/** What arrived, with its bytes: a message, or what is none and why (RFC 7252 §3, RFC 8323 §3.2). */
export type ReceivedPacket =
  | { readonly kind: 'message'; readonly packet: Packet; readonly bytes: Buffer }
  | { readonly kind: 'malformed'; readonly reason: string; readonly bytes: Buffer }

/** Where test shells start, and what their scripts count on. */
const firstMessageId = 4_920

/**
 * Numbers for packets. They outlast a session: a peer that is met again at the same address would take message ids that
 * start anew for duplicates (RFC 7252 §4.5).
 */
export class PacketNumbers {
  readonly #random: Random
  #messageId = firstMessageId

  constructor(random: Random) {
    this.#random = random
  }

  /** 4,920 at first, then one more each time; 0 follows 65,535. */
  nextMessageId(): number {
    const messageId = this.#messageId
    this.#messageId = (messageId + 1) & 0xffff
    return messageId
  }

  /** Eight random bytes. */
  nextToken(): Buffer {
    return this.#random.bytes(8)
  }
}
