import { OperationError, ResponseCode } from '../objects/errors.ts'
import type { Operation, OperationContext, Outcome } from '../objects/operations/operation.ts'
import { perform } from '../objects/operations/perform.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import type { PeerRequest } from '../transport/coap/peer.ts'
import { decodeOperation, encodeOutcome } from '../transport/lwm2m/downlink.ts'
import type { Observations } from './observations.ts'

interface WaitingRequest {
  readonly request: PeerRequest
  readonly answer: (response: CoapMessage | Promise<CoapMessage>) => void
}

/**
 * Answers the requests that come by one connection in the order of their arrival: while a handler of the application
 * takes its time, or while the application holds the lock, later requests wait.
 */
export class Requests {
  readonly #store: ObjectStore
  readonly #context: OperationContext
  readonly #observations: Observations
  readonly #maximumWaiting: number
  #waiting: WaitingRequest[] = []
  #busy = false
  #closed = false

  constructor(store: ObjectStore, context: OperationContext, observations: Observations, maximumWaiting: number) {
    this.#store = store
    this.#context = context
    this.#observations = observations
    this.#maximumWaiting = maximumWaiting
  }

  handle(request: PeerRequest): CoapMessage | Promise<CoapMessage> {
    if (!this.#busy && !this.#store.locked) return this.#perform(request)
    if (this.#waiting.length >= this.#maximumWaiting) {
      return encodeOutcome({ responseCode: ResponseCode.serviceUnavailable })
    }
    if (this.#waiting.length === 0 && !this.#busy) this.#store.whenUnlocked(() => this.#continue())
    return new Promise(resolve => {
      this.#waiting.push({ request, answer: resolve })
    })
  }

  /** Forgets what waits: the connection is gone. */
  close(): void {
    this.#closed = true
    this.#waiting = []
  }

  #continue(): void {
    while (this.#waiting.length > 0 && !this.#busy) {
      if (this.#store.locked) {
        this.#store.whenUnlocked(() => this.#continue())
        return
      }
      const { request, answer } = this.#waiting.shift() as WaitingRequest
      answer(this.#settle(request))
    }
  }

  /** A fault must reach the peer that waits, not the application that gave the lock back. */
  #settle(request: PeerRequest): CoapMessage | Promise<CoapMessage> {
    try {
      return this.#perform(request)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #perform(request: PeerRequest): CoapMessage | Promise<CoapMessage> {
    let operation: Operation
    try {
      operation = decodeOperation(request.message)
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
      return encodeOutcome({ responseCode: error.responseCode, payload: Buffer.from(error.message) })
    }
    const outcome = perform(this.#store, this.#context, operation)
    if (!(outcome instanceof Promise)) return this.#respond(request, operation, outcome)
    this.#busy = true
    return new Promise((resolve, reject) => {
      // Resolved before the next request is performed, so that responses leave in the order of their requests.
      void outcome.then(settled => {
        try {
          resolve(this.#respond(request, operation, settled))
        } catch (error) {
          reject(error)
        }
        this.#busy = false
        this.#continue()
      })
    })
  }

  #respond(request: PeerRequest, operation: Operation, outcome: Outcome): CoapMessage {
    const response = encodeOutcome(outcome)
    // What a slow handler ends up with after its connection is no matter of the observations of the next.
    if (this.#closed || outcome.responseCode !== ResponseCode.content) return response
    // An Observe-Composite is answered without Observe: as to a server that cannot observe, it was a read (RFC 7641 §4.1).
    if (operation.kind === 'observe') return this.#observations.start(request, operation, response)
    if (operation.kind === 'cancelObservation') this.#observations.cancel(operation.path)
    return response
  }
}
