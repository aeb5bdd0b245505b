import type { ResourceEntry } from '../definition-table.ts'
import { OperationError, ResponseCode } from '../errors.ts'
import { formatOf } from '../formats/formats.ts'
import { callHandler } from '../handlers.ts'
import { formatPath, type Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ObjectStore } from '../store.ts'
import type { Value } from '../value.ts'
import type { OperationOf, Outcome } from './operation.ts'
import { findTarget, notAllowed, notFound } from './target.ts'

type Write = OperationOf<'write'>

/**
 * Performs a Write on an instance, a resource or an existing resource instance: all of it or nothing
 * (LwM2M Core 1.2.2 §6.3.3).
 *
 * * A resource the object does not define is 4.04, one that is not writable 4.05, also among many in the payload.
 * * `replace` of an instance removes the optional writable resources the payload does not name; a mandatory one stays,
 *   since an instance without it would not conform. `replace` of a multiple resource removes the resource instances not
 *   named; `update` keeps all that is not named.
 * * A payload without Content-Format is 4.15: LwM2M names no default, and a guess could store garbage.
 */
export function write(store: ObjectStore, { path, mode, contentFormat, payload }: Write): Outcome {
  const target = findTarget(store, path)
  if (path.length === 1 || target?.writable === false) throw notAllowed(path, 'Write')
  if (path.length === 4 && !store.has(path)) throw notFound(path)
  const format = contentFormat === undefined ? undefined : formatOf(contentFormat)
  if (format === undefined) {
    throw new OperationError('UNSUPPORTED_CONTENT_FORMAT', `Content-Format ${contentFormat ?? 'missing'}`)
  }
  const values = format.decode(path, payload, store)
  store.batch(() => {
    const groups = groupByResource(values)
    if (target === undefined) {
      if (mode === 'replace') removeUnnamed(store, path, groups)
    } else if (!groups.has(target.id)) {
      groups.set(target.id, [])
    }
    for (const [resourceId, group] of groups) writeResource(store, path, resourceId, mode, group)
    tellHandlers(store, values)
  }, 'server')
  return { responseCode: ResponseCode.changed }
}

function groupByResource(values: readonly PathValue[]): Map<number, PathValue[]> {
  const groups = new Map<number, PathValue[]>()
  for (const entry of values) {
    const resourceId = entry.path[2]
    if (resourceId === undefined) continue
    const group = groups.get(resourceId)
    if (group === undefined) groups.set(resourceId, [entry])
    else group.push(entry)
  }
  return groups
}

function removeUnnamed(store: ObjectStore, path: Path, named: ReadonlyMap<number, unknown>): void {
  for (const { id, writable, mandatory } of store.resources(path[0] as number)) {
    if (writable && !mandatory && !named.has(id)) store.remove([...path, id])
  }
}

function writeResource(
  store: ObjectStore,
  target: Path,
  resourceId: number,
  mode: Write['mode'],
  group: readonly PathValue[],
): void {
  const path = [...target.slice(0, 2), resourceId]
  const resource = findTarget(store, path) as ResourceEntry
  if (!resource.writable) throw notAllowed(path, 'Write')
  if (!resource.multiple || target.length === 4) {
    const [entry] = group
    const place = resource.multiple ? target : path
    if (entry === undefined || group.length > 1 || entry.path.length !== place.length) throw badPayload(place)
    store.set(place, valueOf(entry))
    return
  }
  const instances: { [resourceInstanceId: number]: Value } = {}
  for (const entry of group) {
    const id = entry.path[3]
    if (id === undefined ? entry.value !== undefined : id in instances) throw badPayload(path)
    if (id !== undefined) instances[id] = valueOf(entry)
  }
  if (mode === 'replace' || !store.has(path)) store.set(path, instances)
  else for (const [id, value] of Object.entries(instances)) store.set([...path, Number(id)], value)
}

function valueOf({ path, value }: PathValue): Value {
  if (value === undefined || value === null) throw badPayload(path)
  return value
}

function badPayload(path: Path): OperationError {
  return new OperationError('BAD_REQUEST', `the payload does not fit ${formatPath(path)}`)
}

/** Lets the application judge the Write as a whole, then hear of it. */
function tellHandlers(store: ObjectStore, values: readonly PathValue[]): void {
  for (const { path } of values) {
    const value = store.get(path)
    const validate = store.handlers.find('validate', path)
    if (value === undefined || validate === undefined) continue
    if (callHandler(path, () => validate(path, value)) === false) {
      throw new OperationError('BAD_REQUEST', `the value of ${formatPath(path)} is refused`)
    }
  }
  for (const { path } of values) {
    const value = store.get(path)
    const written = store.handlers.find('written', path)
    if (value === undefined || written === undefined) continue
    // What the handler sets is the application's, not the server's.
    store.batch(() => void callHandler(path, () => written(path, value)))
  }
}
