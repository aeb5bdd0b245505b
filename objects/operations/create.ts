import { type Access, addOwner } from '../access.ts'
import type { ResourceEntry } from '../definition-table.ts'
import { OperationError, ResponseCode } from '../errors.ts'
import { formatPath, MAX_ID, type Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationContext, OperationOf, Outcome } from './operation.ts'
import { type TakeReceived, writeTransaction } from './received-content.ts'
import { findTarget, isPresent, notAllowed } from './target.ts'
import {
  checkObjectLinks,
  decodePayload,
  groupByLevel,
  tellCreated,
  tellHandlers,
  writeResource,
} from './write-resource.ts'

type Create = OperationOf<'create'>

/**
 * Performs a Create: the instances that the payload names, or one with the lowest free id when it names none, whose
 * path is the location then. All of them or none (LwM2M Core 1.2.2 §6.3.6).
 *
 * * What the object does not define or a server may not write is ignored.
 * * A mandatory writable resource that neither the payload nor the application supplies is 4.00; so are an id that is
 *   taken, and an object of a single instance that has it ("Target already exists", LwM2M Transport 1.2.2 §6.4.3).
 */
export function create(
  store: ObjectStore,
  access: Access,
  context: OperationContext,
  operation: Create,
): Outcome | Promise<Outcome> {
  const { path } = operation
  findTarget(store, access, 'create', path)
  if (path.length !== 1) throw notAllowed(path, 'Create')
  const [objectId] = path as [number]
  const named = groupByLevel(decodeNewValue(store, operation), 1)
  const instances = named.size === 0 ? new Map([[MAX_ID, []]]) : named
  return writeTransaction(store, context, takeReceived => {
    // In order of id, so that the choice of the client, `MAX_ID`, comes after what is taken.
    const created = [...instances]
      .sort(([a], [b]) => a - b)
      .map(([id, values]) => createInstance(store, objectId, id, values, takeReceived))
    addOwner(
      store,
      context.shortServerId,
      created.map(instance => instance.path),
    )
    for (const instance of created) complete(store, instance)
    const location = instances.has(MAX_ID) ? created.at(-1)?.path : undefined
    return { responseCode: ResponseCode.created, ...(location && { location }) }
  })
}

/** An instance that a Create makes, with what its payload says of it. */
interface NewInstance {
  readonly path: Path
  readonly values: readonly PathValue[]
}

/**
 * A Create may come without a new value; with one, its Content-Format must be told (LwM2M Transport 1.2.2 §6.4.3). What
 * names no instance is read as the content of the instance `MAX_ID`, "none".
 */
function decodeNewValue(store: ObjectStore, operation: Create): PathValue[] {
  const { path, contentFormat, payload } = operation
  if (contentFormat === undefined) {
    if (payload.length === 0) return []
    throw new OperationError('BAD_REQUEST', 'a Create with a payload needs a Content-Format')
  }
  try {
    return decodePayload(store, path, operation)
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== 'BAD_REQUEST') throw error
    return decodePayload(store, [...path, MAX_ID], operation)
  }
}

/** Creates an instance, `MAX_ID` for any, with those of the values that a server may write. */
function createInstance(
  store: ObjectStore,
  objectId: number,
  instanceId: number,
  named: readonly PathValue[],
  takeReceived: TakeReceived,
): NewInstance {
  const path = [objectId, store.createInstance(objectId, instanceId === MAX_ID ? undefined : instanceId)]
  const values = takeReceived(
    named
      .filter(({ path: place }) => store.resource(objectId, place[2] as number)?.writable === true)
      .map(entry => ({ ...entry, path: [...path, ...entry.path.slice(2)] })),
  )
  for (const [resourceId, group] of groupByLevel(values, 2)) {
    writeResource(store, [...path, resourceId], store.resource(objectId, resourceId) as ResourceEntry, 'replace', group)
  }
  return { path, values }
}

/** Lets the application complete and judge an instance, and checks that nothing is missing. */
function complete(store: ObjectStore, { path, values }: NewInstance): void {
  tellCreated(store, path)
  for (const resource of store.resources(path[0] as number)) {
    const place = [...path, resource.id]
    if (!resource.mandatory || !resource.writable || isPresent(store, place, resource)) continue
    throw new OperationError('BAD_REQUEST', `the mandatory resource ${formatPath(place)} is missing`)
  }
  checkObjectLinks(store, values)
  tellHandlers(store, values)
}
