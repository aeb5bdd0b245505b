import { FormatError, OperationError } from '../errors.ts'
import { formatPath, MAX_ID, type Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ResourceType } from '../value.ts'
import { asBuffer, decodeUtf8 } from './bytes.ts'
import { ContentFormat, type DataFormat, type Schema } from './format.ts'
import { TlvKind, TlvWriter } from './tlv-writer.ts'
import { checkedValue, checkMayBeEmpty, checkPresent, checkWithin, typeOf } from './typed-value.ts'

/**
 * OMA TLV (LwM2M Core 1.2.2 §7.5.5). An instance is written as its resources, a resource and a resource instance as
 * the TLV of themselves. On reading, enclosing TLVs of the addressed instance or resource are tolerated.
 * Times are not carried. A resource the schema does not know is read as opaque, since TLV does not tell its type.
 */
export const tlvFormat: DataFormat = {
  contentFormat: ContentFormat.tlv,

  encode(base, values, schema) {
    if (base.length === 0) throw new OperationError('NOT_ACCEPTABLE', 'TLV cannot carry several objects')
    const writer = new TlvWriter()
    // An object and an instance are written as their content, a resource and a resource instance as one TLV.
    const level = base.length < 3 ? base.length : base.length - 1
    writeContent(writer, level, values, 0, values.length, schema)
    return writer.finish()
  },

  decode(base, payload, schema) {
    const entries = readEntries(asBuffer(payload))
    const values: PathValue[] = []
    const [first] = entries
    if (first !== undefined) {
      const level = levelOf(first.kind)
      if (level > base.length) throw new OperationError('BAD_REQUEST', `${formatPath(base)} holds no such TLV`)
      readContent(base.slice(0, level), entries, schema, values)
    }
    for (const { path } of values) checkWithin(base, path)
    checkPresent(base, values, schema)
    return values
  },
}

/** Writes `values[from, to)`, which agree in the first `level` identifiers, as the TLVs below that place. */
function writeContent(
  writer: TlvWriter,
  level: number,
  values: readonly PathValue[],
  from: number,
  to: number,
  schema: Schema,
): void {
  let end = to
  while (end > from) {
    const last = values[end - 1] as PathValue
    const id = last.path[level]
    let start = end - 1
    // Without an identifier at this level it only says that the place is there and empty.
    if (id !== undefined) {
      while (start > from && (values[start - 1] as PathValue).path[level] === id) start--
      const before = writer.length
      const kind = kindOf(level, last)
      if (kind === TlvKind.resource || kind === TlvKind.resourceInstance) {
        if (end - start > 1) throw new OperationError('NOT_ACCEPTABLE', `several values for ${formatPath(last.path)}`)
        writeValue(writer, last, schema)
      } else {
        writeContent(writer, level + 1, values, start, end, schema)
      }
      writer.header(kind, id, writer.length - before)
    }
    end = start
  }
}

function kindOf(level: number, { path, value }: PathValue): TlvKind {
  if (level === 1) return TlvKind.instance
  if (level === 3) return TlvKind.resourceInstance
  return path.length === 3 && value !== undefined ? TlvKind.resource : TlvKind.multipleResource
}

function writeValue(writer: TlvWriter, { path, value }: PathValue, schema: Schema): void {
  if (value === undefined || value === null) {
    throw new OperationError('NOT_ACCEPTABLE', `TLV cannot tell that ${formatPath(path)} has no value`)
  }
  writer.value(typeOf(path, value, schema), value)
}

interface Entry {
  readonly kind: TlvKind
  readonly id: number
  readonly value: Buffer
}

/** Reads the TLVs that follow one another in `bytes`; of one kind each identifier may come once. */
function readEntries(bytes: Buffer): Entry[] {
  const entries: Entry[] = []
  const ids = new Set<number>()
  let position = 0
  while (position < bytes.length) {
    const type = bytes[position] as number
    const idWidth = (type & 0x20) === 0 ? 1 : 2
    const lengthWidth = (type >> 3) & 0x03
    const start = position + 1 + idWidth + lengthWidth
    if (start > bytes.length) throw malformed('cut short')
    const id = bytes.readUIntBE(position + 1, idWidth)
    const length = lengthWidth === 0 ? type & 0x07 : bytes.readUIntBE(start - lengthWidth, lengthWidth)
    position = start + length
    if (position > bytes.length) throw malformed('a length beyond the end')
    if (id === MAX_ID) throw malformed('the reserved identifier 65535')
    if (ids.has(id)) throw malformed('an identifier twice')
    ids.add(id)
    entries.push({ kind: (type & 0xc0) as TlvKind, id, value: bytes.subarray(start, position) })
  }
  return entries
}

/** How many identifiers lead to the place that holds TLVs of this kind. */
function levelOf(kind: TlvKind): number {
  if (kind === TlvKind.instance) return 1
  return kind === TlvKind.resourceInstance ? 3 : 2
}

function readContent(place: Path, entries: readonly Entry[], schema: Schema, values: PathValue[]): void {
  for (const { kind, id, value } of entries) {
    if (levelOf(kind) !== place.length) throw malformed('TLVs of different levels side by side')
    const path = [...place, id]
    if (kind === TlvKind.resource || kind === TlvKind.resourceInstance) {
      values.push({ path, value: checkedValue(path, readValue(path, value, schema), schema) })
      continue
    }
    const content = readEntries(value)
    if (content.length > 0) {
      readContent(path, content, schema, values)
    } else {
      checkMayBeEmpty(path, schema)
      values.push({ path })
    }
  }
}

function readValue(path: Path, value: Buffer, schema: Schema): unknown {
  const type: ResourceType = schema.resource(path[0] as number, path[2] as number)?.type ?? 'opaque'
  switch (type) {
    case 'string':
    case 'coreLink':
      return decodeUtf8(value)
    case 'integer':
    case 'time':
      if (value.length === 8) return value.readBigInt64BE()
      if (isIntegerWidth(value.length)) return value.readIntBE(0, value.length)
      throw malformed('an integer of neither 1, 2, 4 nor 8 bytes')
    case 'unsigned':
      if (value.length === 8) return value.readBigUInt64BE()
      if (isIntegerWidth(value.length)) return value.readUIntBE(0, value.length)
      throw malformed('an integer of neither 1, 2, 4 nor 8 bytes')
    case 'float':
      if (value.length === 4) return value.readFloatBE()
      if (value.length === 8) return value.readDoubleBE()
      throw malformed('a float of neither 4 nor 8 bytes')
    case 'boolean':
      if (value.length === 1 && (value[0] as number) <= 1) return value[0] === 1
      throw malformed('a boolean that is neither 0 nor 1')
    case 'objectLink':
      if (value.length === 4) return { objectId: value.readUInt16BE(0), instanceId: value.readUInt16BE(2) }
      throw malformed('an object link of other than 4 bytes')
    default:
      return value
  }
}

function isIntegerWidth(length: number): boolean {
  return length === 1 || length === 2 || length === 4
}

function malformed(what: string): FormatError {
  return new FormatError(`TLV: ${what}`)
}
