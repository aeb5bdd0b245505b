import { type CborItem, cborNumber, decodeCbor, encodeCbor } from './cbor-codec.ts'
import { ContentFormat, type DataFormat } from './format.ts'
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

  encode(base, values) {
    return encodeCbor(toRecords(base, values).map(toMap))
  },

  decode(base, payload, schema) {
    return fromRecords(base, payload.length === 0 ? [] : decodeCbor(payload), representation, schema)
  },
}

const representation: SenmlRepresentation = {
  labelOf: key => labelsByKey.get(key),
  dataOf: field => (field instanceof Uint8Array ? field : undefined),
}

function toMap({ baseName, baseTime, name, label, value }: SenmlRecord): CborItem {
  const map = new Map<number | string, CborItem>()
  if (baseName !== undefined) map.set(cborLabels.bn, baseName)
  if (baseTime !== undefined) map.set(cborLabels.bt, cborNumber(baseTime))
  if (name !== undefined) map.set(cborLabels.n, name)
  map.set(cborLabels[label], typeof value === 'number' ? cborNumber(value) : value)
  return map
}
