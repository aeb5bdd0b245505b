import { AlertDescription, DtlsError } from './alert.ts'
import type { RecordProtection } from './protection.ts'
import { type ContentType, type DtlsRecord, plainRecord } from './record.ts'
import { ReplayWindow } from './replay-window.ts'

/** The largest sequence number of an epoch (RFC 6347 §4.1). */
const lastSequence = 2 ** 48 - 1

/** What a record held. */
export interface Opened {
  readonly type: number
  readonly content: Buffer
  /** Whether it came under the keys of the association. */
  readonly isProtected: boolean
  /** Whether no later one has been received: what a change of address needs (RFC 9146 §6). */
  readonly isNewest: boolean
}

/** What each end wants to find in the records sent to it (RFC 9146 §3); empty: nothing. */
export interface ConnectionIds {
  readonly own: Buffer
  readonly peer: Buffer
}

const noConnectionId = Buffer.alloc(0)

/**
 * The records of one association: epoch 0 in clear and epoch 1 under the negotiated keys; since renegotiation is refused
 * there is no other. A sequence number is used once, and with it the nonce of a record: they are counted here alone, are
 * never set, and are never kept over a restart.
 */
export class RecordLayer {
  #clearSequence: number
  #sequence = 0
  #sealing: RecordProtection | undefined
  #opening: RecordProtection | undefined
  #connectionIds: ConnectionIds = { own: noConnectionId, peer: noConnectionId }
  readonly #window = new ReplayWindow()

  /** @param firstSequence of epoch 0; a server goes on where its stateless answers were (RFC 6347 §4.2.1) */
  constructor(firstSequence = 0) {
    this.#clearSequence = firstSequence
  }

  /** Whether the keys of epoch 1 are there. */
  get isProtected(): boolean {
    return this.#sealing !== undefined
  }

  get connectionIds(): ConnectionIds {
    return this.#connectionIds
  }

  /** Begins epoch 1. */
  protect(sealing: RecordProtection, opening: RecordProtection, connectionIds: ConnectionIds): void {
    this.#sealing = sealing
    this.#opening = opening
    this.#connectionIds = connectionIds
  }

  /** A record of epoch 0. */
  clear(type: ContentType, content: Uint8Array): Buffer {
    if (this.#clearSequence > lastSequence) throw exhausted()
    return plainRecord(type, this.#clearSequence++, content)
  }

  /** A record of epoch 1. Throws DtlsError internalError when its sequence numbers are used up. */
  seal(type: ContentType, content: Uint8Array): Buffer {
    if (this.#sealing === undefined || this.#sequence > lastSequence) throw exhausted()
    return this.#sealing.seal(type, 1, this.#sequence++, content, this.#connectionIds.peer)
  }

  /**
   * Undefined for a replay and for what is of another epoch or has another Connection ID; `unauthentic` where the keys do
   * not open it. All of that is dropped (RFC 6347 §4.1.2.7).
   */
  open(record: DtlsRecord): Opened | 'unauthentic' | undefined {
    // No replay window for what anybody can write: a forged number would shut out the peer.
    if (record.epoch === 0) {
      return { type: record.type, content: record.fragment, isProtected: false, isNewest: false }
    }
    if (record.epoch !== 1 || this.#opening === undefined || !this.#window.isNew(record.sequence)) return undefined
    // RFC 9146 §3: once an id is agreed on, all records carry it.
    if (!this.#connectionIds.own.equals(record.connectionId ?? noConnectionId)) return undefined
    const opened = this.#opening.open(record)
    if (opened === undefined) return 'unauthentic'
    const isNewest = record.sequence > this.#window.newest
    this.#window.accept(record.sequence)
    return { type: opened.type, content: opened.plaintext, isProtected: true, isNewest }
  }

  /** Overwrites the keys; nothing can be sealed or opened afterwards. */
  wipe(): void {
    this.#sealing?.wipe()
    this.#opening?.wipe()
    this.#sealing = undefined
    this.#opening = undefined
  }
}

function exhausted(): DtlsError {
  return new DtlsError(AlertDescription.internalError, 'the sequence numbers of the association are used up')
}
