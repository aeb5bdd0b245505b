import { OperationError, ValueError } from '../errors.ts'
import { covers, formatPath, type Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import { checkValue, isObjectLink, type ResourceType, type Value } from '../value.ts'
import type { Schema } from './format.ts'
import { parseObjectLink } from './object-link.ts'

const maxInteger = 2n ** 63n - 1n

/** The type as which a value is written: that of its resource, or for an unknown resource what the value shows. */
export function typeOf(path: Path, value: Value, schema: Schema): ResourceType {
  const type = schema.resource(path[0] as number, path[2] as number)?.type ?? naturalType(value)
  if (type === undefined) throw new ValueError(`${formatPath(path)} holds no LwM2M value`)
  return type
}

/**
 * Checks a value read from a payload against its resource and returns it in its stored form. A float may come as an
 * integer and an integer as `5.0`. Throws OperationError BAD_REQUEST.
 */
export function checkedValue(path: Path, value: unknown, schema: Schema): Value {
  return checkAgainst(schema.resource(path[0] as number, path[2] as number), path, value)
}

type Resource = ReturnType<Schema['resource']>

function checkAgainst(resource: Resource, path: Path, value: unknown): Value {
  if (resource !== undefined) checkMultiplicity(path, resource.multiple)
  // An executable resource has no type; whether it may be named at all is for the operation to say.
  const type = resource === undefined || resource.type === 'none' ? naturalType(value) : resource.type
  if (type === undefined) throw new OperationError('BAD_REQUEST', `${formatPath(path)}: not a LwM2M value`)
  try {
    return checkValue(type, type === 'float' && typeof value === 'bigint' ? Number(value) : value)
  } catch (error) {
    if (error instanceof ValueError) throw new OperationError('BAD_REQUEST', `${formatPath(path)}: ${error.message}`)
    throw error
  }
}

/**
 * {@link checkedValue} of an item in which an object link may be text. CBOR has no other form (LwM2M Core 1.2.2 Table C.-2);
 * SenML and LwM2M JSON have a label for links, but some servers, such as Leshan, write a string all the same.
 */
export function checkedItem(path: Path, item: unknown, schema: Schema): Value {
  const resource = schema.resource(path[0] as number, path[2] as number)
  const isLinkText = typeof item === 'string' && resource?.type === 'objectLink'
  return checkAgainst(resource, path, isLinkText ? parseObjectLink(item) : item)
}

/** Throws OperationError BAD_REQUEST for a single resource: it has a value or is not there. */
export function checkMayBeEmpty(path: Path, schema: Schema): void {
  if (path.length !== 3) return
  const multiple = schema.resource(path[0] as number, path[2] as number)?.multiple
  if (multiple === false) checkMultiplicity([...path, 0], multiple)
}

/** Throws OperationError BAD_REQUEST unless a multiple resource has resource instances, and only such a resource. */
function checkMultiplicity(path: Path, multiple: boolean): void {
  if (path.length === (multiple ? 4 : 3)) return
  const what = multiple ? 'a multiple resource, its values are resource instances' : 'a single resource'
  throw new OperationError('BAD_REQUEST', `${formatPath(path.slice(0, 3))} is ${what}`)
}

/** Throws OperationError BAD_REQUEST for a place outside `base`. */
export function checkWithin(base: Path, path: Path): void {
  if (!covers(base, path)) {
    throw new OperationError('BAD_REQUEST', `${formatPath(path)} is not below ${formatPath(base)}`)
  }
}

/** Throws OperationError BAD_REQUEST when nothing was sent to a place that cannot be empty. */
export function checkPresent(base: Path, values: readonly PathValue[], schema: Schema): void {
  if (values.length > 0 || base.length < 3) return
  if (base.length === 4 || schema.resource(base[0] as number, base[2] as number)?.multiple === false) {
    throw new OperationError('BAD_REQUEST', `no value for ${formatPath(base)}`)
  }
}

function naturalType(value: unknown): ResourceType | undefined {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'boolean'
    case 'bigint':
      return value > maxInteger ? 'unsigned' : 'integer'
    case 'number':
      return Number.isSafeInteger(value) ? 'integer' : 'float'
    default:
      if (value instanceof Uint8Array) return 'opaque'
      return isObjectLink(value) ? 'objectLink' : undefined
  }
}
