import type { ResourceEntry } from '../definition-table.ts'
import { OperationError } from '../errors.ts'
import { formatOf } from '../formats/formats.ts'
import { callHandlerNow } from '../handlers.ts'
import { formatPath, MAX_ID, type Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ObjectStore } from '../store.ts'
import { isObjectLink, type Value } from '../value.ts'

/**
 * Reads what a request wants to be written at and below `path`. Throws FormatError, and OperationError
 * `UNSUPPORTED_CONTENT_FORMAT` also without Content-Format: LwM2M names no default, and a guess could store garbage.
 */
export function decodePayload(
  store: ObjectStore,
  path: Path,
  { contentFormat, payload }: { readonly contentFormat?: number; readonly payload: Uint8Array },
): PathValue[] {
  const format = contentFormat === undefined ? undefined : formatOf(contentFormat)
  if (format === undefined) {
    throw new OperationError('UNSUPPORTED_CONTENT_FORMAT', `Content-Format ${contentFormat ?? 'missing'}`)
  }
  return format.decode(path, payload, store)
}

/** The values by the identifier they have at one level of their paths; those of a shorter path are left out. */
export function groupByLevel(values: readonly PathValue[], level: number): Map<number, PathValue[]> {
  const groups = new Map<number, PathValue[]>()
  for (const entry of values) {
    const id = entry.path[level]
    if (id === undefined) continue
    const group = groups.get(id)
    if (group === undefined) groups.set(id, [entry])
    else group.push(entry)
  }
  return groups
}

/**
 * Writes all that a payload says of one resource, or of the resource instance at `path`. `replace` of a multiple
 * resource removes the resource instances not named, `update` keeps them (LwM2M Core 1.2.2 §6.3.3). Throws
 * OperationError `BAD_REQUEST` for values that do not fit, `ValueError` for one out of range.
 */
export function writeResource(
  store: ObjectStore,
  path: Path,
  resource: ResourceEntry,
  mode: 'replace' | 'update',
  group: readonly PathValue[],
): void {
  if (!resource.multiple || path.length === 4) {
    const [entry] = group
    if (entry === undefined || group.length > 1 || entry.path.length !== path.length) throw badPayload(path)
    store.set(path, valueOf(entry))
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

export function badPayload(path: Path): OperationError {
  return new OperationError('BAD_REQUEST', `the payload does not fit ${formatPath(path)}`)
}

/** Throws OperationError `BAD_REQUEST` for a link that points at nothing (LwM2M Core 1.2.2 §6.3.3). */
export function checkObjectLinks(store: ObjectStore, values: readonly PathValue[]): void {
  for (const { path, value } of values) {
    if (!isObjectLink(value)) continue
    const { objectId, instanceId } = value
    const isNull = objectId === MAX_ID && instanceId === MAX_ID
    if (isNull || store.has(instanceId === MAX_ID ? [objectId] : [objectId, instanceId])) continue
    throw new OperationError('BAD_REQUEST', `${formatPath(path)} would link to what is not there`)
  }
}

/** Lets the application judge as a whole what a server wrote, then hear of it. */
export function tellHandlers(store: ObjectStore, values: readonly PathValue[]): void {
  for (const { path } of values) {
    const value = store.get(path)
    const validate = store.handlers.find('validate', path)
    if (value === undefined || validate === undefined) continue
    if (!callHandlerNow(path, () => validate(path, value))) {
      throw new OperationError('BAD_REQUEST', `the value of ${formatPath(path)} is refused`)
    }
  }
  for (const { path } of values) {
    const value = store.get(path)
    const written = store.handlers.find('written', path)
    if (value === undefined || written === undefined) continue
    // What the handler sets is the application's, not the server's.
    store.batch(() => callHandlerNow(path, () => written(path, value)))
  }
}

/** Lets the application complete an instance that a server has created. */
export function tellCreated(store: ObjectStore, path: Path): void {
  const created = store.handlers.findOfObject('created', path[0] as number)
  if (created !== undefined) store.batch(() => callHandlerNow(path, () => created(path)))
}
