import { type Access, removeAccessControl } from '../access.ts'
import { device } from '../definitions/device.ts'
import { ResponseCode } from '../errors.ts'
import { callHandlerNow } from '../handlers.ts'
import type { Path } from '../path.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationOf, Outcome } from './operation.ts'
import { findTarget, notAllowed, notFound } from './target.ts'

/**
 * Performs a Delete on an instance, or on a resource instance (LwM2M Core 1.2.2 §6.3.7). The Device stays: 4.05. A
 * resource instance goes when its resource is writable.
 */
export function deleteOperation(store: ObjectStore, access: Access, { path }: OperationOf<'delete'>): Outcome {
  const resource = findTarget(store, access, 'delete', path)
  const isInstance = path.length === 2 && path[0] !== device.id
  if (!isInstance && (path.length !== 4 || resource?.writable !== true)) throw notAllowed(path, 'Delete')
  if (!store.has(path)) throw notFound(path)
  store.batch(() => {
    if (isInstance) deleteInstances(store, [path])
    else store.remove(path)
  }, 'server')
  return { responseCode: ResponseCode.deleted }
}

/** Deletes instances for a server: the application is told, and what controlled the access to them goes, too. */
export function deleteInstances(store: ObjectStore, paths: readonly Path[]): void {
  for (const path of paths) {
    const [objectId, instanceId] = path as [number, number]
    // The handler of another one may have deleted it.
    if (!store.hasInstance(objectId, instanceId)) continue
    const deleted = store.handlers.findOfObject('deleted', objectId)
    if (deleted !== undefined) store.batch(() => callHandlerNow(path, () => deleted(path)))
    store.deleteInstance(objectId, instanceId)
  }
  removeAccessControl(store, paths)
}
