import { TransportError } from '../errors.ts'
import type { Block } from './block.ts'
import { type BlockwiseResponses, requestedBlock } from './blockwise-response.ts'
import { decodeDatagram, encodeDatagram } from './codec.ts'
import { type CoapMessage, isSuccess, MessageType } from './message.ts'
import type { Delivery, DeliveryListener, MessageLayer } from './message-layer.ts'
import { OptionNumber, uintOption, withOption } from './options.ts'

/** Why the other end is no longer told. */
export type RelationEnd =
  /** It rejected a notification (RFC 7641 §3.6). */
  | 'reset'
  /** It acknowledged no transmission of a confirmable notification, or nothing of all that waits for it (RFC 7641 §4.5). */
  | 'timedOut'
  /** It asked for the same again with the same token. */
  | 'replaced'
  /** Its owner ended it, since the other end asked for that, or by a notification that is no success. */
  | 'cancelled'
  | 'closed'

/** Called synchronously, so it must not throw. */
export interface RelationListener {
  /** A confirmable notification arrived. */
  acknowledged?(): void
  ended(reason: RelationEnd): void
}

/** 24 bits (RFC 7641 §4.4). */
const sequenceMask = 0xffffff

/** What of a relation outlives its connection. */
export interface SavedRelation {
  /** The request that started the observation, a GET or FETCH. */
  readonly request: CoapMessage
  readonly token: Uint8Array
  /** The number of the next notification, 0 to 2^24−1. */
  readonly sequence: number
}

/** A quarter of what may lie between two notifications for the later one to count as newer. */
const leap = 1 << 21

/**
 * A relation as it goes on after a restart of the process, which remembers an old sequence number. RFC 7641 §3.4: a number
 * counts as newer up to 2^23 ahead, so the leap covers 2^21 notifications sent since the relation was saved, and two more
 * restarts in a row without any. Beyond that an observer ignores what comes within 128 s of the last notification it took.
 */
export function afterRestart(saved: SavedRelation): SavedRelation {
  return { ...saved, sequence: (saved.sequence + leap) & sequenceMask }
}

/** Before the token of a datagram (RFC 7252 §3). */
const headerBytes = 4

/** A notification and how it is sent. */
interface Notification {
  readonly message: CoapMessage
  readonly confirmable: boolean
}

/** What the relations of one peer share. */
export interface RelationHost {
  readonly layer: MessageLayer
  readonly responses: BlockwiseResponses
  /** Takes a relation off the peer. */
  remove(relation: ObserveRelation): void
}

/**
 * One observer of this peer in the server role (RFC 7641 §4): its token, sequence numbers, and at most one confirmable
 * notification in flight (§4.5.2), behind which the newest state waits; as it does while the other end does not read.
 */
export class ObserveRelation implements DeliveryListener {
  readonly #host: RelationHost
  /** As a datagram: an observation lasts long, and decoded its options take six times as much. */
  readonly #request: Buffer
  readonly #requestedBlock: Block | undefined
  readonly #listener: RelationListener
  #sequence: number
  #inFlight: Delivery | undefined
  #lastUnconfirmed: Delivery | undefined
  #waiting: Notification | undefined
  #ended = false

  constructor(host: RelationHost, { request, token, sequence }: SavedRelation, listener: RelationListener) {
    this.#host = host
    this.#request = encodeDatagram({ type: MessageType.confirmable, messageId: 0, token, ...request })
    this.#requestedBlock = requestedBlock(request)
    this.#listener = listener
    this.#sequence = sequence
  }

  /** Whether a confirmable notification waits for its acknowledgement. */
  get busy(): boolean {
    return this.#inFlight !== undefined
  }

  get token(): Uint8Array {
    return this.#request.subarray(headerBytes, headerBytes + ((this.#request[0] as number) & 15))
  }

  /** The request that started it. */
  get request(): CoapMessage {
    const { code, options, payload } = decodeDatagram(this.#request)
    return { code, options, payload }
  }

  /** What `CoapPeer.resumeObservation` needs to go on with it; after its end, too. */
  save(): SavedRelation {
    return { request: this.request, token: this.token, sequence: this.#sequence }
  }

  /** The first response, marked as the start of the observation. */
  accept(response: CoapMessage): CoapMessage {
    return this.#numbered(response)
  }

  /**
   * Sends a notification; while a confirmable one is in flight it waits, and a newer one takes its place. One that is not
   * 2.xx is the last: with it the relation ends.
   */
  notify(message: CoapMessage, confirmable: boolean): void {
    if (this.#ended) return
    // Nothing may follow the last one, so nothing takes its place either.
    if (this.#waiting !== undefined && !isSuccess(this.#waiting.message.code)) return
    if (this.busy || this.#host.layer.isCongested) this.#waiting = { message, confirmable }
    else this.#send({ message, confirmable })
  }

  /** The other end reads again. */
  drained(): void {
    if (!this.busy) this.#sendWaiting()
  }

  /** Ends the relation without telling the other end. */
  end(reason: RelationEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#inFlight?.cancel()
    this.#lastUnconfirmed?.cancel()
    this.#host.remove(this)
    this.#listener.ended(reason)
  }

  /** Called by the message layer. */
  acknowledged(): void {
    this.#inFlight = undefined
    // Before the listener, whose next notification is newer than the one that waits.
    this.#sendWaiting()
    if (!this.#ended) this.#listener.acknowledged?.()
  }

  /** Called by the message layer. */
  reset(): void {
    this.end('reset')
  }

  /** Called by the message layer. */
  timedOut(): void {
    this.end('timedOut')
  }

  #sendWaiting(): void {
    const waiting = this.#waiting
    if (waiting === undefined || this.#host.layer.isCongested) return
    this.#waiting = undefined
    this.#send(waiting)
  }

  #send(notification: Notification): void {
    try {
      this.#transmit(notification)
    } catch (error) {
      // A peer that leaves a full queue waiting reads nothing; whoever notifies or reads datagrams cannot help that.
      if (!(error instanceof TransportError)) throw error
      this.end('timedOut')
    }
  }

  #transmit(notification: Notification): void {
    const { layer, responses } = this.#host
    const { message, confirmable } = notification
    if (!isSuccess(message.code)) {
      layer.send(message, this.token, confirmable)
      this.end('cancelled')
      return
    }
    const prepared = responses.prepareNotification(this, this.#requestedBlock, this.#numbered(message))
    const delivery = layer.send(prepared, this.token, confirmable, this)
    if (confirmable) {
      this.#inFlight = delivery
    } else {
      this.#lastUnconfirmed?.cancel()
      this.#lastUnconfirmed = delivery
    }
  }

  #numbered(message: CoapMessage): CoapMessage {
    const observe = uintOption(OptionNumber.observe, this.#sequence)
    this.#sequence = (this.#sequence + 1) & sequenceMask
    const { code, options, payload } = message
    return { code, options: withOption(options, OptionNumber.observe, observe), payload }
  }
}
