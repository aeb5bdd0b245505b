import { bootstrapOnlyObjects, type ResourceEntry } from '../definition-table.ts'
import { OperationError } from '../errors.ts'
import { formatPath, type Path } from '../path.ts'
import type { ObjectStore } from '../store.ts'

/**
 * Finds what an operation addresses: the resource, of a path that names one. Throws OperationError `METHOD_NOT_ALLOWED`
 * for the root, `UNAUTHORIZED` for an object only bootstrap may touch, `NOT_FOUND` for an object, instance or resource
 * that does not exist.
 */
export function findTarget(store: ObjectStore, path: Path): ResourceEntry | undefined {
  const [objectId, instanceId, resourceId] = path
  if (objectId === undefined) throw new OperationError('METHOD_NOT_ALLOWED', 'the root allows no such operation')
  if (bootstrapOnlyObjects.has(objectId)) throw new OperationError('UNAUTHORIZED', 'for bootstrap only')
  if (store.definition(objectId) === undefined) throw notFound([objectId])
  if (instanceId === undefined) return undefined
  if (!store.hasInstance(objectId, instanceId)) throw notFound([objectId, instanceId])
  if (resourceId === undefined) return undefined
  const resource = store.resource(objectId, resourceId)
  if (resource === undefined || (path.length === 4 && !resource.multiple)) throw notFound(path)
  return resource
}

/**
 * Whether an instance has the resource at `path`, or its resource instance: the store holds it or a `read` handler
 * supplies it; an executable resource is there when somebody performs it.
 */
export function isPresent(store: ObjectStore, path: Path, resource: ResourceEntry): boolean {
  if (resource.executable) return store.handlers.find('execute', path) !== undefined
  return store.has(path) || store.handlers.find('read', path) !== undefined
}

export function notFound(path: Path): OperationError {
  return new OperationError('NOT_FOUND', `there is no ${formatPath(path)}`)
}

export function notAllowed(path: Path, operation: string): OperationError {
  return new OperationError('METHOD_NOT_ALLOWED', `${operation} is not allowed on ${formatPath(path)}`)
}
