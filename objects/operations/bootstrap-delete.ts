import { ResponseCode } from '../errors.ts'
import type { Path } from '../path.ts'
import type { ObjectStore } from '../store.ts'
import { keptInstances } from './bootstrap-account.ts'
import { deleteInstances } from './delete.ts'
import type { BootstrapOperationOf, Outcome } from './operation.ts'
import { notAllowed, notFound } from './target.ts'

/**
 * Performs a Bootstrap-Delete on the root, an object or an instance (LwM2M Core 1.2.2 §6.1.7.6). The Bootstrap-Server
 * Account, Security with its OSCORE instance, and the Device stay: among others they are passed over, alone they are 4.05.
 */
export function bootstrapDelete(store: ObjectStore, { path }: BootstrapOperationOf<'bootstrapDelete'>): Outcome {
  const [objectId, instanceId] = path
  if (path.length > 2) throw notAllowed(path, 'Bootstrap-Delete')
  if (!store.has(path)) throw notFound(path)
  const isKept = keptInstances(store)
  if (instanceId !== undefined && isKept(path)) throw notAllowed(path, 'Bootstrap-Delete')
  const objectIds = objectId === undefined ? store.objects().map(({ id }) => id) : [objectId]
  const instances = instanceId === undefined ? objectIds.flatMap(id => instancesOf(store, id)) : [path]
  store.batch(() => {
    deleteInstances(
      store,
      instances.filter(instance => !isKept(instance)),
    )
  }, 'server')
  return { responseCode: ResponseCode.deleted }
}

function instancesOf(store: ObjectStore, objectId: number): Path[] {
  return store.instanceIds(objectId).map(instanceId => [objectId, instanceId])
}
