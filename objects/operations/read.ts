import { type Access, fullAccess } from '../access.ts'
import { appendContent, checkReadContent, type StoredContent } from '../content.ts'
import type { ResourceEntry } from '../definition-table.ts'
import type { EnablerVersion } from '../enabler.ts'
import { OperationError } from '../errors.ts'
import { ContentFormat } from '../formats/format.ts'
import { formatOf } from '../formats/formats.ts'
import { callHandler, isPromiseLike } from '../handlers.ts'
import type { Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ResourcePath } from '../resource-path.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationKind, OperationOf, Outcome } from './operation.ts'
import { type ReadContext, readOutcome } from './read-outcome.ts'
import { findTarget, notAllowed, notFound, readHandler } from './target.ts'

/** What is answered without Accept: what every client of the enabler must have (LwM2M Core 1.0 §6.4, 1.1 §7.4). */
const defaultFormats: Readonly<Record<EnablerVersion, ContentFormat>> = {
  '1.0': ContentFormat.tlv,
  '1.1': ContentFormat.senmlCbor,
  '1.2': ContentFormat.senmlCbor,
}

/** Performs a Read, and the Read that an Observe and its cancellation imply (LwM2M Core 1.2.2 §6.3.1, §6.4.1). */
export function read(
  store: ObjectStore,
  access: Access,
  context: ReadContext,
  operation: OperationOf<'read' | 'observe' | 'cancelObservation'>,
): Outcome | Promise<Outcome> {
  const { kind, path, accept = defaultFormats[context.enablerVersion ?? '1.1'] } = operation
  const format = formatOf(accept)
  if (format === undefined) throw new OperationError('NOT_ACCEPTABLE', `Content-Format ${accept} is not supported`)
  return andThen(readValues(store, path, access, kind), values =>
    readOutcome(store, context, kind, format, path, values),
  )
}

/**
 * What a server sees at and below a path, in tree order: the store and what `read` handlers supply. Resources that are
 * absent or not readable are left out, and so are instances of an object that the server may not read. Throws
 * OperationError like `findTarget`, `METHOD_NOT_ALLOWED` for a resource that is not readable, `NOT_FOUND` for one
 * without content. A Promise only when a handler returned one.
 */
export function readValues(
  store: ObjectStore,
  path: Path,
  access: Access = fullAccess,
  operation: OperationKind = 'read',
): PathValue[] | Promise<PathValue[]> {
  const resource = findTarget(store, access, operation, path)
  if (resource !== undefined) return readResource(store, path, resource)
  const [objectId, instanceId] = path as [number, number?]
  if (instanceId !== undefined) return readInstance(store, path)
  const instances = store
    .instanceIds(objectId)
    .map(id => [objectId, id])
    .filter(instance => access(operation, instance))
  return allThen(
    instances.map(instance => readInstance(store, instance)),
    contents => contents.flat(),
  )
}

function readResource(store: ObjectStore, path: Path, resource: ResourceEntry): PathValue[] | Promise<PathValue[]> {
  if (!resource.readable) throw notAllowed(path, 'Read')
  const place = path.length === 3 ? path : path.slice(0, 3)
  return andThen(contentOf(store, place, resource), all => {
    const content = path.length === 4 && all instanceof Map ? all.get(path[3] as number) : all
    if (content === undefined) throw notFound(path)
    const values: PathValue[] = []
    appendContent(path, content, values)
    return values
  })
}

/** What a resource or resource instance is read as, whoever may: from its `read` handler, or else the store; undefined: nothing. */
export function resourceContent(
  store: ObjectStore,
  path: ResourcePath,
): StoredContent | undefined | Promise<StoredContent | undefined> {
  const [objectId, instanceId, resourceId, resourceInstanceId] = path
  const resource = store.resource(objectId, resourceId)
  if (resource === undefined || !store.hasInstance(objectId, instanceId)) throw notFound(path)
  return andThen(contentOf(store, [objectId, instanceId, resourceId], resource), all =>
    resourceInstanceId !== undefined && all instanceof Map ? all.get(resourceInstanceId) : all,
  )
}

function readInstance(store: ObjectStore, path: Path): PathValue[] | Promise<PathValue[]> {
  const resources = store.resources(path[0] as number).filter(resource => resource.readable)
  const contents = resources.map(resource => contentOf(store, [...path, resource.id], resource))
  return allThen(contents, all => {
    const values: PathValue[] = []
    for (const [index, resource] of resources.entries()) {
      const content = all[index]
      if (content !== undefined) appendContent([...path, resource.id], content, values)
    }
    return values.length === 0 ? [{ path }] : values
  })
}

function contentOf(
  store: ObjectStore,
  path: Path,
  resource: ResourceEntry,
): StoredContent | undefined | Promise<StoredContent | undefined> {
  const handler = readHandler(store, path)
  if (handler === undefined) return store.content(path)
  return callHandler(path, () =>
    andThen(handler(path), content => (content === undefined ? undefined : checkReadContent(resource, content))),
  )
}

/** Goes on with `apply`: at once unless the value is a Promise. */
export function andThen<T, R>(value: T | Promise<T>, apply: (value: T) => R): R | Promise<R> {
  return isPromiseLike(value) ? Promise.resolve(value).then(apply) : apply(value)
}

/** Goes on with `combine` when all items are there: at once if none is a Promise. */
export function allThen<T, R>(items: (T | Promise<T>)[], combine: (items: T[]) => R): R | Promise<R> {
  return items.some(isPromiseLike) ? Promise.all(items).then(combine) : combine(items as T[])
}
