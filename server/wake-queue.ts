import { catchError, finalize, Observable, type Subscriber, tap } from 'rxjs'
import type { Clock } from '../transport/clock.ts'
import { closedError, TransportError } from '../transport/errors.ts'
import { RequestError } from './errors.ts'
import type { Registration } from './registrations.ts'

export interface WakeQueueOptions {
  readonly clock: Clock
  /** How long a client listens after its last message. */
  readonly awakeMs: number
  /** Requests that may wait for one client. */
  readonly maximumWaiting: number
  /** Whether there is a way to a client: it may have ended its session before it fell asleep. */
  readonly isReachable: (endpoint: string) => boolean
}

/**
 * Queue mode, the server's side: a request to a client that sleeps waits for its next Register or Update, then goes out
 * in its turn, each after the answer to the one before (LwM2M Transport 1.2.2 §6.5). No timer runs for it.
 */
export class WakeQueue {
  readonly #options: WakeQueueOptions
  /** By endpoint name, so that a client which registers anew finds what waits; only of clients that were asked. */
  readonly #queues = new Map<string, ClientQueue>()

  constructor(options: WakeQueueOptions) {
    this.#options = options
  }

  /**
   * `request`, subscribed to when the client is awake and its turn has come; each emission must be a message of the
   * client. Errors with TransportError QUEUE_FULL when too many wait, with RequestError REGISTRATION_ENDED when the client
   * does not come back, and with a TransportError TIMEOUT that says so when a client thought awake does not answer.
   */
  whenAwake<T>(registration: Registration, request: Observable<T>): Observable<T> {
    if (!usesQueueMode(registration)) return request
    return new Observable(subscriber => this.#queueOf(registration).add(request, subscriber))
  }

  /** A Register or Update came, and its response is out. */
  woke({ endpoint, updatedMs }: Registration): void {
    this.#queues.get(endpoint)?.woke(updatedMs)
  }

  /** The registration is over, and so is the wait. */
  end({ endpoint }: Registration): void {
    const queue = this.#queues.get(endpoint)
    this.#queues.delete(endpoint)
    queue?.fail(new RequestError('REGISTRATION_ENDED', `"${endpoint}" left before it woke`))
  }

  close(): void {
    for (const queue of this.#queues.values()) queue.fail(closedError())
    this.#queues.clear()
  }

  #queueOf({ endpoint, updatedMs }: Registration): ClientQueue {
    let queue = this.#queues.get(endpoint)
    if (queue === undefined) {
      queue = new ClientQueue(endpoint, updatedMs, this.#options)
      this.#queues.set(endpoint, queue)
    }
    return queue
  }
}

/** LwM2M 1.0 says it in the binding (LwM2M 1.0.2 §5.3.1.1), later ones apart from it. */
function usesQueueMode({ version, binding, queueMode }: Registration): boolean {
  return queueMode === true || (version === '1.0' && binding?.includes('Q') === true)
}

/** A request that waits for its turn. */
interface Waiting {
  readonly start: () => void
  readonly fail: (error: Error) => void
}

const longAgoMs = Number.NEGATIVE_INFINITY

class ClientQueue {
  readonly #endpoint: string
  readonly #options: WakeQueueOptions
  readonly #waiting = new Set<Waiting>()
  /** When a message of the client last came. */
  #heardMs: number
  /** Whether one that waited is on its way. */
  #isSending = false

  constructor(endpoint: string, heardMs: number, options: WakeQueueOptions) {
    this.#endpoint = endpoint
    this.#heardMs = heardMs
    this.#options = options
  }

  add<T>(request: Observable<T>, subscriber: Subscriber<T>): void {
    if (this.#waiting.size === 0 && !this.#isSending && this.#isAwake()) return this.#send(request, subscriber)
    if (this.#waiting.size >= this.#options.maximumWaiting) {
      const message = `${this.#waiting.size} requests wait for "${this.#endpoint}" to wake`
      return subscriber.error(new TransportError('QUEUE_FULL', message))
    }
    const waiting = {
      start: () => this.#send(request, subscriber, () => this.#sent()),
      fail: (error: Error) => subscriber.error(error),
    }
    this.#waiting.add(waiting)
    subscriber.add(() => this.#waiting.delete(waiting))
  }

  woke(nowMs: number): void {
    this.#heardMs = nowMs
    this.#next()
  }

  fail(error: Error): void {
    for (const waiting of this.#waiting) waiting.fail(error)
  }

  #isAwake(): boolean {
    const { clock, awakeMs, isReachable } = this.#options
    return clock.now() - this.#heardMs < awakeMs && isReachable(this.#endpoint)
  }

  #next(): void {
    const [next] = this.#waiting
    if (next === undefined || this.#isSending || !this.#isAwake()) return
    this.#waiting.delete(next)
    this.#isSending = true
    next.start()
  }

  #sent(): void {
    this.#isSending = false
    this.#next()
  }

  /** `settled` is called once, when the client has answered or will not. */
  #send<T>(request: Observable<T>, subscriber: Subscriber<T>, settled: () => void = () => {}): void {
    let isSettled = false
    const settle = () => {
      if (!isSettled) settled()
      isSettled = true
    }
    request
      .pipe(
        tap(() => {
          this.#heardMs = this.#options.clock.now()
          settle()
        }),
        catchError((error: unknown) => {
          throw this.#explained(error)
        }),
        finalize(settle),
      )
      .subscribe(subscriber)
  }

  /** No further request is sent to a client that did not answer: it sleeps, whatever the time. */
  #explained(error: unknown): unknown {
    if (!(error instanceof TransportError) || error.code !== 'TIMEOUT') return error
    this.#heardMs = longAgoMs
    const message = `"${this.#endpoint}" uses queue mode and was thought awake, but does not answer`
    return new TransportError('TIMEOUT', message, { cause: error })
  }
}
