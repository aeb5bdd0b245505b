import { FormatError, OperationError, ValueError } from '../errors.ts'
import { comparePaths, formatPath, type Path, pathFromSegments } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import { isObjectLink, normalInteger, type Value } from '../value.ts'
import type { Schema } from './format.ts'
import { formatObjectLink, parseObjectLink } from './object-link.ts'
import { checkedValue, checkPresent, checkWithin } from './typed-value.ts'

const valueLabels = ['v', 'vs', 'vb', 'vd', 'vlo'] as const
const otherLabels = ['bn', 'bt', 'bu', 'bv', 'bs', 'bver', 'n', 'u', 's', 't', 'ut'] as const
const labels: ReadonlySet<string> = new Set<SenmlLabel>([...valueLabels, ...otherLabels])

type ValueLabel = (typeof valueLabels)[number]

/** The fields of a record by their JSON labels (RFC 8428 §4.3; `vlo`: LwM2M Core 1.2.2 §7.5.5). */
export type SenmlLabel = ValueLabel | (typeof otherLabels)[number]

/** A record as it is written; base name and base time only where they change. */
export interface SenmlRecord {
  /** What the record is about; goes out as base name and name. */
  readonly path: Path
  readonly baseName: string | undefined
  readonly baseTime: number | undefined
  readonly name: string | undefined
  readonly label: ValueLabel
  readonly value: string | number | bigint | boolean | Uint8Array | null
}

/** What a JSON and a CBOR pack do differently. */
export interface SenmlRepresentation {
  /** The label that a key of a record stands for, undefined when it stands for none. */
  labelOf(key: unknown): SenmlLabel | undefined
  /** The bytes that a `vd` field holds, undefined when it holds none. */
  dataOf(field: unknown): Uint8Array | undefined
}

// RFC 8428 §4.4: a pack of a later version must not be used.
const knownVersion = 10
// "/65534/65534/65534/65534". Without it, a long base name before many short names would take quadratic time.
const maxNameLength = 24

export function isSenmlLabel(key: unknown): key is SenmlLabel {
  return typeof key === 'string' && labels.has(key)
}

/**
 * The records of values below `base`: the base name once, then short names. Values with a time are grouped by it, each
 * group headed by its base time, and follow those without. A place that is empty has no record.
 */
export function toRecords(base: Path, values: readonly PathValue[]): SenmlRecord[] {
  const records: SenmlRecord[] = []
  const ownName = formatPath(base)
  const prefix = base.length === 0 ? ownName : `${ownName}/`
  let baseName: string | undefined
  let baseTime = 0
  for (const { path, value, timeSeconds = 0 } of groupedByTime(values)) {
    if (value === undefined) continue
    const isBase = path.length === base.length
    const nextBaseName = isBase ? ownName : prefix
    records.push({
      path,
      baseName: nextBaseName === baseName ? undefined : nextBaseName,
      baseTime: timeSeconds === baseTime ? undefined : timeSeconds,
      name: isBase ? undefined : nameBelow(base.length, path),
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

function nameBelow(level: number, path: Path): string {
  let name = String(path[level])
  for (let index = level + 1; index < path.length; index++) name += `/${path[index]}`
  return name
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
  return isObjectLink(value) ? formatObjectLink(value) : value
}

/**
 * Reads a pack: an array of Maps. Names are resolved (RFC 8428 §4.6) and must be paths at or below `base`; each record
 * has one value, or `"v": null` to remove the place. A `timeSeconds` below 2^28 is relative to the arrival of the pack
 * (RFC 8428 §4.5.3): whoever has a clock adds it. Sums are not supported; units and update times are ignored.
 * Throws FormatError, and OperationError BAD_REQUEST for a place outside `base` or a value of a wrong type.
 */
export function fromRecords(
  base: Path,
  pack: unknown,
  representation: SenmlRepresentation,
  schema: Schema,
): PathValue[] {
  if (!Array.isArray(pack)) throw malformed('a pack that is not an array')
  const resolver = new SenmlResolver(representation)
  const values: PathValue[] = []
  for (const record of pack) {
    const { path, field, timeSeconds } = resolver.resolve(record)
    checkWithin(base, path)
    if (path.length < 3) throw new OperationError('BAD_REQUEST', `${formatPath(path)} is not a resource`)
    const value = field === null ? null : checkedValue(path, field, schema)
    values.push(timeSeconds === 0 ? { path, value } : { path, value, timeSeconds })
  }
  checkUnique(values)
  checkPresent(base, values, schema)
  return values
}

/** Throws FormatError when a place has two values of one time; no more than a comparison each for a pack in order. */
function checkUnique(values: readonly PathValue[]): void {
  const sorted = [...values].sort(compareTimeAndPath)
  for (let index = 1; index < sorted.length; index++) {
    const value = sorted[index] as PathValue
    if (compareTimeAndPath(sorted[index - 1] as PathValue, value) === 0) {
      throw malformed(`two values for ${formatPath(value.path)}`)
    }
  }
}

function compareTimeAndPath(a: PathValue, b: PathValue): number {
  return (a.timeSeconds ?? 0) - (b.timeSeconds ?? 0) || comparePaths(a.path, b.path)
}

type Fields = { [L in SenmlLabel]?: unknown }

/** Carries the base fields from record to record (RFC 8428 §4.1). */
class SenmlResolver {
  readonly #representation: SenmlRepresentation
  #baseName = ''
  #baseTime = 0
  #baseValue: number | bigint | undefined

  constructor(representation: SenmlRepresentation) {
    this.#representation = representation
  }

  resolve(record: unknown): { path: Path; field: unknown; timeSeconds: number } {
    const fields = this.#fieldsOf(record)
    if (fields.bver !== undefined && numberOf(fields.bver) > knownVersion) throw malformed('a later version')
    if (fields.bs !== undefined || fields.s !== undefined) throw malformed('a sum, which LwM2M does not use')
    if (fields.bn !== undefined) this.#baseName = nameOf(fields.bn)
    if (fields.bt !== undefined) this.#baseTime = Number(numberOf(fields.bt))
    if (fields.bv !== undefined) this.#baseValue = numberOf(fields.bv)
    const name = fields.n === undefined ? this.#baseName : this.#baseName + nameOf(fields.n)
    const timeSeconds = fields.t === undefined ? this.#baseTime : this.#baseTime + Number(numberOf(fields.t))
    if (!Number.isFinite(timeSeconds)) throw malformed('a time out of range')
    return { path: pathOf(name), field: this.#valueOf(fields), timeSeconds }
  }

  #fieldsOf(record: unknown): Fields {
    if (!(record instanceof Map)) throw malformed('a record that is not a map')
    const fields: Fields = {}
    for (const [key, field] of record as Map<unknown, unknown>) {
      const label = this.#representation.labelOf(key)
      if (label !== undefined) fields[label] = field
      // RFC 8428 §4.4: such a label must be understood, any other may be ignored.
      else if (typeof key === 'string' && key.endsWith('_')) throw malformed('an unknown label that ends in "_"')
    }
    return fields
  }

  #valueOf(fields: Fields): unknown {
    let found: ValueLabel | undefined
    for (const label of valueLabels) {
      if (fields[label] === undefined) continue
      if (found !== undefined) throw malformed('a record with two values')
      found = label
    }
    if (found === undefined) {
      if (this.#baseValue === undefined) throw malformed('a record without a value')
      return this.#baseValue
    }
    const field = fields[found]
    switch (found) {
      case 'v':
        return field === null ? null : sum(this.#baseValue, numberOf(field))
      case 'vs':
        if (typeof field === 'string') return field
        break
      case 'vb':
        if (typeof field === 'boolean') return field
        break
      case 'vd': {
        const data = this.#representation.dataOf(field)
        if (data !== undefined) return data
        break
      }
      case 'vlo': {
        const link = typeof field === 'string' ? parseObjectLink(field) : undefined
        if (link !== undefined) return link
        break
      }
    }
    throw malformed(`"${found}" of a wrong type`)
  }
}

function sum(base: number | bigint | undefined, value: number | bigint): number | bigint {
  if (base === undefined) return value
  const isExact = (term: number | bigint) => typeof term === 'bigint' || Number.isSafeInteger(term)
  return isExact(base) && isExact(value) ? normalInteger(BigInt(base) + BigInt(value)) : Number(base) + Number(value)
}

function numberOf(field: unknown): number | bigint {
  if (typeof field === 'number' || typeof field === 'bigint') return field
  throw malformed('a field that should be a number')
}

function nameOf(field: unknown): string {
  if (typeof field === 'string' && field.length <= maxNameLength) return field
  throw malformed('a name that is no LwM2M path')
}

/** A resolved name as a path; the leading slash may be absent. */
function pathOf(name: string): Path {
  const path = pathFromSegments((name.startsWith('/') ? name.slice(1) : name).split('/'))
  if (path === undefined) throw malformed('a name that is no LwM2M path')
  return path
}

function malformed(what: string): FormatError {
  return new FormatError(`SenML: ${what}`)
}
