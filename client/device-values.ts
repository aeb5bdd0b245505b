import { type Content, checkResourceValue } from '../objects/content.ts'
import type { ResourceEntry } from '../objects/definition-table.ts'
import { ValueError } from '../objects/errors.ts'
import { parseText } from '../objects/formats/text.ts'
import type { JsonPlace } from '../objects/json-place.ts'
import type { Value } from '../objects/value.ts'

/**
 * Reads a value of a resource: bytes as base64 or `{"hex": …}`, a time as ISO 8601 or in seconds since 1970, an object link
 * as `"3303:0"`, an integer also as a text, where JSON would lose digits. Throws what the place makes of a fault.
 */
export function readDeviceValue(place: JsonPlace, resource: ResourceEntry): Value {
  return checked(place, resource, readAs(place, resource))
}

/** The value that a text stands for, as in a cell of a table. Throws what the place makes of a fault. */
export function deviceValueOf(text: string, resource: ResourceEntry, place: JsonPlace, where: string): Value {
  const value = parseDeviceText(resource, text)
  if (value === undefined) throw place.fault(`has no ${expected[resource.type]} ${where}`)
  return checked(place, resource, value, ` ${where}`)
}

/** Throws unless a resource can take such a value. */
export function checked(place: JsonPlace, resource: ResourceEntry, value: Content, where = ''): Value {
  try {
    return checkResourceValue(resource, value)
  } catch (error) {
    if (error instanceof ValueError) throw place.fault(`cannot be used${where}: ${error.message}`)
    throw error
  }
}

/** {@link parseText}, and for a time also ISO 8601, for a boolean also `true` and `false`. */
export function parseDeviceText({ type }: ResourceEntry, text: string): Value | undefined {
  if (type === 'time') return parseTime(text) ?? parseText(type, text)
  if (type === 'boolean' && /^(?:true|false)$/.test(text)) return text === 'true'
  return parseText(type, text)
}

function readAs(place: JsonPlace, resource: ResourceEntry): Value {
  const { type } = resource
  if (type === 'opaque' && place.isObject) return place.bytes()
  const value = place.simple()
  if (typeof value !== 'string') return type === 'float' ? place.number() : value
  const parsed = textual.has(type) ? parseDeviceText(resource, value) : undefined
  if (parsed === undefined) throw place.fault(`is no ${expected[type]}`)
  return parsed
}

/** The types of which a value may be given as a text. */
const textual: ReadonlySet<ResourceEntry['type']> = new Set([
  'string',
  'coreLink',
  'integer',
  'unsigned',
  'time',
  'opaque',
  'objectLink',
])

const expected: Readonly<Record<ResourceEntry['type'], string>> = {
  string: 'text',
  coreLink: 'text',
  integer: 'whole number',
  unsigned: 'whole number',
  float: 'number',
  boolean: 'true or false',
  time: 'time; write seconds since 1970, or one such as "2024-05-01T12:00:00Z"',
  opaque: 'base64; write it with padding, or {"hex": "…"}',
  objectLink: 'object link; write one such as "3303:0"',
  none: 'value',
}

const timePattern = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/

/** The whole seconds of a day, or of a time with its zone. */
function parseTime(text: string): number | undefined {
  const [, day] = timePattern.exec(text) ?? []
  if (day === undefined || Number.isNaN(Date.parse(text))) return undefined
  // A day that the month does not have would be taken for one of the next.
  const isDay = new Date(Date.parse(day)).toISOString().startsWith(day)
  return isDay ? Math.floor(Date.parse(text) / 1000) : undefined
}
