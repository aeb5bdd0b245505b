import { ResponseCode } from '../errors.ts'
import type { Path } from '../path.ts'
import { accountObjectIds } from '../snapshot.ts'
import type { ObjectStore } from '../store.ts'
import { keptInstances } from './bootstrap-account.ts'
import { bootstrapFinish } from './bootstrap-finish.ts'
import { replaceInstance } from './bootstrap-write.ts'
import { deleteInstances } from './delete.ts'
import type { BootstrapContext, Outcome } from './operation.ts'
import { settle } from './perform.ts'
import { notAllowed } from './target.ts'
import { badPayload, decodePayload, groupByLevel, tellHandlers } from './write-resource.ts'

/**
 * Applies a Bootstrap-Pack, the content of `/bspack` (LwM2M Core 1.2.2 §6.1.7.7): its accounts take the place of those there
 * were, except the Bootstrap-Server Account, and other instances are written. All of it or, when it is not consistent,
 * nothing. The outcome is that of a Bootstrap-Finish.
 */
export function performBootstrapPack(
  store: ObjectStore,
  context: BootstrapContext,
  pack: { readonly contentFormat?: number; readonly payload: Uint8Array },
): Outcome {
  return settle(context, () => {
    const values = decodePayload(store, [], pack)
    store.batch(() => {
      deleteAccounts(store)
      for (const [objectId, ofObject] of groupByLevel(values, 0)) {
        for (const [instanceId, ofInstance] of groupByLevel(ofObject, 1)) {
          writeInstance(store, [objectId, instanceId], ofInstance)
        }
      }
      tellHandlers(store, values)
      bootstrapFinish(store, context)
    }, 'server')
    return { responseCode: ResponseCode.changed }
  }) as Outcome
}

function deleteAccounts(store: ObjectStore): void {
  const isKept = keptInstances(store)
  const accounts: Path[] = accountObjectIds.flatMap(objectId => store.instanceIds(objectId).map(id => [objectId, id]))
  deleteInstances(
    store,
    accounts.filter(path => !isKept(path)),
  )
}

function writeInstance(store: ObjectStore, path: Path, values: Parameters<typeof replaceInstance>[2]): void {
  if (accountObjectIds.includes(path[0] as number) && keptInstances(store)(path)) {
    throw notAllowed(path, 'Bootstrap-Pack')
  }
  if (store.definition(path[0] as number) === undefined) throw badPayload(path)
  replaceInstance(store, path, values)
}
