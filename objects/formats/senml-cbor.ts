import { CborCursor } from './cbor-cursor.ts'
import { KeySet, skipItem } from './cbor-scan.ts'
import { CborWriter } from './cbor-writer.ts'
import { ContentFormat, type DataFormat, type Schema } from './format.ts'
import { type SenmlRecord, toRecords } from './senml.ts'
import { SenmlLabel, type SenmlPackReader } from './senml-fields.ts'
import { skipField } from './senml-json.ts'
import { SenmlValues } from './senml-values.ts'

/** Array, map, and then the field. */
const fieldDepth = 2

/**
 * SenML CBOR (RFC 8428 §6, LwM2M Core 1.2.2 §7.5.7). Nothing to carry is an empty array; no bytes at all read the same.
 */
export const senmlCborFormat: DataFormat = {
  contentFormat: ContentFormat.senmlCbor,
  timed: true,

  encode(base, values, schema) {
    const records = toRecords(base, values, schema.prefix)
    const writer = new CborWriter()
    writer.array(records.length)
    for (const record of records) writeRecord(writer, record, schema)
    return writer.finish()
  },

  decode(base, payload, schema) {
    const values = new SenmlValues(base, schema)
    if (payload.length > 0) readSenmlCbor(payload, values)
    return values.finish()
  },
}

/** Reads a pack, record by record. Throws FormatError. */
export function readSenmlCbor(payload: Uint8Array, reader: SenmlPackReader): void {
  const cursor = new CborCursor(payload)
  const count = cursor.array()
  for (let index = 0; cursor.more(index, count); index++) {
    readRecord(cursor, reader)
    reader.endRecord()
  }
  cursor.end()
}

function readRecord(cursor: CborCursor, reader: SenmlPackReader): void {
  const count = cursor.map()
  let unknown: KeySet | undefined
  for (let index = 0; cursor.more(index, count); index++) {
    const key = cursor.key()
    const label = labelOf(key)
    if (label !== undefined) {
      reader.fields.set(label, label === SenmlLabel.n || label === SenmlLabel.bn ? cursor.name() : cursor.item())
      continue
    }
    unknown ??= new KeySet()
    unknown.add(key)
    if (typeof key === 'string') skipField(key, reader)
    else reader.unknownField()
    skipItem(cursor, fieldDepth)
  }
}

function labelOf(key: number | string): SenmlLabel | undefined {
  if (typeof key === 'string') return key === 'vlo' ? SenmlLabel.vlo : undefined
  return key >= SenmlLabel.bs && key <= SenmlLabel.vd ? (key as SenmlLabel) : undefined
}

function writeRecord(writer: CborWriter, record: SenmlRecord, schema: Schema): void {
  const { baseName, baseTime, path, level, label, value } = record
  const hasName = level < path.length
  writer.map(1 + Number(baseName !== undefined) + Number(baseTime !== undefined) + Number(hasName))
  if (baseName !== undefined) {
    writer.integer(SenmlLabel.bn)
    writer.text(baseName)
  }
  if (baseTime !== undefined) {
    writer.integer(SenmlLabel.bt)
    writer.number(baseTime)
  }
  if (hasName) {
    writer.integer(SenmlLabel.n)
    writer.name(level, path)
  }
  if (label === 'vlo') writer.text(label)
  else writer.integer(SenmlLabel[label])
  // A float stays one where it is integral: readers that know the type refuse an integer.
  const isFloat = schema.resource(path[0] as number, path[2] as number)?.type === 'float'
  if (value === null) writer.null()
  else writer.value(value, isFloat)
}
