import { OperationError } from '../errors.ts'
import { formatDecimal } from '../formats/decimal.ts'
import type { LinkAttributes } from '../formats/link-format.ts'

/** The notification attributes of one place in the tree (LwM2M Core 1.2.2 §7.3.2). */
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
  /** `epmin`: least time between two evaluations of the conditions, seconds, 0–4294967295. */
  readonly epminSeconds?: number
  /** `epmax`: longest time between two evaluations, seconds, 0–4294967295, above `epmin`. */
  readonly epmaxSeconds?: number
  /** `edge`: notify when the value becomes false (0) or true (1). */
  readonly edge?: number
  /** `con`: whether notifications must be confirmable (1). */
  readonly con?: number
  /** `hqmax`: number of values to keep while notifications are stored, 0–4294967295. */
  readonly hqmax?: number
}

export type AttributeName = keyof Attributes

/** A change of attributes; `null` unsets one. */
export type AttributePatch = { readonly [N in AttributeName]?: number | null }

interface AttributeRule {
  readonly name: AttributeName
  /** The name in queries and links. */
  readonly wireName: string
  readonly value: 'count' | 'flag' | 'number' | 'amount'
  /** The resources, and their instances, it can be attached to; `any`: objects and object instances, too. */
  readonly appliesTo: 'any' | 'numeric' | 'boolean'
}

/** The attributes in the order in which they are written (LwM2M Core 1.2.2 §7.3.2, table 7.3.2.-1). */
export const attributeTable: readonly AttributeRule[] = [
  { name: 'pminSeconds', wireName: 'pmin', value: 'count', appliesTo: 'any' },
  { name: 'pmaxSeconds', wireName: 'pmax', value: 'count', appliesTo: 'any' },
  { name: 'gt', wireName: 'gt', value: 'number', appliesTo: 'numeric' },
  { name: 'lt', wireName: 'lt', value: 'number', appliesTo: 'numeric' },
  { name: 'st', wireName: 'st', value: 'amount', appliesTo: 'numeric' },
  { name: 'epminSeconds', wireName: 'epmin', value: 'count', appliesTo: 'any' },
  { name: 'epmaxSeconds', wireName: 'epmax', value: 'count', appliesTo: 'any' },
  { name: 'edge', wireName: 'edge', value: 'flag', appliesTo: 'boolean' },
  { name: 'con', wireName: 'con', value: 'flag', appliesTo: 'any' },
  { name: 'hqmax', wireName: 'hqmax', value: 'count', appliesTo: 'any' },
]

const rulesByWireName = new Map(attributeTable.map(rule => [rule.wireName, rule]))

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
    const rule = rulesByWireName.get(wireName)
    if (rule === undefined) throw new OperationError('BAD_REQUEST', 'unknown attribute')
    const value = equals < 0 ? null : parseAttributeValue(rule, text.slice(equals + 1))
    if (value === undefined) throw new OperationError('BAD_REQUEST', `${wireName} has a bad value`)
    if (rule.name in patch) throw new OperationError('BAD_REQUEST', `${wireName} occurs twice`)
    patch[rule.name] = value
  }
  return patch
}

/** Writes the queries of a Write-Attributes; what {@link parseAttributes} reads. */
export function formatAttributes(patch: AttributePatch): string[] {
  const texts: string[] = []
  for (const { name, wireName } of attributeTable) {
    const value = patch[name]
    if (value !== undefined) texts.push(value === null ? wireName : `${wireName}=${formatDecimal(value)}`)
  }
  return texts
}

const wholePattern = /^\d{1,10}$/
// The length bound keeps every accepted number finite.
const decimalPattern = /^-?\d{1,20}(?:\.\d{1,20})?$/

function parseAttributeValue(rule: AttributeRule, text: string): number | undefined {
  const pattern = rule.value === 'count' || rule.value === 'flag' ? wholePattern : decimalPattern
  const value = pattern.test(text) ? Number(text) : undefined
  return isAttributeValue(rule, value) ? value : undefined
}

/** Whether a number is allowed as the value of this attribute. */
export function isAttributeValue({ value: kind }: AttributeRule, value: unknown): value is number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  if (kind === 'number') return true
  if (kind === 'flag') return value === 0 || value === 1
  return value >= 0 && (kind === 'amount' || (Number.isInteger(value) && value <= 0xffffffff))
}

/** What remains when `patch` is laid over `attributes`. */
export function applyPatch(attributes: Attributes, patch: AttributePatch): Attributes {
  const result: { [N in AttributeName]?: number } = {}
  for (const { name } of attributeTable) {
    const value = patch[name] === undefined ? attributes[name] : patch[name]
    if (value !== undefined && value !== null) result[name] = value
  }
  return result
}

/**
 * Throws OperationError `BAD_REQUEST` when what one request sets contradicts itself (LwM2M Core 1.2.2 §7.3.2). A `pmax`
 * below `pmin` is allowed: it is ignored as long as that holds.
 */
export function checkPatch(patch: AttributePatch): void {
  const attributes = applyPatch({}, patch)
  if (!haveValidConditions(attributes)) {
    throw new OperationError('BAD_REQUEST', 'the attributes must satisfy lt + 2 × st < gt')
  }
  if (!haveValidEvaluation(attributes)) throw new OperationError('BAD_REQUEST', 'epmin must be less than epmax')
}

/**
 * The attributes as far as they are in force: without `gt`, `lt` and `st` while these contradict each other, and without
 * `epmax` while it is not above `epmin`, as it may come about by several requests or by inheritance
 * (LwM2M Core 1.2.2 §7.3.2).
 */
export function inForce(attributes: Attributes): Attributes {
  const patch: AttributePatch = {
    ...(haveValidConditions(attributes) ? {} : { gt: null, lt: null, st: null }),
    ...(haveValidEvaluation(attributes) ? {} : { epmaxSeconds: null }),
  }
  return Object.keys(patch).length === 0 ? attributes : applyPatch(attributes, patch)
}

function haveValidConditions({ gt, lt, st = 0 }: Attributes): boolean {
  return gt === undefined || lt === undefined || (lt < gt && lt + 2 * st < gt)
}

function haveValidEvaluation({ epminSeconds, epmaxSeconds }: Attributes): boolean {
  return epminSeconds === undefined || epmaxSeconds === undefined || epminSeconds < epmaxSeconds
}

/** The attributes as those of a link: `{pmin: 10, gt: 42.2}`. */
export function linkAttributes(attributes: Attributes): LinkAttributes {
  const result: { [wireName: string]: number } = {}
  for (const { name, wireName } of attributeTable) {
    const value = attributes[name]
    if (value !== undefined) result[wireName] = value
  }
  return result
}
