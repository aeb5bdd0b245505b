import type { Access } from '../access.ts'
import { bootstrapOnlyObjects, type ResourceEntry } from '../definition-table.ts'
import { OperationError } from '../errors.ts'
import type { ResourceHandlers } from '../handlers.ts'
import { formatPath, type Path } from '../path.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationKind } from './operation.ts'

/**
 * Finds what an operation addresses: the resource, of a path that names one. Throws OperationError `METHOD_NOT_ALLOWED`
 * for the root, `NOT_FOUND` for an object, instance or resource that does not exist, `UNAUTHORIZED` for an object only
 * bootstrap may touch and for what the server has no right to (LwM2M Core 1.2.2 §6.3, §8.2.2).
 */
export function findTarget(
  store: ObjectStore,
  access: Access,
  operation: OperationKind,
  path: Path,
): ResourceEntry | undefined {
  const [objectId, instanceId, resourceId] = path
  if (objectId === undefined) throw new OperationError('METHOD_NOT_ALLOWED', 'the root allows no such operation')
  if (bootstrapOnlyObjects.has(objectId)) throw new OperationError('UNAUTHORIZED', 'for bootstrap only')
  if (store.definition(objectId) === undefined) throw notFound([objectId])
  if (instanceId !== undefined && !store.hasInstance(objectId, instanceId)) throw notFound([objectId, instanceId])
  if (!access(operation, path)) throw unauthorized(path)
  if (resourceId === undefined) return undefined
  const resource = store.resource(objectId, resourceId)
  if (resource === undefined || (path.length === 4 && !resource.multiple)) throw notFound(path)
  return resource
}

/**
 * Whether an instance has the resource at `path`, or its resource instance: the store holds it or a `read` handler
 * supplies it, or a `receive` handler takes what is written to it; an executable resource is there when somebody performs it.
 */
export function isPresent(store: ObjectStore, path: Path, resource: ResourceEntry): boolean {
  if (resource.executable) return store.handlers.find('execute', path) !== undefined
  if (store.has(path) || readHandler(store, path) !== undefined) return true
  return store.handlers.find('receive', path) !== undefined
}

/** What supplies a resource in place of the store: nothing does while it has a time series. */
export function readHandler(store: ObjectStore, path: Path): ResourceHandlers['read'] {
  return store.timeSeries.holdsResource(path) ? undefined : store.handlers.find('read', path)
}

export function notFound(path: Path): OperationError {
  return new OperationError('NOT_FOUND', `there is no ${formatPath(path)}`)
}

export function notAllowed(path: Path, operation: string): OperationError {
  return new OperationError('METHOD_NOT_ALLOWED', `${operation} is not allowed on ${formatPath(path)}`)
}

function unauthorized(path: Path): OperationError {
  return new OperationError('UNAUTHORIZED', `the server has no right to this on ${formatPath(path)}`)
}
