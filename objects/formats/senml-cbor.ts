import type { Path } from '../path.ts'
import { decodeCbor } from './cbor-reader.ts'
import { CborWriter } from './cbor-writer.ts'
import { ContentFormat, type DataFormat, type Schema } from './format.ts'
import { fromRecords, type SenmlLabel, type SenmlRecord, type SenmlRepresentation, toRecords } from './senml.ts'

/** The labels as CBOR integers (RFC 8428 §6); `vlo` has none and stays text. */
const cborLabels = {
  bver: -1,
  bn: -2,
  bt: -3,
  bu: -4,
  bv: -5,
  bs: -6,
  n: 0,
  u: 1,
  v: 2,
  vs: 3,
  vb: 4,
  s: 5,
  t: 6,
  ut: 7,
  vd: 8,
  vlo: 'vlo',
} as const satisfies Record<SenmlLabel, number | string>

const labelsByKey = new Map<unknown, SenmlLabel>(
  Object.entries(cborLabels).map(([label, key]) => [key, label as SenmlLabel]),
)

/**
 * SenML CBOR (RFC 8428 §6, LwM2M Core 1.2.2 §7.5.6). Nothing to carry is an empty array; no bytes at all read the same.
 */
export const senmlCborFormat: DataFormat = {
  contentFormat: ContentFormat.senmlCbor,

  encode(base, values, schema) {
    const records = toRecords(base, values)
    const writer = new CborWriter()
    writer.array(records.length)
    for (const record of records) writeRecord(writer, record, schema)
    return writer.finish()
  },

  decode(base, payload, schema) {
    return fromRecords(base, payload.length === 0 ? [] : decodeCbor(payload), representation, schema)
  },
}

const representation: SenmlRepresentation = {
  labelOf: key => labelsByKey.get(key),
  dataOf: field => (field instanceof Uint8Array ? field : undefined),
}

function writeRecord(writer: CborWriter, record: SenmlRecord, schema: Schema): void {
  const { path, baseName, baseTime, name, label, value } = record
  writer.map(1 + Number(baseName !== undefined) + Number(baseTime !== undefined) + Number(name !== undefined))
  if (baseName !== undefined) {
    writer.integer(cborLabels.bn)
    writer.text(baseName)
  }
  if (baseTime !== undefined) {
    writer.integer(cborLabels.bt)
    writeNumber(writer, baseTime)
  }
  if (name !== undefined) {
    writer.integer(cborLabels.n)
    writer.text(name)
  }
  if (label === 'vlo') writer.text(cborLabels.vlo)
  else writer.integer(cborLabels[label])
  writeValue(writer, path, value, schema)
}

function writeValue(writer: CborWriter, path: Path, value: SenmlRecord['value'], schema: Schema): void {
  switch (typeof value) {
    case 'string':
      writer.text(value)
      break
    case 'boolean':
      writer.boolean(value)
      break
    case 'bigint':
      writer.integer(value)
      break
    case 'number':
      // A float stays one where it is integral: readers that know the type refuse an integer.
      if (schema.resource(path[0] as number, path[2] as number)?.type === 'float') writer.float(value)
      else writeNumber(writer, value)
      break
    default:
      if (value === null) writer.null()
      else writer.bytes(value)
  }
}

function writeNumber(writer: CborWriter, value: number): void {
  if (Number.isSafeInteger(value)) writer.integer(value)
  else writer.float(value)
}
