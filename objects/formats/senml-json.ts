import { asBuffer, decodeBase64, decodeUtf8 } from './bytes.ts'
import { ContentFormat, type DataFormat } from './format.ts'
import { formatJsonNumber, parseJson } from './number-json.ts'
import { nameBelow } from './path-name.ts'
import { type SenmlRecord, toRecords } from './senml.ts'
import { malformedSenml, SenmlLabel, type SenmlPackReader } from './senml-fields.ts'
import { SenmlValues } from './senml-values.ts'

const labels: ReadonlyMap<string, SenmlLabel> = new Map(Object.entries(SenmlLabel))

/**
 * SenML JSON (RFC 8428 §5, LwM2M Core 1.2.2 §7.5.6). Nothing to carry is `[]`; no bytes at all read the same.
 */
export const senmlJsonFormat: DataFormat = {
  contentFormat: ContentFormat.senmlJson,
  timed: true,

  encode(base, values, { prefix }) {
    let text = '['
    for (const record of toRecords(base, values, prefix))
      text += text.length === 1 ? formatRecord(record) : `,${formatRecord(record)}`
    return Buffer.from(`${text}]`)
  },

  decode(base, payload, schema) {
    const values = new SenmlValues(base, schema)
    if (payload.length > 0) readSenmlJson(payload, values)
    return values.finish()
  },
}

/** Reads a pack, record by record. Throws FormatError. */
export function readSenmlJson(payload: Uint8Array, reader: SenmlPackReader): void {
  const pack = parseJson(decodeUtf8(payload))
  if (!Array.isArray(pack)) throw malformedSenml('a pack that is not an array')
  for (const record of pack) {
    if (!(record instanceof Map)) throw malformedSenml('a record that is not an object')
    for (const [name, field] of record) {
      const label = labels.get(name)
      if (label === undefined) skipField(name, reader)
      else reader.fields.set(label, label === SenmlLabel.vd ? dataOf(field) : field)
    }
    reader.endRecord()
  }
}

/** Throws FormatError for a label that must be understood (RFC 8428 §4.4). */
export function skipField(label: string, reader: SenmlPackReader): void {
  if (label.endsWith('_')) throw malformedSenml('an unknown label that ends in "_"')
  reader.unknownField()
}

function dataOf(field: unknown): Uint8Array | undefined {
  return typeof field === 'string' ? decodeBase64(field, 'base64url') : undefined
}

function formatRecord({ baseName, baseTime, path, level, label, value }: SenmlRecord): string {
  let text = '{'
  if (baseName !== undefined) text += `"bn":"${baseName}",`
  if (baseTime !== undefined) text += `"bt":${formatJsonNumber(baseTime)},`
  if (level < path.length) text += `"n":"${nameBelow(level, path)}",`
  return `${text}"${label}":${formatField(value)}}`
}

function formatField(value: SenmlRecord['value']): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
    case 'bigint':
      return formatJsonNumber(value)
    default:
      return value === null ? 'null' : `"${asBuffer(value).toString('base64url')}"`
  }
}
