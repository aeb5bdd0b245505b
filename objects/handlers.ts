import type { Content } from './content.ts'
import type { ContentSink } from './content-sink.ts'
import { OperationError } from './errors.ts'
import { formatPath, MAX_ID, type Path } from './path.ts'
import type { Value } from './value.ts'

/** Arguments of an Execute: digit 0–9 to its text, `undefined` for an argument without one (LwM2M Core 1.2.2 §6.3.5). */
export type ExecuteArguments = ReadonlyMap<number, string | undefined>

/**
 * What an application adds to a resource. A handler may throw an {@link OperationError}, which decides the response;
 * anything else thrown is answered with 5.00 and its text stays inside.
 */
export interface ResourceHandlers {
  /** Supplies all of the resource for a Read, in place of the store; `undefined`: it is not there at the moment. */
  readonly read?: (path: Path) => Content | undefined | Promise<Content | undefined>
  /** Performs an Execute; the response waits for the Promise. */
  readonly execute?: (path: Path, args: ExecuteArguments) => void | Promise<void>
  /**
   * Judges a value a server writes, once for each resource or resource instance, when the whole Write is in the store
   * and can still be undone. `false` refuses the Write with 4.00. With a time series it also judges what the application
   * writes: `false` keeps that out of the series.
   */
  readonly validate?: (path: Path, value: Value) => boolean
  /** Is told of a value a server wrote, after every `validate` of the Write; a throw undoes the Write. */
  readonly written?: (path: Path, value: Value) => void
  /**
   * Takes what a server writes to an opaque resource as it arrives, in place of the store, where nothing of it is kept. Is
   * called when a Write begins; a throw refuses that. `totalBytes` is what the server says of the size, if it does; of a Write
   * that came whole it is the size. Where such a resource is one of many that a Write, Write-Composite or Create is about, a
   * refusal undoes all of them, and what goes wrong later leaves the others written. Bootstrap does not reach it.
   */
  readonly receive?: (path: Path, totalBytes: number | undefined) => ContentSink
}

export type HandlerKind = keyof ResourceHandlers

/**
 * What an application adds to an object. Both run inside the transaction of the operation: a throw, answered as that of
 * a {@link ResourceHandlers}, undoes all of it, and whatever else fails later undoes it without a further word. What lies
 * outside the store is better begun when `onChanges` tells of the instance.
 */
export interface ObjectHandlers {
  /** Completes an instance that a server creates: what the server wrote is there, what is mandatory is checked after. */
  readonly created?: (path: Path) => void
  /** Is told that a server deletes an instance, which is still there. */
  readonly deleted?: (path: Path) => void
}

/** The application handlers of a client: for objects, and for resources of one instance or of all. */
export class Handlers {
  readonly #byPlace = new Map<number, ResourceHandlers>()
  readonly #byObject = new Map<number, ObjectHandlers>()

  /**
   * Attaches handlers to a resource, of every instance when `instanceId` is undefined; a handler of the same kind at the
   * same place is replaced. Returns the function that takes them away again.
   */
  add(objectId: number, instanceId: number | undefined, resourceId: number, handlers: ResourceHandlers): () => void {
    return attach(this.#byPlace, placeOf(objectId, instanceId, resourceId), handlers)
  }

  /** Attaches handlers to an object; otherwise like {@link add}. */
  addToObject(objectId: number, handlers: ObjectHandlers): () => void {
    return attach(this.#byObject, objectId, handlers)
  }

  findOfObject<K extends keyof ObjectHandlers>(kind: K, objectId: number): ObjectHandlers[K] | undefined {
    return this.#byObject.get(objectId)?.[kind]
  }

  /** The handler for the resource at `path` (or of its resource instance): that of the instance, or else that of all. */
  find<K extends HandlerKind>(kind: K, path: Path): ResourceHandlers[K] | undefined {
    if (this.#byPlace.size === 0) return undefined
    const [objectId, instanceId, resourceId] = path as [number, number, number]
    return (
      this.#byPlace.get(placeOf(objectId, instanceId, resourceId))?.[kind] ??
      this.#byPlace.get(placeOf(objectId, undefined, resourceId))?.[kind]
    )
  }
}

function attach<H extends object>(map: Map<number, H>, place: number, handlers: H): () => void {
  map.set(place, { ...map.get(place), ...handlers })
  return () => {
    const left = { ...map.get(place) } as H
    for (const kind of Object.keys(handlers) as (keyof H)[]) if (left[kind] === handlers[kind]) delete left[kind]
    if (Object.keys(left).length === 0) map.delete(place)
    else map.set(place, left)
  }
}

/** Three 16-bit identifiers in one exact number; MAX_ID stands for "every instance". */
export function placeOf(objectId: number, instanceId: number | undefined, resourceId: number): number {
  return (objectId * 65536 + (instanceId ?? MAX_ID)) * 65536 + resourceId
}

/** Calls into the application and turns what it throws, or rejects with, into an {@link OperationError}. */
export function callHandler<T>(path: Path, call: () => T | Promise<T>): T | Promise<T> {
  try {
    const result = call()
    return isPromiseLike(result) ? Promise.resolve(result).catch(error => fail(path, error)) : result
  } catch (error) {
    return fail(path, error)
  }
}

/** {@link callHandler} for what belongs to a transaction: a Promise is a mistake of the application, too. */
export function callHandlerNow<T>(path: Path, call: () => T | Promise<T>): T {
  const result = callHandler(path, call)
  if (!isPromiseLike(result)) return result
  void Promise.resolve(result).catch(() => undefined)
  return fail(path, new TypeError('this handler may not return a Promise'))
}

function fail(path: Path, error: unknown): never {
  if (error instanceof OperationError) throw error
  throw new OperationError('INTERNAL_SERVER_ERROR', `the application failed at ${formatPath(path)}`, { cause: error })
}

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
