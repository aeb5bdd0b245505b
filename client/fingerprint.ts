import { createHash } from 'node:crypto'

/**
 * Tells values apart: SHA-256, in hexadecimal, of values of which JSON can be made, and bytes. The order of members does
 * not count, nor does one that is undefined. Throws TypeError for what has no JSON: NaN, a bigint, a function, an instance
 * of a class.
 */
export function fingerprint(...values: readonly unknown[]): string {
  return sha256(canonicalJson(values))
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** JSON in which the members of objects are sorted, so that equal values are equal texts; bytes become base64. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(item => canonicalJson(item ?? null)).join()}]`
  if (value instanceof Uint8Array) return `{"base64":"${Buffer.from(value).toString('base64')}"}`
  if (isPlainObject(value)) {
    const members = Object.keys(value)
      .filter(key => value[key] !== undefined)
      .sort()
    return `{${members.map(key => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join()}}`
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) {
    return JSON.stringify(value)
  }
  throw new TypeError('a value that has no JSON')
}

function isPlainObject(value: unknown): value is { readonly [key: string]: unknown } {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
