import { security } from '../definitions/security.ts'
import { server } from '../definitions/server.ts'
import type { ObjectStore } from '../store.ts'
import { keptInstances } from './bootstrap-account.ts'
import { bootstrapFinish } from './bootstrap-finish.ts'
import { replaceInstances } from './bootstrap-write.ts'
import { deleteInstances } from './delete.ts'
import type { BootstrapContext, Outcome, Payload } from './operation.ts'
import { decodePayload, groupByLevel, tellHandlers } from './write-resource.ts'

/**
 * Applies a Bootstrap-Pack: all of it or nothing, and nothing when the accounts could not work with it (LwM2M Core 1.2.2
 * §6.1.7.7). The server accounts there were, and every other object that the pack holds, are replaced as a whole; the
 * Bootstrap-Server Account and the Device stay, and what the client does not know is passed over.
 */
export function bootstrapPack(store: ObjectStore, context: BootstrapContext, pack: Payload): Outcome {
  const values = decodePayload(store, [], pack)
  const objects = groupByLevel(values, 0)
  const isKept = keptInstances(store)
  return store.batch(() => {
    for (const objectId of new Set([security.id, server.id, ...objects.keys()])) {
      if (store.definition(objectId) === undefined) continue
      const former = store.instanceIds(objectId).map(instanceId => [objectId, instanceId])
      deleteInstances(
        store,
        former.filter(path => !isKept(path)),
      )
      const group = objects.get(objectId)
      if (group === undefined) continue
      replaceInstances(store, objectId, group)
      tellHandlers(store, group)
    }
    return bootstrapFinish(store, context)
  }, 'server')
}
