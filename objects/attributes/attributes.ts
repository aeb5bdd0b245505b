import { OperationError } from '../errors.ts'
import { formatDecimal } from '../formats/decimal.ts'
import type { LinkAttributes } from '../formats/link-format.ts'

/** The notification attributes of one place in the tree (LwM2M Core 1.2.2 §5.1.2). */
export interface Attributes {
  /** `pmin`: least time between two notifications, seconds, 0–4294967295. */
  readonly pminSeconds?: number
  /** `pmax`: longest time between two notifications, seconds, 0–4294967295. Ignored while it is less than `pmin`. */
  readonly pmaxSeconds?: number
  /** `gt`: notify when the value crosses this. */
  readonly gt?: number
  /** `lt`: notify when the value crosses this. */
  readonly lt?: number
  /** `st`: notify when the value has moved by this much, 0 or more. */
  readonly st?: number
}

export type AttributeName = keyof Attributes

/** A change of attributes; `null` unsets one. */
export type AttributePatch = { readonly [N in AttributeName]?: number | null }

/** The attributes in the order in which they are written, with their names on the wire. */
export const attributeNames: readonly (readonly [name: AttributeName, wireName: string])[] = [
  ['pminSeconds', 'pmin'],
  ['pmaxSeconds', 'pmax'],
  ['gt', 'gt'],
  ['lt', 'lt'],
  ['st', 'st'],
]

const namesByWireName = new Map(attributeNames.map(([name, wireName]) => [wireName, name]))

/** Attributes that compare values: for numeric resources and their instances only (LwM2M Core 1.2.2 §5.1.2). */
export const thresholdNames: readonly AttributeName[] = ['gt', 'lt', 'st']

/**
 * Reads the queries of a Write-Attributes: `pmin=10` sets, `pmin` alone unsets. Throws OperationError `BAD_REQUEST` for
 * an unknown or repeated attribute, a bad value, or none at all.
 */
export function parseAttributes(texts: readonly string[]): AttributePatch {
  const patch: { [N in AttributeName]?: number | null } = {}
  if (texts.length === 0) throw new OperationError('BAD_REQUEST', 'Write-Attributes without attributes')
  for (const text of texts) {
    const equals = text.indexOf('=')
    const wireName = equals < 0 ? text : text.slice(0, equals)
    const name = namesByWireName.get(wireName)
    if (name === undefined) throw new OperationError('BAD_REQUEST', 'unknown attribute')
    const value = equals < 0 ? null : parseAttributeValue(name, text.slice(equals + 1))
    if (value === undefined) throw new OperationError('BAD_REQUEST', `${wireName} has a bad value`)
    if (name in patch) throw new OperationError('BAD_REQUEST', `${wireName} occurs twice`)
    patch[name] = value
  }
  return patch
}

/** Writes the queries of a Write-Attributes; what {@link parseAttributes} reads. */
export function formatAttributes(patch: AttributePatch): string[] {
  const texts: string[] = []
  for (const [name, wireName] of attributeNames) {
    const value = patch[name]
    if (value !== undefined) texts.push(value === null ? wireName : `${wireName}=${formatDecimal(value)}`)
  }
  return texts
}

function parseAttributeValue(name: AttributeName, text: string): number | undefined {
  const isPeriod = name === 'pminSeconds' || name === 'pmaxSeconds'
  // The length bound keeps every accepted number finite.
  const pattern = isPeriod ? /^\d{1,10}$/ : /^-?\d{1,20}(?:\.\d{1,20})?$/
  const value = pattern.test(text) ? Number(text) : undefined
  return isAttributeValue(name, value) ? value : undefined
}

/** Whether a number is allowed as the value of this attribute. */
export function isAttributeValue(name: AttributeName, value: unknown): value is number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  if (name === 'gt' || name === 'lt') return true
  return value >= 0 && (name === 'st' || (Number.isInteger(value) && value <= 0xffffffff))
}

/** What remains when `patch` is laid over `attributes`. */
export function applyPatch(attributes: Attributes, patch: AttributePatch): Attributes {
  const result: { [N in AttributeName]?: number } = {}
  for (const [name] of attributeNames) {
    const value = patch[name] === undefined ? attributes[name] : patch[name]
    if (value !== undefined && value !== null) result[name] = value
  }
  return result
}

/**
 * Throws OperationError `BAD_REQUEST` unless lt < gt and lt + 2·st < gt (LwM2M Core 1.2.2 §5.1.2). A `pmax` below
 * `pmin` is allowed: it is ignored as long as that holds.
 */
export function checkThresholds({ gt, lt, st = 0 }: Attributes): void {
  if (gt !== undefined && lt !== undefined && !(lt < gt && lt + 2 * st < gt)) {
    throw new OperationError('BAD_REQUEST', 'the attributes must satisfy lt + 2 × st < gt')
  }
}

/** The attributes as those of a link: `{pmin: 10, gt: 42.2}`. */
export function linkAttributes(attributes: Attributes): LinkAttributes {
  const result: { [wireName: string]: number } = {}
  for (const [name, wireName] of attributeNames) {
    const value = attributes[name]
    if (value !== undefined) result[wireName] = value
  }
  return result
}
