import { AlertDescription, DtlsError } from './alert.ts'
import type { HandshakeFragment, HandshakeMessage } from './handshake-message.ts'
import { defaultDtlsParameters } from './parameters.ts'

export interface ReassemblyLimits {
  /**
   * Bytes of the body of one message, and of all that is kept ahead of its turn: a handshake never holds more than
   * twice this. Default: that of the parameters.
   */
  readonly maximumMessageBytes?: number
  /** How many messages after the next one are kept while that one is missing. Default 16. */
  readonly maximumAhead?: number
}

/** What became of a fragment. */
export type FragmentOutcome =
  /** Part of a message that is not yet taken. */
  | 'new'
  /** Part of a message taken before: the peer retransmits, since an answer to it was lost (RFC 6347 §4.2.4). */
  | 'old'
  /** Too far ahead or in too many pieces to be kept; the peer will send it again. */
  | 'dropped'

/** A sender cuts a message into consecutive pieces; one that arrives with more gaps than this was cut to do harm. */
const maximumPieces = 64

/** Puts fragments together to messages and these in order (RFC 6347 §4.2.3), within bounded memory. */
export class Reassembly {
  readonly #maximumMessageBytes: number
  readonly #maximumAhead: number
  readonly #messages = new Map<number, PartialMessage>()
  #aheadBytes = 0
  #nextSequence = 0

  constructor({
    maximumMessageBytes = defaultDtlsParameters.maximumMessageBytes,
    maximumAhead = 16,
  }: ReassemblyLimits = {}) {
    this.#maximumMessageBytes = maximumMessageBytes
    this.#maximumAhead = maximumAhead
  }

  /** `message_seq` of the message that is due. */
  get nextSequence(): number {
    return this.#nextSequence
  }

  /**
   * Keeps the bytes of a fragment. Overlaps and repetitions are fine.
   * Throws DtlsError illegal_parameter when it contradicts what came before or belongs to a message too large.
   */
  receive(fragment: HandshakeFragment): FragmentOutcome {
    const { sequence, length } = fragment
    if (sequence < this.#nextSequence) return 'old'
    if (length > this.#maximumMessageBytes) throw illegal('a handshake message is too large')
    const message = this.#messages.get(sequence) ?? this.#begin(fragment)
    if (message === undefined) return 'dropped'
    return message.add(fragment) ? 'new' : 'dropped'
  }

  /** Takes the message that is due, once it is whole. */
  next(): HandshakeMessage | undefined {
    const sequence = this.#nextSequence
    const message = this.#messages.get(sequence)
    if (message === undefined || !message.isWhole) return undefined
    this.skipTo(sequence + 1)
    return { type: message.type, sequence, body: message.body }
  }

  /** Goes on with the message `sequence`; those before it, kept or still to come, are old. Never goes back. */
  skipTo(sequence: number): void {
    if (sequence <= this.#nextSequence) return
    for (const [kept, message] of this.#messages) {
      // What becomes due no longer counts as kept ahead, so that it is never in the way of itself.
      if (kept > this.#nextSequence && kept <= sequence) this.#aheadBytes -= message.body.length
      if (kept < sequence) this.#messages.delete(kept)
    }
    this.#nextSequence = sequence
  }

  #begin({ sequence, type, length }: HandshakeFragment): PartialMessage | undefined {
    const isAhead = sequence > this.#nextSequence
    if (isAhead && sequence - this.#nextSequence > this.#maximumAhead) return undefined
    if (isAhead && this.#aheadBytes + length > this.#maximumMessageBytes) return undefined
    if (isAhead) this.#aheadBytes += length
    const message = new PartialMessage(type, length)
    this.#messages.set(sequence, message)
    return message
  }
}

/** Bytes `start` to `end` (exclusive) of a body. */
interface Piece {
  readonly start: number
  readonly end: number
}

/** A body in the making, and which pieces of it are there. */
class PartialMessage {
  readonly type: number
  readonly body: Buffer
  /** In ascending order, neither overlapping nor touching. */
  #pieces: Piece[] = []

  constructor(type: number, length: number) {
    this.type = type
    // What is not written yet is seen by nobody: only whole bodies are given away.
    this.body = Buffer.allocUnsafe(length)
  }

  get isWhole(): boolean {
    const [first] = this.#pieces
    return this.body.length === 0 || (first?.start === 0 && first.end === this.body.length)
  }

  /** Whether the bytes could be kept. */
  add({ type, length, offset, bytes }: HandshakeFragment): boolean {
    if (type !== this.type || length !== this.body.length)
      throw illegal('the fragments of a handshake message contradict each other')
    let start = offset
    let end = offset + bytes.length
    const apart: Piece[] = []
    for (const piece of this.#pieces) {
      if (piece.end < start || piece.start > end) {
        apart.push(piece)
        continue
      }
      this.#expectSame(piece, offset, bytes)
      start = Math.min(start, piece.start)
      end = Math.max(end, piece.end)
    }
    if (apart.length >= maximumPieces) return false
    bytes.copy(this.body, offset)
    this.#pieces = [...apart, { start, end }].sort((a, b) => a.start - b.start)
    return true
  }

  /** What arrived twice must be the same twice; what was accepted never changes. */
  #expectSame(piece: Piece, offset: number, bytes: Buffer): void {
    const from = Math.max(piece.start, offset)
    const to = Math.min(piece.end, offset + bytes.length)
    if (from < to && !this.body.subarray(from, to).equals(bytes.subarray(from - offset, to - offset)))
      throw illegal('the fragments of a handshake message contradict each other')
  }
}

function illegal(message: string): DtlsError {
  return new DtlsError(AlertDescription.illegalParameter, message)
}
