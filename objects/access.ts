import { accessControl } from './definitions/access-control.ts'
import { server } from './definitions/server.ts'
import type { OperationKind } from './operations/operation.ts'
import { MAX_ID, type Path } from './path.ts'
import type { ObjectStore } from './store.ts'

/** Whether the asking server may perform an operation at a path. */
export type Access = (operation: OperationKind, path: Path) => boolean

/** The access of a Bootstrap-Server, and of the only server a client has (LwM2M Core 1.2.2 §8.2.1). */
export const fullAccess: Access = () => true

/** The bits of an ACL (LwM2M Core 1.2.2 §E.3, resource 2). */
const Right = { read: 1, write: 2, execute: 4, delete: 8, create: 16 } as const

const everyRight = Right.read | Right.write | Right.execute | Right.delete

/** The right that an operation needs on an object instance (LwM2M Core 1.2.2 §8.2, table 8.2.-1); 0 is none. */
const neededRights: { readonly [K in OperationKind]: number } = {
  read: Right.read,
  readComposite: Right.read,
  observe: Right.read,
  observeComposite: Right.read,
  cancelObservation: Right.read,
  cancelObservationComposite: Right.read,
  writeAttributes: Right.read,
  write: Right.write,
  writeComposite: Right.write,
  execute: Right.execute,
  delete: Right.delete,
  create: Right.create,
  discover: 0,
}

const { objectId: objectIdOf, objectInstanceId, acl, accessControlOwner } = accessControl.resources

/** The Short Server ID under which an ACL keeps the rights of servers without an entry of their own. */
const defaultEntry = 0

/**
 * Whether a server may perform an operation at a path (LwM2M Core 1.2.2 §8.2). Everything is allowed while there is one
 * server account, or no Access Control instance. Reads of an object, and of the root, are always allowed: of each
 * instance below it is asked again. Who performs many operations takes {@link accessOf}.
 */
export function may(store: ObjectStore, shortServerId: number, operation: OperationKind, path: Path): boolean {
  return accessOf(store, shortServerId)(operation, path)
}

/** {@link may} of one server, to be asked often until the store changes: it reads the Access Control object only once. */
export function accessOf(store: ObjectStore, shortServerId: number): Access {
  if (!isControlled(store)) return fullAccess
  let controls: ReadonlyMap<number, number> | undefined
  return (operation, path) => {
    const needed = neededRights[operation]
    const [objectId, instanceId] = path as [number, number?]
    // §8.2.3: on an object only Create needs a right; an instance that may not be read is left out of its Read.
    if (needed === 0 || (instanceId === undefined && operation !== 'create')) return true
    controls ??= controlsByTarget(store)
    if (objectId === accessControl.id) return isAllowedOnControl(store, shortServerId, instanceId, needed)
    const control = controls.get(targetKey(objectId, instanceId ?? MAX_ID))
    return control !== undefined && (rightsIn(store, control, shortServerId, operation) & needed) === needed
  }
}

/**
 * Access is controlled when there are several server accounts and Access Control instances: without any, every server
 * has all rights (LwM2M Core 1.2.2 §8).
 */
function isControlled(store: ObjectStore): boolean {
  return store.instanceCount(accessControl.id) > 0 && store.instanceCount(server.id) > 1
}

/**
 * An Access Control instance is read by anyone and written by its owner; it comes and goes with the instance it is
 * about, or by bootstrap (LwM2M Core 1.2.2 §8.1.2.2).
 */
function isAllowedOnControl(
  store: ObjectStore,
  shortServerId: number,
  control: number | undefined,
  needed: number,
): boolean {
  if (control === undefined) return false
  return needed === Right.read || (needed === Right.write && ownerOf(store, control) === shortServerId)
}

/** LwM2M Core 1.2.2 §8.2.1: an entry of its own prevails, also for the owner; the default is never the owner's. */
function rightsIn(store: ObjectStore, control: number, shortServerId: number, operation: OperationKind): number {
  const own = entryOf(store, control, shortServerId)
  if (own !== undefined || operation === 'create') return own ?? 0
  return ownerOf(store, control) === shortServerId ? everyRight : (entryOf(store, control, defaultEntry) ?? 0)
}

function entryOf(store: ObjectStore, control: number, shortServerId: number): number | undefined {
  const entry = store.get([accessControl.id, control, acl.id, shortServerId])
  return entry === undefined ? undefined : Number(entry)
}

function ownerOf(store: ObjectStore, control: number): unknown {
  return store.get([accessControl.id, control, accessControlOwner.id])
}

/** The Access Control instances by what they are about; of two for the same the lower one counts. */
function controlsByTarget(store: ObjectStore): Map<number, number> {
  const controls = new Map<number, number>()
  for (const control of store.instanceIds(accessControl.id)) {
    const objectId = store.get([accessControl.id, control, objectIdOf.id])
    const instanceId = store.get([accessControl.id, control, objectInstanceId.id])
    if (typeof objectId !== 'number' || typeof instanceId !== 'number') continue
    const key = targetKey(objectId, instanceId)
    if (!controls.has(key)) controls.set(key, control)
  }
  return controls
}

/** Two 16-bit identifiers in one number. */
function targetKey(objectId: number, instanceId: number): number {
  return objectId * 65536 + instanceId
}

/**
 * Makes a server the owner of instances it has created (LwM2M Core 1.2.2 §8.1.2.2); what earlier instances of the same
 * ids left behind goes. Nothing happens while access is not controlled.
 */
export function addOwner(store: ObjectStore, shortServerId: number, instances: readonly Path[]): void {
  if (!isControlled(store)) return
  removeAccessControl(store, instances)
  let control = 0
  for (const [objectId, instanceId] of instances) {
    while (store.hasInstance(accessControl.id, control)) control++
    store.createInstance(accessControl.id, control)
    store.set([accessControl.id, control, objectIdOf.id], objectId as number)
    store.set([accessControl.id, control, objectInstanceId.id], instanceId as number)
    store.set([accessControl.id, control, accessControlOwner.id], shortServerId)
  }
}

/** Removes what controls the access to instances that are deleted (LwM2M Core 1.2.2 §8.1.2.2). */
export function removeAccessControl(store: ObjectStore, instances: readonly Path[]): void {
  const controls = controlsByTarget(store)
  for (const [objectId, instanceId] of instances) {
    const control = controls.get(targetKey(objectId as number, instanceId as number))
    if (control !== undefined) store.deleteInstance(accessControl.id, control)
  }
}
