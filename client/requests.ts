import { ResponseCode } from '../objects/errors.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import type { PeerRequest } from '../transport/coap/peer.ts'
import { encodeOutcome } from '../transport/lwm2m/downlink.ts'

/** Performs one request; a promise when a handler of the application takes its time. */
export type PerformRequest = (request: PeerRequest) => CoapMessage | Promise<CoapMessage>

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
  readonly #perform: PerformRequest
  readonly #maximumWaiting: number
  #waiting: WaitingRequest[] = []
  #busy = false

  constructor(store: ObjectStore, perform: PerformRequest, maximumWaiting: number) {
    this.#store = store
    this.#perform = perform
    this.#maximumWaiting = maximumWaiting
  }

  handle(request: PeerRequest): CoapMessage | Promise<CoapMessage> {
    if (!this.#busy && !this.#store.locked) return this.#answer(request)
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
      return this.#answer(request)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #answer(request: PeerRequest): CoapMessage | Promise<CoapMessage> {
    const response = this.#perform(request)
    if (!(response instanceof Promise)) return response
    this.#busy = true
    return new Promise((resolve, reject) => {
      // Settled before the next request is performed, so that responses leave in the order of their requests.
      const proceed = () => {
        this.#busy = false
        this.#continue()
      }
      response.then(
        message => {
          resolve(message)
          proceed()
        },
        (error: unknown) => {
          reject(error)
          proceed()
        },
      )
    })
  }
}
