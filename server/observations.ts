import { Observable, type Subscriber } from 'rxjs'
import { type CoapMessage, isSuccess } from '../transport/coap/message.ts'
import type { ObservationListener } from '../transport/coap/observe-request.ts'
import { findOption, OptionNumber } from '../transport/coap/options.ts'
import type { CoapPeer, PendingObservation } from '../transport/coap/peer.ts'
import type { Address } from '../transport/connection.ts'
import { TransportError } from '../transport/errors.ts'
import type { Registration } from './registrations.ts'

/**
 * How an observation is ended at the client: `active` tells it with a GET and Observe 1, `passive` waits for its next
 * notification and rejects that with a reset (LwM2M Core 1.2.2 §6.4.4, RFC 7641 §3.6).
 */
export type CancelMode = 'active' | 'passive'

/** The observations of all clients, by the registration that they end with. */
export class Observations {
  readonly #peerAt: (address: Address) => CoapPeer
  readonly #running = new Map<string, Set<RunningObservation>>()

  constructor(peerAt: (address: Address) => CoapPeer) {
    this.#peerAt = peerAt
  }

  /** Observes while subscribed; emits the first answer and each notification. */
  observe({ location, address }: Registration, request: CoapMessage, cancel: CancelMode): Observable<CoapMessage> {
    return new Observable(subscriber => {
      const observation = new RunningObservation(request, subscriber)
      const siblings = this.#running.get(location) ?? new Set()
      this.#running.set(location, siblings.add(observation))
      observation.start(this.#peerAt(address))
      return () => {
        siblings.delete(observation)
        if (siblings.size === 0) this.#running.delete(location)
        observation.stop(cancel)
      }
    })
  }

  /** A client is elsewhere now: a relation belongs to an address (RFC 7641 §4.1), so each is made anew. */
  move({ location, address }: Registration): void {
    for (const observation of this.#running.get(location) ?? []) observation.start(this.#peerAt(address))
  }

  /** The registration is over, and so is what was observed (LwM2M Core 1.2.2 §6.4). */
  end({ location }: Registration): void {
    for (const observation of this.#running.get(location) ?? []) observation.complete()
  }

  close(): void {
    for (const observations of this.#running.values()) {
      for (const observation of observations) observation.complete()
    }
  }
}

class RunningObservation implements ObservationListener {
  readonly #request: CoapMessage
  readonly #subscriber: Subscriber<CoapMessage>
  /** Undefined once there is nothing left to cancel. */
  #relation: PendingObservation | undefined
  #answered = false

  constructor(request: CoapMessage, subscriber: Subscriber<CoapMessage>) {
    this.#request = request
    this.#subscriber = subscriber
  }

  start(peer: CoapPeer): void {
    this.#relation?.cancel()
    const relation = peer.observe(this.#request, this)
    this.#relation = relation
    this.#answered = false
    relation.response.then(
      response => {
        if (this.#relation === relation) this.#answer(response)
      },
      (error: unknown) => {
        if (this.#relation === relation) this.#fail(error)
      },
    )
  }

  notification(message: CoapMessage): void {
    this.#subscriber.next(message)
  }

  ended(reason: CoapMessage | TransportError): void {
    if (reason instanceof TransportError) this.#fail(reason)
    else this.#last(reason)
  }

  complete(): void {
    this.#relation?.cancel()
    this.#relation = undefined
    this.#subscriber.complete()
  }

  stop(cancel: CancelMode): void {
    const relation = this.#relation
    this.#relation = undefined
    if (relation === undefined) return
    if (cancel === 'passive' || !this.#answered) relation.cancel()
    // Nobody waits any more; a client that did not hear it finds its next notification rejected.
    else relation.deregister().catch(() => undefined)
  }

  #answer(response: CoapMessage): void {
    this.#answered = true
    const accepted = isSuccess(response.code) && findOption(response, OptionNumber.observe) !== undefined
    if (accepted) this.#subscriber.next(response)
    else this.#last(response)
  }

  #last(message: CoapMessage): void {
    this.#relation = undefined
    this.#subscriber.next(message)
    this.#subscriber.complete()
  }

  #fail(error: unknown): void {
    this.#relation = undefined
    this.#subscriber.error(error)
  }
}
