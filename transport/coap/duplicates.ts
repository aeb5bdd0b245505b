import { sameBytes } from './same-bytes.ts'

/** A message that was received, kept until its message id may mean another one. */
export interface SeenMessage {
  readonly messageId: number
  readonly token: Uint8Array
  readonly expiresMs: number
  /** What was answered, to be sent again for a duplicate; undefined while there is no answer, or none is due. */
  reply: Buffer | undefined
}

/** Rough cost of an entry beyond its reply. */
const entryBytes = 200

/**
 * The recent messages of one peer by message id (RFC 7252 §4.5), bounded in bytes: beyond the bound the oldest are
 * forgotten. No timer: entries leave when others arrive.
 */
export class Duplicates {
  readonly #maximumBytes: number
  readonly #seen = new Map<number, SeenMessage>()
  #bytes = 0
  #sweepMs = 0

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes
  }

  /**
   * The earlier message with this id. A message with another token is not a duplicate but a sender that ran through all
   * its ids.
   */
  find(messageId: number, token: Uint8Array, nowMs: number): SeenMessage | undefined {
    const seen = this.#seen.get(messageId)
    if (seen === undefined || seen.expiresMs <= nowMs || !sameBytes(seen.token, token)) return undefined
    return seen
  }

  remember(messageId: number, token: Uint8Array, nowMs: number, lifetimeMs: number): SeenMessage {
    if (nowMs >= this.#sweepMs || this.#bytes >= this.#maximumBytes) this.#sweep(nowMs, lifetimeMs)
    this.#forget(messageId)
    // A copy: the token is a part of its datagram, which would stay in memory, unaccounted for.
    const seen: SeenMessage = { messageId, token: Buffer.from(token), expiresMs: nowMs + lifetimeMs, reply: undefined }
    this.#seen.set(messageId, seen)
    this.#bytes += entryBytes
    return seen
  }

  setReply(seen: SeenMessage, reply: Buffer): void {
    // A slow answer may come after its request was forgotten.
    if (this.#seen.get(seen.messageId) !== seen) return
    this.#bytes += reply.length - (seen.reply?.length ?? 0)
    seen.reply = reply
  }

  /** Drops the expired, and the oldest quarter when full, so that sweeps stay rare. */
  #sweep(nowMs: number, lifetimeMs: number): void {
    const keepBytes = this.#bytes >= this.#maximumBytes ? this.#maximumBytes * 0.75 : Number.POSITIVE_INFINITY
    for (const { messageId, expiresMs } of this.#seen.values()) {
      if (expiresMs > nowMs && this.#bytes <= keepBytes) break
      this.#forget(messageId)
    }
    this.#sweepMs = nowMs + lifetimeMs / 8
  }

  #forget(messageId: number): void {
    const seen = this.#seen.get(messageId)
    if (seen === undefined) return
    this.#seen.delete(messageId)
    this.#bytes -= entryBytes + (seen.reply?.length ?? 0)
  }
}
