import type { Access } from '../access.ts'
import type { ResourceEntry } from '../definition-table.ts'
import { ResponseCode } from '../errors.ts'
import type { Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationContext, OperationOf, Outcome } from './operation.ts'
import { writeTransaction } from './received-content.ts'
import { findTarget, notAllowed, notFound } from './target.ts'
import { checkObjectLinks, decodePayload, groupByLevel, tellHandlers, writeResource } from './write-resource.ts'

type Write = OperationOf<'write'>

/**
 * Performs a Write on an instance, a resource or an existing resource instance: all of it or nothing
 * (LwM2M Core 1.2.2 §6.3.3).
 *
 * * A resource that is not writable is 4.05, also among many in the payload; one that the object does not define is 4.04
 *   when it is the target and ignored among many.
 * * `replace` of an instance removes the optional writable resources the payload does not name; a mandatory one stays,
 *   since an instance without it would not conform. `update` keeps all that is not named.
 */
export function write(
  store: ObjectStore,
  access: Access,
  context: OperationContext,
  operation: Write,
): Outcome | Promise<Outcome> {
  const { path, mode } = operation
  const target = findWriteTarget(store, access, path)
  const values = decodePayload(store, path, operation)
  return writeTransaction(store, context, takeReceived => {
    const stored = takeReceived(values)
    if (target === undefined) writeInstance(store, path, mode, stored)
    else if (stored.length > 0 || values.length === 0) writeResource(store, path, target, mode, stored)
    checkObjectLinks(store, stored)
    tellHandlers(store, stored)
    return { responseCode: ResponseCode.changed }
  })
}

/** The resource that a Write addresses, undefined for an instance. Throws OperationError as {@link findTarget}, and what a Write cannot be. */
export function findWriteTarget(store: ObjectStore, access: Access, path: Path): ResourceEntry | undefined {
  const target = findTarget(store, access, 'write', path)
  if (path.length === 1 || target?.writable === false) throw notAllowed(path, 'Write')
  if (path.length === 4 && !store.has(path)) throw notFound(path)
  return target
}

function writeInstance(store: ObjectStore, path: Path, mode: Write['mode'], values: readonly PathValue[]): void {
  const groups = groupByLevel(values, 2)
  for (const resource of store.resources(path[0] as number)) {
    const place = [...path, resource.id]
    const group = groups.get(resource.id)
    if (group !== undefined) {
      if (!resource.writable) throw notAllowed(place, 'Write')
      writeResource(store, place, resource, mode, group)
    } else if (mode === 'replace' && resource.writable && !resource.mandatory) {
      store.remove(place)
    }
  }
}
