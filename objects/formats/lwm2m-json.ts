import { FormatError, OperationError, ValueError } from '../errors.ts'
import { formatPath, type Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ResourceType, Value } from '../value.ts'
import { asBuffer, decodeBase64, decodeUtf8 } from './bytes.ts'
import { DecodedValues } from './decoded-values.ts'
import { ContentFormat, type DataFormat, type Schema } from './format.ts'
import { formatJsonNumber, parseJson } from './number-json.ts'
import { formatObjectLink, parseObjectLink } from './object-link.ts'
import { nameBelow, nameOf, PathName } from './path-name.ts'
import { checkedItem } from './typed-value.ts'

const valueLabels = ['v', 'sv', 'bv', 'ov'] as const
type ValueLabel = (typeof valueLabels)[number]

/**
 * LwM2M JSON, the format of LwM2M 1.0 that SenML JSON replaced (LwM2M Core 1.2.2 §7.5.6.1, LwM2M 1.0.2 §6.4.4). On
 * reading, names without a base name may be absolute or relative to the place that is addressed; a time is the sum of
 * base time and time.
 */
export const lwm2mJsonFormat: DataFormat = {
  contentFormat: ContentFormat.lwm2mJson,
  timed: true,

  encode(base, values, { prefix }) {
    let entries = ''
    let isBase = false
    for (const entry of values) {
      if (entry.value === undefined) continue
      isBase = entry.path.length === base.length
      entries += `${entries === '' ? '' : ','}${formatEntry(base.length, entry)}`
    }
    const ownName = nameOf(base, prefix)
    const baseName = isBase || ownName === '/' ? ownName : `${ownName}/`
    return Buffer.from(`{"bn":"${baseName}","e":[${entries}]}`)
  },

  decode(base, payload, schema) {
    const values = new DecodedValues(base, schema)
    if (payload.length > 0) readDocument(base, parseJson(decodeUtf8(payload)), schema, values)
    return values.finish()
  },
}

function formatEntry(level: number, { path, value, timeSeconds }: PathValue): string {
  const name = level < path.length ? `"n":"${nameBelow(level, path)}",` : ''
  const time = timeSeconds === undefined ? '' : `,"t":${formatJsonNumber(timeSeconds)}`
  return `{${name}${formatValue(path, value ?? null)}${time}}`
}

function formatValue(path: Path, value: Value | null): string {
  switch (typeof value) {
    case 'string':
      return `"sv":${JSON.stringify(value)}`
    case 'boolean':
      return `"bv":${value}`
    case 'number':
    case 'bigint':
      if (!Number.isFinite(Number(value))) throw new ValueError('expected a finite number')
      return `"v":${formatJsonNumber(value)}`
    default:
      if (value === null) throw new OperationError('NOT_ACCEPTABLE', `LwM2M JSON cannot remove ${formatPath(path)}`)
      if (value instanceof Uint8Array) return `"sv":"${asBuffer(value).toString('base64')}"`
      return `"ov":"${formatObjectLink(value)}"`
  }
}

function readDocument(base: Path, document: unknown, schema: Schema, values: DecodedValues): void {
  if (!(document instanceof Map)) throw malformed('a document that is not an object')
  const entries: unknown = document.get('e')
  if (!Array.isArray(entries)) throw malformed('a document without "e"')
  const names = new EntryNames(base, document.get('bn'), schema.prefix)
  const baseTime = timeOf(document.get('bt'))
  for (const entry of entries as unknown[]) {
    if (!(entry instanceof Map)) throw malformed('an entry that is not an object')
    const path = names.resolve(entry.get('n'))
    const timeSeconds = baseTime + timeOf(entry.get('t'))
    if (!Number.isFinite(timeSeconds)) throw malformed('a time out of range')
    values.add(path, checkedItem(path, fieldOf(path, entry, schema), schema), timeSeconds)
  }
}

/** Resolves the names of the entries of one document. */
class EntryNames {
  readonly #name: PathName
  /** What stands before a name that is not absolute, in a document without a base name. */
  readonly #prefix: string | undefined

  constructor(base: Path, baseName: unknown, prefix: string | undefined) {
    this.#name = new PathName(prefix)
    if (baseName !== undefined && !(typeof baseName === 'string' && this.#name.setBase(baseName))) {
      throw malformed('a base name that begins no path')
    }
    this.#prefix = baseName === undefined || baseName === '' ? nameOf(base, prefix) : undefined
  }

  resolve(name: unknown = ''): Path {
    const path = typeof name === 'string' ? this.#name.resolve(this.#fullName(name)) : undefined
    if (path === undefined) throw malformed('a name that is no LwM2M path')
    return path
  }

  #fullName(name: string): string {
    if (this.#prefix === undefined || name.startsWith('/')) return name
    if (name === '') return this.#prefix
    return this.#prefix === '/' ? name : `${this.#prefix}/${name}`
  }
}

/** The one value of an entry. Opaque is text in base64, which only its resource tells (LwM2M 1.0.2 Appendix C). */
function fieldOf(path: Path, entry: ReadonlyMap<unknown, unknown>, schema: Schema): unknown {
  const [label, ...others] = valueLabels.filter(one => entry.has(one))
  if (label === undefined || others.length > 0) throw malformed('an entry with other than one value')
  const value = valueOf(label, entry.get(label), schema.resource(path[0] as number, path[2] as number)?.type)
  if (value === undefined) throw malformed(`"${label}" of a wrong type`)
  return value
}

function valueOf(label: ValueLabel, field: unknown, type: ResourceType | undefined): unknown {
  switch (label) {
    case 'v':
      return typeof field === 'number' || typeof field === 'bigint' ? field : undefined
    case 'bv':
      return typeof field === 'boolean' ? field : undefined
    case 'sv':
      if (typeof field !== 'string') return undefined
      return type === 'opaque' ? decodeBase64(field, 'base64') : field
    case 'ov':
      return typeof field === 'string' ? parseObjectLink(field) : undefined
  }
}

function timeOf(field: unknown): number {
  if (field === undefined) return 0
  if (typeof field === 'number' || typeof field === 'bigint') return Number(field)
  throw malformed('a time that is not a number')
}

function malformed(what: string): FormatError {
  return new FormatError(`LwM2M JSON: ${what}`)
}
