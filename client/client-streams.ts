import { defer, type Observable, type Observer, Subject, startWith, takeUntil } from 'rxjs'
import type { Cause, ClientEvent } from '../machines/events.ts'
import type { Content } from '../objects/content.ts'
import { OperationError, ValueError } from '../objects/errors.ts'
import { formatPath, type Path, parsePath } from '../objects/path.ts'
import { parseResourcePath } from '../objects/resource-path.ts'
import type { Change, ObjectStore } from '../objects/store.ts'
import { changes$ } from '../streams/changes.ts'
import { PathRouter } from '../streams/route.ts'
import { sink } from '../streams/sink.ts'
import { value$ } from '../streams/value.ts'
import type { ObservationEvent } from './observation-event.ts'

export interface ClientStreamsOptions {
  readonly store: ObjectStore
  /** Whether the client has stopped by itself. */
  readonly hasGivenUp: () => boolean
  readonly onError: (error: unknown) => void
}

/** RxJS in and out of a client: what {@link complete} ends, and can be subscribed to anew after that. */
export class ClientStreams {
  readonly router: PathRouter
  readonly #changes$: Observable<readonly Change[]>
  readonly #options: ClientStreamsOptions
  readonly #events = new Subject<ClientEvent>()
  readonly #observations = new Subject<ObservationEvent>()
  readonly #completed = new Subject<void>()
  #fatal: ClientEvent | undefined

  constructor(options: ClientStreamsOptions) {
    this.#options = options
    this.#changes$ = changes$(options.store)
    this.router = new PathRouter(this.#changes$)
  }

  // Made when asked for: of thousands of clients in a process hardly one is listened to in every way.

  get events$(): Observable<ClientEvent> {
    return this.#untilCompleted(
      defer(() => (this.#fatal === undefined ? this.#events : this.#events.pipe(startWith(this.#fatal)))),
    )
  }

  get changes$(): Observable<readonly Change[]> {
    return this.#untilCompleted(this.#changes$)
  }

  get observations$(): Observable<ObservationEvent> {
    return this.#untilCompleted(this.#observations)
  }

  value$(text: string): Observable<Content | undefined> {
    const { store } = this.#options
    return this.#untilCompleted(value$({ path: parseResourcePath(text, store), source: store, router: this.router }))
  }

  sink(text: string): Observer<Content> {
    const { store } = this.#options
    const path = parseResourcePath(text, store)
    return this.#sink(path, content => store.set(path, content))
  }

  sinkBelow<T>(text: string, write: (value: T) => void): Observer<T> {
    const { store } = this.#options
    return this.#sink(parsePath(text), value => store.batch(() => write(value)))
  }

  #sink<T>(path: Path, write: (value: T) => void): Observer<T> {
    const { onError } = this.#options
    const tell = (cause: Cause) => this.announce({ type: 'SINK_FAILURE', path: formatPath(path), cause })
    return sink({
      write,
      refused: error => tell(refusal(error)),
      failed: error => {
        tell({ code: 'SOURCE_FAILED', message: 'the source of the values failed' })
        // Its message is the application's: it may hold what events must not.
        onError(error)
      },
    })
  }

  /** Tells an event once what goes on now is over: what the application does in answer has to find it done. */
  announce(event: ClientEvent): void {
    queueMicrotask(() => {
      const isFatal = event.type === 'NETWORK_ERROR' || event.type === 'BOOTSTRAP_REG_FAILURE'
      if (isFatal && this.#options.hasGivenUp()) this.#fatal = event
      if (event.type === 'REGISTRATION_COMPLETE' || event.type === 'BOOTSTRAP_REG_COMPLETE') this.#fatal = undefined
      this.#events.next(event)
    })
  }

  /** The same of an observation. */
  announceObservation(event: ObservationEvent): void {
    if (this.#observations.observed) queueMicrotask(() => this.#observations.next(event))
  }

  /** The client goes on after a fatal event, which is not told any more. */
  forgetFatal(): void {
    this.#fatal = undefined
  }

  /** Ends what is subscribed to now. */
  complete(): void {
    this.#fatal = undefined
    this.#completed.next()
  }

  #untilCompleted<T>(source: Observable<T>): Observable<T> {
    return source.pipe(takeUntil(this.#completed))
  }
}

/**
 * Why the store refused a value. Another error comes from the value itself, as of a getter, or from who writes it, and may tell
 * what it holds.
 */
function refusal(error: unknown): Cause {
  if (error instanceof ValueError || error instanceof OperationError)
    return { code: error.code, message: error.message }
  return { code: 'INVALID_VALUE', message: 'the value cannot be read' }
}
