import { ValueError } from './errors.ts'
import { MAX_ID } from './path.ts'

/** The data types of a resource (LwM2M Core 1.2.2 Appendix C); `none` is an executable resource. */
export type ResourceType =
  | 'string'
  | 'integer'
  | 'unsigned'
  | 'float'
  | 'boolean'
  | 'opaque'
  | 'time'
  | 'objectLink'
  | 'coreLink'
  | 'none'

/** A link to an object instance; 65535/65535 is the null link (LwM2M Core 1.2.2 Appendix C). */
export interface ObjectLink {
  readonly objectId: number
  readonly instanceId: number
}

/**
 * The value of one resource or resource instance.
 * string, coreLink: string · integer, unsigned: number, bigint beyond 2^53 · float: number · boolean: boolean ·
 * opaque: Uint8Array · time: seconds since 1970 (number up to ±2^53) · objectLink: {@link ObjectLink}
 */
export type Value = string | number | bigint | boolean | Uint8Array | ObjectLink

/** The TypeScript type of the values of a resource type. */
export type ValueOf<T extends ResourceType> = T extends 'string' | 'coreLink'
  ? string
  : T extends 'integer' | 'unsigned'
    ? number | bigint
    : T extends 'float' | 'time'
      ? number
      : T extends 'boolean'
        ? boolean
        : T extends 'opaque'
          ? Uint8Array
          : T extends 'objectLink'
            ? ObjectLink
            : never

/** The integer as a number where that is exact, as a bigint otherwise: the one form in which integers are stored. */
export function normalInteger(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

const minInteger = -(2n ** 63n)
const maxInteger = 2n ** 63n - 1n
const maxUnsigned = 2n ** 64n - 1n
const minTime = BigInt(Number.MIN_SAFE_INTEGER)
const maxTime = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * Checks a value against a resource type and returns it in its stored form (integers normalised, bytes copied).
 * Throws {@link ValueError}; the message names the type, never the value.
 */
export function checkValue(type: ResourceType, value: unknown): Value {
  switch (type) {
    case 'string':
    case 'coreLink':
      // UTF-8 has no form for half a surrogate pair, so it is refused at the door.
      if (typeof value === 'string' && value.isWellFormed()) return value
      break
    case 'integer':
      return checkInteger(value, minInteger, maxInteger, 'a signed 64-bit integer; beyond 2^53 as a bigint')
    case 'unsigned':
      return checkInteger(value, 0n, maxUnsigned, 'an unsigned 64-bit integer; beyond 2^53 as a bigint')
    case 'time':
      // A number alone, so that it can be reckoned with: 2^53 seconds are 285 million years.
      return checkInteger(value, minTime, maxTime, 'a time in whole seconds since 1970, at most 2^53')
    case 'float':
      // NaN and infinity cannot be carried by every format, so they are refused at the door.
      if (typeof value === 'number' && Number.isFinite(value)) return value
      throw new ValueError('expected a finite number')
    case 'boolean':
      if (typeof value === 'boolean') return value
      break
    case 'opaque':
      if (value instanceof Uint8Array) return new Uint8Array(value)
      throw new ValueError('expected a Uint8Array')
    case 'objectLink':
      if (isObjectLink(value)) return { objectId: value.objectId, instanceId: value.instanceId }
      break
    case 'none':
      throw new ValueError('an executable resource has no value')
  }
  throw new ValueError(`expected a value of type ${type}`)
}

function checkInteger(value: unknown, min: bigint, max: bigint, what: string): number | bigint {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && (value >= 0 || min < 0n)) return value === 0 ? 0 : value
  } else if (typeof value === 'bigint') {
    if (value >= min && value <= max) return normalInteger(value)
  }
  throw new ValueError(`expected ${what}`)
}

export function isObjectLink(value: unknown): value is ObjectLink {
  if (typeof value !== 'object' || value === null) return false
  const { objectId, instanceId } = value as Partial<ObjectLink>
  return isLinkId(objectId) && isLinkId(instanceId)
}

function isLinkId(id: unknown): boolean {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) <= MAX_ID
}

/** Whether two stored values are equal. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, index) => byte === b[index])
  }
  return isObjectLink(a) && isObjectLink(b) && a.objectId === b.objectId && a.instanceId === b.instanceId
}
