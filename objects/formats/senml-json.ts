import { asBuffer, decodeBase64, decodeUtf8 } from './bytes.ts'
import { ContentFormat, type DataFormat } from './format.ts'
import { formatJsonNumber, parseJson } from './number-json.ts'
import { fromRecords, isSenmlLabel, type SenmlRecord, type SenmlRepresentation, toRecords } from './senml.ts'

/**
 * SenML JSON (RFC 8428 §5, LwM2M Core 1.2.2 §7.5.5). Nothing to carry is `[]`; no bytes at all read the same.
 */
export const senmlJsonFormat: DataFormat = {
  contentFormat: ContentFormat.senmlJson,

  encode(base, values) {
    let text = '['
    for (const record of toRecords(base, values))
      text += text.length === 1 ? formatRecord(record) : `,${formatRecord(record)}`
    return Buffer.from(`${text}]`)
  },

  decode(base, payload, schema) {
    return fromRecords(base, payload.length === 0 ? [] : parseJson(decodeUtf8(payload)), representation, schema)
  },
}

const representation: SenmlRepresentation = {
  labelOf: key => (isSenmlLabel(key) ? key : undefined),
  dataOf: field => (typeof field === 'string' ? decodeBase64(field, 'base64url') : undefined),
}

function formatRecord({ baseName, baseTime, name, label, value }: SenmlRecord): string {
  let text = '{'
  if (baseName !== undefined) text += `"bn":"${baseName}",`
  if (baseTime !== undefined) text += `"bt":${formatJsonNumber(baseTime)},`
  if (name !== undefined) text += `"n":"${name}",`
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
