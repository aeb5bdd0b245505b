import type { Random } from '../random.ts'

/** Chosen by the first packet of test shells, and counted on by their scripts. */
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
