import { ValueError } from '../errors.ts'
import type { Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import { isObjectLink, type Value } from '../value.ts'
import { formatObjectLink } from './object-link.ts'
import { nameOf } from './path-name.ts'

type ValueLabel = 'v' | 'vs' | 'vb' | 'vd' | 'vlo'

/** A record as it is written; base name and base time only where they change. */
export interface SenmlRecord {
  readonly baseName: string | undefined
  readonly baseTime: number | undefined
  /** What the record is about. Its identifiers from `level` on are the name; there is none when that is the end. */
  readonly path: Path
  readonly level: number
  readonly label: ValueLabel
  readonly value: string | number | bigint | boolean | Uint8Array | null
}

/**
 * The records of values below `base`: the base name once, then short names. Values with a time are grouped by it, each
 * group headed by its base time, and follow those without. A place that is empty has no record. `prefix` as in `Schema`.
 */
export function toRecords(base: Path, values: readonly PathValue[], prefix?: string): SenmlRecord[] {
  const records: SenmlRecord[] = []
  const ownName = nameOf(base, prefix)
  const nameAbove = ownName === '/' ? ownName : `${ownName}/`
  let baseName: string | undefined
  let baseTime = 0
  for (const { path, value, timeSeconds = 0 } of groupedByTime(values)) {
    if (value === undefined) continue
    const nextBaseName = path.length === base.length ? ownName : nameAbove
    records.push({
      baseName: nextBaseName === baseName ? undefined : nextBaseName,
      baseTime: timeSeconds === baseTime ? undefined : timeSeconds,
      path,
      level: base.length,
      label: labelFor(value),
      value: fieldFor(value),
    })
    baseName = nextBaseName
    baseTime = timeSeconds
  }
  return records
}

function groupedByTime(values: readonly PathValue[]): readonly PathValue[] {
  if (values.every(({ timeSeconds }) => timeSeconds === undefined)) return values
  return [...values].sort((a, b) => (a.timeSeconds ?? 0) - (b.timeSeconds ?? 0))
}

function labelFor(value: Value | null): ValueLabel {
  switch (typeof value) {
    case 'string':
      return 'vs'
    case 'boolean':
      return 'vb'
    case 'number':
    case 'bigint':
      return 'v'
    default:
      if (value === null) return 'v'
      return value instanceof Uint8Array ? 'vd' : 'vlo'
  }
}

function fieldFor(value: Value | null): SenmlRecord['value'] {
  // Neither NaN nor infinity has a form in SenML (RFC 8428 §4.3).
  if (typeof value === 'number' && !Number.isFinite(value)) throw new ValueError('expected a finite number')
  return typeof value === 'object' && isObjectLink(value) ? formatObjectLink(value) : value
}
