import type { ContentSink } from '../content-sink.ts'
import { callHandler, callHandlerNow, isPromiseLike, type ResourceHandlers } from '../handlers.ts'
import { formatPath, type Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ObjectStore } from '../store.ts'
import type { BootstrapContext, Outcome } from './operation.ts'
import { andThen } from './read.ts'
import { badPayload } from './write-resource.ts'

type ErrorListener = BootstrapContext['onError']

/** What takes the content of an opaque resource that servers write, in place of the store. */
export function receiveHandler(store: ObjectStore, path: Path): ResourceHandlers['receive'] {
  const receive = store.handlers.find('receive', path)
  if (receive === undefined) return undefined
  const resource = store.resource(path[0] as number, path[2] as number)
  return resource?.type === 'opaque' && resource.writable ? receive : undefined
}

/** Calls a `receive` handler; what it sets is the application's, not the server's. */
export function beginContent(
  store: ObjectStore,
  path: Path,
  receive: NonNullable<ResourceHandlers['receive']>,
  totalBytes: number | undefined,
): ContentSink {
  return store.batch(() => callHandlerNow(path, () => receive(path, totalBytes)))
}

/** Takes out what `receive` handlers are to have; the rest is for the store. */
export type TakeReceived = (values: readonly PathValue[]) => readonly PathValue[]

interface ReceivedValue {
  readonly path: Path
  readonly bytes: Uint8Array
  readonly receive: NonNullable<ResourceHandlers['receive']>
}

interface BegunContent {
  readonly path: Path
  readonly bytes: Uint8Array
  readonly sink: ContentSink
}

/**
 * Runs what a server writes as one transaction. What {@link TakeReceived} takes out is begun as its last step, so that a `receive`
 * handler that refuses undoes all of it; the bytes are given when the rest is in the store, where it stays whatever comes of them.
 */
export function writeTransaction(
  store: ObjectStore,
  { onError }: BootstrapContext,
  transaction: (takeReceived: TakeReceived) => Outcome,
): Outcome | Promise<Outcome> {
  const received = new Map<string, ReceivedValue>()
  const begun: BegunContent[] = []
  let outcome: Outcome
  try {
    outcome = store.batch(() => {
      const written = transaction(values => takeReceived(store, values, received))
      for (const { path, bytes, receive } of received.values()) {
        begun.push({ path, bytes, sink: beginContent(store, path, receive, bytes.length) })
      }
      return written
    }, 'server')
  } catch (error) {
    abortAll(begun, onError)
    throw error
  }
  return andThen(give(begun, onError), () => outcome)
}

function takeReceived(
  store: ObjectStore,
  values: readonly PathValue[],
  received: Map<string, ReceivedValue>,
): readonly PathValue[] {
  let stored: PathValue[] | undefined
  for (const [index, entry] of values.entries()) {
    const { path, value } = entry
    const receive = value instanceof Uint8Array ? receiveHandler(store, path) : undefined
    if (receive === undefined) {
      stored?.push(entry)
      continue
    }
    stored ??= values.slice(0, index)
    const key = formatPath(path)
    if (received.has(key)) throw badPayload(path)
    received.set(key, { path, bytes: value as Uint8Array, receive })
  }
  return stored ?? values
}

function give(begun: readonly BegunContent[], onError: ErrorListener): void | Promise<void> {
  const [first, ...rest] = begun
  if (first === undefined) return
  const { path, bytes, sink } = first
  const fail = (error: unknown): never => {
    abortAll(rest, onError)
    throw error
  }
  let given: void | Promise<void>
  try {
    given = callHandler(path, () => giveAll(sink, bytes))
  } catch (error) {
    return fail(error)
  }
  return isPromiseLike(given) ? given.then(() => give(rest, onError), fail) : give(rest, onError)
}

/** The last bytes of a content, which may be none, and its end. */
export function giveAll(sink: ContentSink, bytes: Uint8Array): void | Promise<void> {
  if (bytes.length === 0) return sink.end()
  const written = sink.write(bytes)
  return isPromiseLike(written) ? written.then(() => sink.end()) : sink.end()
}

function abortAll(begun: readonly BegunContent[], onError: ErrorListener): void {
  for (const { sink } of begun) abortContent(sink, onError)
}

/** What a sink throws at its end is the application's to hear, and neither the response nor in the way of other sinks. */
export function abortContent(sink: ContentSink | undefined, onError: ErrorListener): void {
  try {
    sink?.abort()
  } catch (error) {
    onError?.(error)
  }
}
