import { formatObjectLink, parseObjectLink } from '../objects/formats/object-link.ts'
import type { Value } from '../objects/value.ts'
import type { JsonReader } from './json-reader.ts'

/** A value as JSON data without loss: what JSON has no form for becomes an object of one member that names its kind. */
export type SavedValue =
  | string
  | boolean
  | number
  | { readonly number: string }
  | { readonly integer: string }
  | { readonly bytes: string }
  | { readonly link: string }

export function encodeValue(value: Value): SavedValue {
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return { number: '-0' }
    return Number.isFinite(value) ? value : { number: String(value) }
  }
  if (typeof value === 'bigint') return { integer: String(value) }
  if (typeof value !== 'object') return value
  if (value instanceof Uint8Array) return { bytes: base64(value) }
  return { link: formatObjectLink(value) }
}

/** Reads what {@link encodeValue} made. Throws `ShapeError`. */
export function decodeValue(saved: JsonReader): Value {
  const { value } = saved
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value
  const [member, ...others] = saved.members()
  if (member === undefined || others.length > 0) return saved.fail('a value')
  const [kind, reader] = member
  const text = reader.text()
  switch (kind) {
    case 'number':
      return Number(reader.oneOf(['-0', 'NaN', 'Infinity', '-Infinity']))
    case 'integer':
      return integerPattern.test(text) ? BigInt(text) : reader.fail('an integer')
    case 'bytes': {
      const bytes = Buffer.from(text, 'base64')
      return base64(bytes) === text ? new Uint8Array(bytes) : reader.fail('base64')
    }
    case 'link':
      return parseObjectLink(text) ?? reader.fail('an object link')
    default:
      return saved.fail('a value')
  }
}

/** 64 bits have at most 20 digits. */
const integerPattern = /^-?\d{1,20}$/

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
