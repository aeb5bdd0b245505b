import type { Value } from '../value.ts'
import type { Attributes } from './attributes.ts'

/** What is known of a value when it changes. `undefined`: nothing, which makes any change worth telling. */
export interface FormerValues {
  /** The value of the last notification: steps count from it. */
  readonly notified: Value | undefined
  /** The value at the last evaluation: thresholds and edges are crossed from it. */
  readonly evaluated: Value | undefined
}

/** Whether attributes make the notification of a value depend on more than that it changed. */
export function hasConditions({ gt, lt, st, edge }: Attributes): boolean {
  return gt !== undefined || lt !== undefined || st !== undefined || edge !== undefined
}

/**
 * Whether a value is worth a notification: it is under no condition, or satisfies one (LwM2M Core 1.2.2 §7.3.2). `gt` and
 * `lt` are crossed in either direction, and a value equal to one is on the inner side of it; `st` is a change by so much
 * since the last notification; `edge` is a change to true (1) or to false (0). The attributes must be in force. A value
 * that is gone, or of a type that no condition is for, always is.
 */
export function meetsConditions(former: FormerValues, value: Value | undefined, attributes: Attributes): boolean {
  if (!hasConditions(attributes)) return true
  if (typeof value === 'boolean') return meetsEdge(former.evaluated, value, attributes)
  return !isNumeric(value) || meetsThresholds(former, value, attributes)
}

function meetsEdge(evaluated: Value | undefined, value: boolean, { edge }: Attributes): boolean {
  if (edge === undefined || evaluated === undefined) return true
  return evaluated !== value && value === (edge === 1)
}

function meetsThresholds(
  { notified, evaluated }: FormerValues,
  value: number | bigint,
  attributes: Attributes,
): boolean {
  const { gt, lt, st } = attributes
  if (gt === undefined && lt === undefined && st === undefined) return true
  if (!isNumeric(notified) || !isNumeric(evaluated)) return true
  if (gt !== undefined && evaluated > gt !== value > gt) return true
  if (lt !== undefined && evaluated < lt !== value < lt) return true
  return st !== undefined && distance(notified, value) >= st
}

/** Exact beyond 2^53, too. */
function distance(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b)
  const difference = BigInt(a) - BigInt(b)
  return difference < 0n ? -difference : difference
}

function isNumeric(value: Value | undefined): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}
