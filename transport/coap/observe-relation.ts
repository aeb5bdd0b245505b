import type { BlockwiseResponses } from './blockwise-response.ts'
import { type CoapMessage, isSuccess } from './message.ts'
import type { Delivery, MessageLayer } from './message-layer.ts'
import { OptionNumber, uintOption, withOption } from './options.ts'

/** Why the other end is no longer told. */
export type RelationEnd =
  /** It rejected a notification (RFC 7641 §3.6). */
  | 'reset'
  /** It acknowledged no transmission of a confirmable notification (RFC 7641 §4.5). */
  | 'timedOut'
  /** It asked for the same again with the same token. */
  | 'replaced'
  /** Its owner ended it: the other end asked for that, or what was observed is gone. */
  | 'cancelled'
  | 'closed'

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
   * 2.xx is the last.
   */
  notify(message: CoapMessage, confirmable: boolean): void {
    if (this.#ended) return
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
    const last = !isSuccess(message.code)
    const { layer, responses, request, token } = this.#options
    const notification = responses.prepareNotification(request, last ? message : this.#numbered(message))
    const delivery = layer.send(notification, token, confirmable, {
      acknowledged: () => this.#acknowledged(),
      reset: () => this.end('reset'),
      timedOut: () => this.end('timedOut'),
    })
    if (last) {
      this.#ended = true
      this.#options.remove()
    } else if (confirmable) {
      this.#inFlight = delivery
    } else {
      this.#lastUnconfirmed?.cancel()
      this.#lastUnconfirmed = delivery
    }
  }

  #acknowledged(): void {
    this.#inFlight = undefined
    this.#options.listener.acknowledged?.()
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting !== undefined && !this.#ended) this.#send(waiting.message, waiting.confirmable)
  }

  #numbered(message: CoapMessage): CoapMessage {
    const observe = uintOption(OptionNumber.observe, this.#sequence)
    this.#sequence = (this.#sequence + 1) & sequenceMask
    return { ...message, options: withOption(message.options, OptionNumber.observe, observe) }
  }
}
