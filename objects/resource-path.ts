import { OperationError, PathError } from './errors.ts'
import type { Schema } from './formats/format.ts'
import { formatPath, parsePath } from './path.ts'

/** The place of a resource, or with four identifiers of a resource instance. */
export type ResourcePath =
  | readonly [objectId: number, instanceId: number, resourceId: number]
  | readonly [objectId: number, instanceId: number, resourceId: number, resourceInstanceId: number]

/**
 * Parses the path of a resource or resource instance, which need not exist yet. Throws PathError for another path,
 * OperationError `NOT_FOUND` for what no definition has: an unknown object or resource, an instance of a single resource.
 */
export function parseResourcePath(text: string, schema: Schema): ResourcePath {
  const path = parsePath(text)
  const [objectId, instanceId, resourceId, resourceInstanceId] = path
  if (objectId === undefined || instanceId === undefined || resourceId === undefined) {
    throw new PathError(`"${text}" is not the path of a resource such as /3/0/4`)
  }
  const resource = schema.resource(objectId, resourceId)
  if (resource === undefined) throw new OperationError('NOT_FOUND', `there is no resource ${formatPath(path)}`)
  if (resourceInstanceId === undefined) return [objectId, instanceId, resourceId]
  if (!resource.multiple) {
    throw new OperationError('NOT_FOUND', `${formatPath(path)} lies below a single resource`)
  }
  return [objectId, instanceId, resourceId, resourceInstanceId]
}
