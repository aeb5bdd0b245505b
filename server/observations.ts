import { Observable, type Subscriber } from 'rxjs'
import { type CoapMessage, isSuccess } from '../transport/coap/message.ts'
import type { ObservationListener } from '../transport/coap/observe-request.ts'
import { findOption, OptionNumber } from '../transport/coap/options.ts'
import type { CoapPeer, PendingObservation } from '../transport/coap/peer.ts'
import { TransportError } from '../transport/errors.ts'
import { transportOf } from './place.ts'
import type { Registration } from './registrations.ts'

/**
 * How an observation is ended at the client: `active` tells it with a GET and Observe 1, `passive` waits for its next
 * notification and rejects that with a reset (LwM2M Core 1.2.2 §6.4.4, RFC 7641 §3.6); over TCP, which has no reset, it is as
 * `active`.
 */
export type CancelMode = 'active' | 'passive'

/** The observations of all clients, by the registration that they end with. */
export class Observations {
  readonly #peerOf: (registration: Registration) => CoapPeer
  readonly #running = new Map<string, Set<RunningObservation>>()

  constructor(peerOf: (registration: Registration) => CoapPeer) {
    this.#peerOf = peerOf
  }

  /** Observes while subscribed; emits the first answer and each notification. */
  observe(registration: Registration, request: CoapMessage, cancel: CancelMode): Observable<CoapMessage> {
    return new Observable(subscriber => {
      const observation = new RunningObservation(request, subscriber)
      const { location } = registration
      const siblings = this.#running.get(location) ?? new Set()
      this.#running.set(location, siblings.add(observation))
      observation.start(this.#peerOf(registration))
      return () => {
        if (observation.stop(cancel)) this.#forget(location, observation)
      }
    })
  }

  /**
   * A client may be elsewhere now: a relation belongs to an endpoint (RFC 7641 §4.1), so with another one each is made anew.
   * Its token stays: what the client remembers (LwM2M Core 1.2.2 §6.4) and tells before it hears of that arrives.
   */
  follow(registration: Registration): void {
    const running = this.#running.get(registration.location)
    if (running === undefined) return
    const peer = this.#peerOf(registration)
    for (const observation of running) {
      observation.follow(peer)
      if (observation.isStopped) this.#forget(registration.location, observation)
    }
  }

  /** The registration is over, and so is what was observed (LwM2M Core 1.2.2 §6.4). */
  end({ location }: Registration): void {
    for (const observation of this.#running.get(location) ?? []) observation.complete()
    this.#running.delete(location)
  }

  close(): void {
    for (const observations of this.#running.values()) {
      for (const observation of observations) observation.complete()
    }
    this.#running.clear()
  }

  #forget(location: string, observation: RunningObservation): void {
    const siblings = this.#running.get(location)
    siblings?.delete(observation)
    if (siblings?.size === 0) this.#running.delete(location)
  }
}

class RunningObservation implements ObservationListener {
  readonly #request: CoapMessage
  readonly #subscriber: Subscriber<CoapMessage>
  #peer: CoapPeer | undefined
  /** Undefined while there is nothing to cancel: it is over, or waits for the client to come back. */
  #relation: PendingObservation | undefined
  #token: number | undefined
  #answered = false
  /** By this peer or one before. */
  #wasAnswered = false
  /** The way to the client has ended, and with it what this knows of the relation; the client goes on with it. */
  #isAway = false
  isStopped = false

  constructor(request: CoapMessage, subscriber: Subscriber<CoapMessage>) {
    this.#request = request
    this.#subscriber = subscriber
  }

  follow(peer: CoapPeer): void {
    if (peer === this.#peer) return
    this.start(peer)
    // Nobody wants it any more, which over a stream the client learns in no other way.
    if (this.isStopped) this.stop('active')
  }

  start(peer: CoapPeer): void {
    this.#relation?.cancel()
    this.#peer = peer
    const relation = peer.observe(this.#request, this, this.#token)
    this.#relation = relation
    this.#token = relation.token
    this.#answered = false
    this.#isAway = false
    relation.response.then(
      response => {
        if (this.#relation === relation) this.#answer(response)
      },
      (error: unknown) => {
        if (this.#relation !== relation) return
        if (this.#wasAnswered && isOver(peer, error)) this.#leave()
        else this.#fail(error)
      },
    )
  }

  notification(message: CoapMessage): void {
    this.#subscriber.next(message)
  }

  ended(reason: CoapMessage | TransportError): void {
    // A session that is over ends no observation: the client will be back, by another one.
    if (reason instanceof TransportError) this.#leave()
    else this.#last(reason)
  }

  complete(): void {
    this.#relation?.cancel()
    this.#relation = undefined
    this.#isAway = false
    this.#subscriber.complete()
  }

  /** False: the client is away, and is told when it is back. */
  stop(cancel: CancelMode): boolean {
    const relation = this.#relation
    this.#relation = undefined
    this.isStopped = true
    if (relation === undefined) return !this.#isAway
    if (cancel === 'passive' || !this.#answered) relation.cancel()
    // Nobody waits any more; a client that did not hear it finds its next notification rejected.
    else relation.deregister().catch(() => undefined)
    return true
  }

  #leave(): void {
    this.#relation = undefined
    this.#isAway = true
  }

  #answer(response: CoapMessage): void {
    this.#answered = true
    this.#wasAnswered = true
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

/** Whether it is the way to the client that has ended, and not this request alone: a stream does as soon as nobody answers a Ping. */
function isOver({ connection }: CoapPeer, error: unknown): boolean {
  if (!(error instanceof TransportError)) return false
  const { code } = error
  return code === 'CLOSED' || code === 'ABORTED' || (code === 'TIMEOUT' && transportOf(connection) === 'tcp')
}
