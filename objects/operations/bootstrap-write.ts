import type { ResourceEntry } from '../definition-table.ts'
import { ResponseCode } from '../errors.ts'
import type { Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ObjectStore } from '../store.ts'
import type { BootstrapOperationOf, Outcome } from './operation.ts'
import { notAllowed, notFound } from './target.ts'
import { badPayload, decodePayload, groupByLevel, tellCreated, tellHandlers, writeResource } from './write-resource.ts'

/**
 * Performs a Bootstrap-Write on an object, an instance, a resource or a resource instance: all of it or nothing, whatever
 * operations its resources allow, and what is missing is created (LwM2M Core 1.2.2 §6.1.7.5).
 *
 * * A resource that the object does not define is 4.04 when it is the target and ignored among many.
 * * What replaces an instance removes its optional resources that are not named and a server could set; what only the
 *   client sets stays.
 * * Links may point at what comes later, and mandatory resources may be missing: Bootstrap-Finish tells what cannot work.
 */
export function bootstrapWrite(store: ObjectStore, operation: BootstrapOperationOf<'bootstrapWrite'>): Outcome {
  const { path } = operation
  const [objectId, instanceId, resourceId] = path
  if (objectId === undefined) throw notAllowed(path, 'Bootstrap-Write')
  if (store.definition(objectId) === undefined) throw notFound([objectId])
  const resource = resourceId === undefined ? undefined : store.resource(objectId, resourceId)
  if (resourceId !== undefined && (resource === undefined || (path.length === 4 && !resource.multiple))) {
    throw notFound(path)
  }
  if (resource?.executable === true) throw notAllowed(path, 'Bootstrap-Write')
  const values = decodePayload(store, path, operation)
  store.batch(() => {
    if (resource !== undefined) writeOne(store, path, resource, values)
    else if (instanceId !== undefined) replaceInstance(store, path, values)
    else replaceInstances(store, objectId, values)
    tellHandlers(store, values)
  }, 'server')
  return { responseCode: ResponseCode.changed }
}

function writeOne(store: ObjectStore, path: Path, resource: ResourceEntry, values: readonly PathValue[]): void {
  const instance = path.slice(0, 2)
  const isNew = makeInstance(store, instance)
  writeResource(store, path, resource, 'replace', values)
  if (isNew) tellCreated(store, instance)
}

/** The payload must say which instances it is about. */
function replaceInstances(store: ObjectStore, objectId: number, values: readonly PathValue[]): void {
  const instances = groupByLevel(values, 1)
  if (instances.size === 0) throw badPayload([objectId])
  for (const [instanceId, group] of instances) replaceInstance(store, [objectId, instanceId], group)
}

/** Replaces an instance, or makes it; see {@link bootstrapWrite}. */
export function replaceInstance(store: ObjectStore, path: Path, values: readonly PathValue[]): void {
  const isNew = makeInstance(store, path)
  const groups = groupByLevel(values, 2)
  for (const resource of store.resources(path[0] as number)) {
    const place = [...path, resource.id]
    const group = groups.get(resource.id)
    if (group !== undefined) writeResource(store, place, resource, 'replace', group)
    else if (!resource.mandatory && (resource.writable || resource.operations === '')) store.remove(place)
  }
  if (isNew) tellCreated(store, path)
}

/** Whether the instance had to be made. */
function makeInstance(store: ObjectStore, [objectId, instanceId]: Path): boolean {
  if (store.hasInstance(objectId as number, instanceId as number)) return false
  store.createInstance(objectId as number, instanceId)
  return true
}
