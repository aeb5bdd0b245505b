import { ResponseCode } from '../objects/errors.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import { encodeOutcome } from '../transport/lwm2m/downlink.ts'

/**
 * Answers the requests that come by one connection in the order of their arrival: while a handler of the application
 * takes its time, or while the application holds the lock, later requests wait. A request that is taken block by block is
 * one for each of its blocks.
 */
export class Requests {
  readonly #store: ObjectStore
  readonly #maximumWaiting: number
  #waiting: (() => void)[] = []
  #busy = false

  constructor(store: ObjectStore, maximumWaiting: number) {
    this.#store = store
    this.#maximumWaiting = maximumWaiting
  }

  /** Performs a request when its turn comes; where too many wait it is `refused`, and answered with 5.03. */
  handle<T>(perform: () => T | Promise<T>, refused?: () => void): T | CoapMessage | Promise<T> {
    if (!this.#busy && !this.#store.locked) return this.#perform(perform)
    if (this.#waiting.length >= this.#maximumWaiting) {
      refused?.()
      return encodeOutcome({ responseCode: ResponseCode.serviceUnavailable })
    }
    if (this.#waiting.length === 0 && !this.#busy) this.#store.whenUnlocked(() => this.#continue())
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        // A fault must reach the peer that waits, not the application that gave the lock back.
        try {
          resolve(this.#perform(perform))
        } catch (error) {
          reject(error)
        }
      })
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
      this.#waiting.shift()?.()
    }
  }

  #perform<T>(perform: () => T | Promise<T>): T | Promise<T> {
    const answer = perform()
    if (!(answer instanceof Promise)) return answer
    this.#busy = true
    return new Promise((resolve, reject) => {
      // Settled before the next request is performed, so that responses leave in the order of their requests.
      const proceed = () => {
        this.#busy = false
        this.#continue()
      }
      answer.then(
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
