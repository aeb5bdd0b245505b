import type { ResourceEntry } from './definition-table.ts'
import { OperationError, ValueError } from './errors.ts'
import { idFromText, MAX_ID, type Path } from './path.ts'
import type { PathValue } from './path-value.ts'
import { checkValue, sameValue, type Value } from './value.ts'

/** All of one resource: a value, or for a multiple resource its values by resource instance id. */
export type Content = Value | { readonly [resourceInstanceId: number]: Value }

/** The values of a multiple resource by resource instance id. */
export type ResourceInstances = Map<number, Value>

/** The stored form of {@link Content}; a Map if and only if the resource is multiple. */
export type StoredContent = Value | ResourceInstances

/** Checks all of one resource against type and range and returns it in stored form. Throws {@link ValueError}. */
export function checkContent(resource: ResourceEntry, content: Content): StoredContent {
  return toStored(resource, content, value => checkResourceValue(resource, value))
}

/**
 * {@link checkContent} of what is only read: against the type alone, since a range binds who writes, and a sensor that
 * reports more than its definition foresaw is still worth reading.
 */
export function checkReadContent(resource: ResourceEntry, content: Content): StoredContent {
  return toStored(resource, content, value => checkType(resource, value))
}

function toStored(resource: ResourceEntry, content: Content, check: (value: unknown) => Value): StoredContent {
  if (!resource.multiple) return check(content)
  if (typeof content !== 'object' || content === null || content instanceof Uint8Array || content instanceof Map) {
    throw new ValueError(
      `${resource.name} is a multiple resource: expected an object from resource instance id to value`,
    )
  }
  const instances: ResourceInstances = new Map()
  for (const [text, value] of Object.entries(content)) {
    const id = idFromText(text)
    if (id === undefined) throw new ValueError(`${resource.name}: expected resource instance ids of 0 to 65534`)
    instances.set(id, check(value))
  }
  return instances
}

/** Checks the value of a single resource or of one resource instance against type and range. Throws {@link ValueError}. */
export function checkResourceValue(resource: ResourceEntry, value: unknown): Value {
  const checked = checkType(resource, value)
  if (resource.range !== undefined) {
    const [min, max] = resource.range
    const measure = typeof checked === 'string' || checked instanceof Uint8Array ? checked.length : checked
    if ((typeof measure === 'number' || typeof measure === 'bigint') && (measure < min || measure > max)) {
      throw new ValueError(`${resource.name} is out of its range, ${min} to ${max}`)
    }
  }
  return checked
}

/** Of several values that are set at once the message tells which one it is. */
function checkType({ name, type }: ResourceEntry, value: unknown): Value {
  try {
    return checkValue(type, value)
  } catch (error) {
    throw error instanceof ValueError ? new ValueError(`${name}: ${error.message}`) : error
  }
}

/** Appends what lies at `path`, a resource, in tree order; an empty multiple resource becomes a path without value. */
export function appendContent(path: Path, content: StoredContent, into: PathValue[]): void {
  if (!(content instanceof Map)) into.push({ path, value: content })
  else if (content.size === 0) into.push({ path })
  else for (const id of ascendingIds(content)) into.push({ path: [...path, id], value: content.get(id) as Value })
}

/** Appends what lies in the instance at `path`, of those resources that pass the filter; the path alone for nothing. */
export function appendInstance(
  path: Path,
  resources: readonly ResourceEntry[],
  instance: ReadonlyMap<number, StoredContent>,
  filter: ((resource: ResourceEntry) => boolean) | undefined,
  into: PathValue[],
): void {
  const before = into.length
  for (const resource of resources) {
    const content = instance.get(resource.id)
    if (content !== undefined && filter?.(resource) !== false) appendContent([...path, resource.id], content, into)
  }
  if (into.length === before) into.push({ path })
}

export function sameContent(a: StoredContent | undefined, b: StoredContent | undefined): boolean {
  if (!(a instanceof Map) || !(b instanceof Map)) return sameValue(a as Value | undefined, b as Value | undefined)
  if (a.size !== b.size) return false
  for (const [id, value] of b) if (!sameValue(a.get(id), value)) return false
  return true
}

export function ascendingIds(map: ReadonlyMap<number, unknown>): number[] {
  return [...map.keys()].sort((a, b) => a - b)
}

export function lowestFreeId(map: ReadonlyMap<number, unknown>): number {
  let id = 0
  while (map.has(id)) id++
  return id
}

/** The id of an instance or resource instance. Throws OperationError `BAD_REQUEST`. */
export function checkId(id: number): number {
  if (Number.isInteger(id) && id >= 0 && id < MAX_ID) return id
  throw new OperationError('BAD_REQUEST', 'an instance id is 0 to 65534')
}
