import type { ResourceInstances, StoredContent } from './content.ts'
import type { ResourceEntry } from './definition-table.ts'
import { accessControl } from './definitions/access-control.ts'
import { oscore } from './definitions/oscore.ts'
import { security } from './definitions/security.ts'
import { server } from './definitions/server.ts'
import { groupByLevel } from './operations/write-resource.ts'
import type { Path } from './path.ts'
import type { PathValue } from './path-value.ts'
import type { ObjectStore } from './store.ts'

/** What the objects of a store held at one time. Not to be changed: it shares its bytes with the store. */
export interface Snapshot {
  /** The objects it is about; one without entries had no instance. */
  readonly objectIds: readonly number[]
  /** In tree order; see {@link ObjectStore.entries}. */
  readonly entries: readonly PathValue[]
}

/** The objects of which the accounts of a client consist: Security, Server, Access Control and OSCORE. */
export const accountObjectIds: readonly number[] = [security.id, server.id, accessControl.id, oscore.id]

/** Of all objects when none are named; one that the store does not define is taken as without instances. */
export function takeSnapshot(store: ObjectStore, objectIds?: readonly number[]): Snapshot {
  const ids = objectIds ?? store.objects().map(({ id }) => id)
  return { objectIds: [...ids], entries: ids.flatMap(id => store.entries([id])) }
}

export interface RestoreOptions {
  /**
   * Outside the account objects, of instances that still exist, brings back only what a server can set: a read-only value
   * stays as the application has it now, and comes back only when it is gone. Default: false, everything is as it was.
   */
  readonly keepReadOnly?: boolean
}

/**
 * Makes the objects of a snapshot what they were, in one transaction that tells the differences only. Neither access
 * control nor the handlers of the application are asked: what comes back was there before.
 * Throws OperationError or `ValueError`, and changes nothing, for a snapshot that does not fit the definitions.
 */
export function restoreSnapshot(store: ObjectStore, snapshot: Snapshot, options: RestoreOptions = {}): void {
  const objects = groupByLevel(snapshot.entries, 0)
  store.batch(() => {
    for (const objectId of snapshot.objectIds) {
      const keepsReadOnly = options.keepReadOnly === true && !accountObjectIds.includes(objectId)
      restoreObject(store, objectId, objects.get(objectId) ?? [], keepsReadOnly)
    }
  }, 'snapshot')
}

function restoreObject(
  store: ObjectStore,
  objectId: number,
  entries: readonly PathValue[],
  keepsReadOnly: boolean,
): void {
  const instances = groupByLevel(entries, 1)
  for (const instanceId of store.instanceIds(objectId)) {
    if (!instances.has(instanceId)) store.deleteInstance(objectId, instanceId)
  }
  for (const [instanceId, values] of instances) {
    if (!store.hasInstance(objectId, instanceId)) store.createInstance(objectId, instanceId, values)
    else restoreInstance(store, [objectId, instanceId], contents(values), keepsReadOnly)
  }
}

function restoreInstance(
  store: ObjectStore,
  path: Path,
  resources: ReadonlyMap<number, StoredContent>,
  keepsReadOnly: boolean,
): void {
  const stays = (resource: ResourceEntry | undefined) =>
    keepsReadOnly && resource !== undefined && !isSettable(resource)
  for (const resource of store.resources(path[0] as number)) {
    if (!resources.has(resource.id) && !stays(resource)) store.remove([...path, resource.id])
  }
  for (const [resourceId, content] of resources) {
    const place = [...path, resourceId]
    if (!stays(store.resource(path[0] as number, resourceId)) || !store.has(place))
      setDifferences(store, place, content)
  }
}

/** A Bootstrap-Server sets, besides what is writable, what only bootstrap may touch (LwM2M Core 1.2.2 §6.1.7.5). */
function isSettable({ writable, operations }: ResourceEntry): boolean {
  return writable || operations === ''
}

/** What the store has already is no change to it. */
function setDifferences(store: ObjectStore, path: Path, content: StoredContent): void {
  if (!(content instanceof Map)) return store.set(path, content)
  const current = store.content(path)
  if (!(current instanceof Map)) return store.set(path, Object.fromEntries(content))
  for (const id of current.keys()) if (!content.has(id)) store.remove([...path, id])
  for (const [id, value] of content) store.set([...path, id], value)
}

/** The values of one instance by resource. */
function contents(values: readonly PathValue[]): Map<number, StoredContent> {
  const resources = new Map<number, StoredContent>()
  for (const { path, value } of values) {
    const [, , resourceId, resourceInstanceId] = path
    if (resourceId === undefined) continue
    if (resourceInstanceId === undefined) {
      resources.set(resourceId, value ?? new Map())
      continue
    }
    const known = resources.get(resourceId)
    const instances: ResourceInstances = known instanceof Map ? known : new Map()
    if (value !== undefined && value !== null) instances.set(resourceInstanceId, value)
    resources.set(resourceId, instances)
  }
  return resources
}
