import { TransportError } from '../errors.ts'
import type { BlockwiseResponses } from './blockwise-response.ts'
import { type CoapMessage, isSuccess } from './message.ts'
import type { Delivery, MessageLayer } from './message-layer.ts'
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

export interface ObserveRelationOptions {
  readonly layer: MessageLayer
  readonly responses: BlockwiseResponses
  /** The request that started the observation. */
  readonly request: CoapMessage
  readonly token: Uint8Array
  readonly listener: RelationListener
  /** Takes the relation off its peer. */
  readonly remove: () => void
}

/**
 * One observer of this peer in the server role (RFC 7641 §4): its token, sequence numbers, and at most one confirmable
 * notification in flight (§4.5.2), behind which the newest state waits.
 */
export class ObserveRelation {
  readonly #options: ObserveRelationOptions
  #sequence = 0
  #inFlight: Delivery | undefined
  #lastUnconfirmed: Delivery | undefined
  #waiting: { readonly message: CoapMessage; readonly confirmable: boolean } | undefined
  #ended = false

  constructor(options: ObserveRelationOptions) {
    this.#options = options
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
    if (this.#inFlight !== undefined) this.#waiting = { message, confirmable }
    else this.#send(message, confirmable)
  }

  /** Ends the relation without telling the other end. */
  end(reason: RelationEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#inFlight?.cancel()
    this.#lastUnconfirmed?.cancel()
    this.#options.remove()
    this.#options.listener.ended(reason)
  }

  #send(message: CoapMessage, confirmable: boolean): void {
    try {
      this.#transmit(message, confirmable)
    } catch (error) {
      // A peer that leaves a full queue waiting reads nothing; whoever notifies or reads datagrams cannot help that.
      if (!(error instanceof TransportError)) throw error
      this.end('timedOut')
    }
  }

  #transmit(message: CoapMessage, confirmable: boolean): void {
    const { layer, responses, request, token } = this.#options
    if (!isSuccess(message.code)) {
      layer.send(message, token, confirmable)
      this.end('cancelled')
      return
    }
    const notification = responses.prepareNotification(request, this.#numbered(message))
    const delivery = layer.send(notification, token, confirmable, {
      acknowledged: () => this.#acknowledged(),
      reset: () => this.end('reset'),
      timedOut: () => this.end('timedOut'),
    })
    if (confirmable) {
      this.#inFlight = delivery
    } else {
      this.#lastUnconfirmed?.cancel()
      this.#lastUnconfirmed = delivery
    }
  }

  #acknowledged(): void {
    this.#inFlight = undefined
    const waiting = this.#waiting
    this.#waiting = undefined
    // Before the listener, whose next notification is newer than the one that waits.
    if (waiting !== undefined) this.#send(waiting.message, waiting.confirmable)
    if (!this.#ended) this.#options.listener.acknowledged?.()
  }

  #numbered(message: CoapMessage): CoapMessage {
    const observe = uintOption(OptionNumber.observe, this.#sequence)
    this.#sequence = (this.#sequence + 1) & sequenceMask
    return { ...message, options: withOption(message.options, OptionNumber.observe, observe) }
  }
}
