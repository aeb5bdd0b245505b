import { ValueError } from '../errors.ts'
import { checkValue, type ObjectLink, type ResourceType, type Value } from '../value.ts'
import { decodeCbor, decodeCborTime, tagEpochTime } from './cbor-reader.ts'
import { CborWriter } from './cbor-writer.ts'
import { ContentFormat, type DataFormat } from './format.ts'
import { formatObjectLink, parseObjectLink } from './object-link.ts'
import { requireSinglePlace, singleValue } from './single-value.ts'
import { checkedValue, typeOf } from './typed-value.ts'

/** CBOR: one value as one CBOR item (LwM2M Core 1.2.2 §7.5.3, Appendix C). */
export const cborFormat: DataFormat = {
  contentFormat: ContentFormat.cbor,

  encode(base, values, schema) {
    const value = singleValue(base, values, schema)
    return encodeValue(typeOf(base, value, schema), value)
  },

  decode(base, payload, schema) {
    requireSinglePlace(base, schema)
    const type = schema.resource(base[0] as number, base[2] as number)?.type
    const item = type === 'time' ? decodeCborTime(payload) : decodeCbor(payload)
    const value = type === 'objectLink' && typeof item === 'string' ? parseObjectLink(item) : item
    return [{ path: base, value: checkedValue(base, value, schema) }]
  },
}

function encodeValue(type: ResourceType, value: Value): Buffer {
  const checked = checkValue(type, value)
  const writer = new CborWriter()
  switch (type) {
    case 'integer':
    case 'unsigned':
      writer.integer(checked as number | bigint)
      break
    case 'float':
      writer.float(checked as number)
      break
    case 'time':
      writer.tag(tagEpochTime)
      writer.integer(checked as number | bigint)
      break
    case 'string':
    case 'coreLink':
      writer.text(checked as string)
      break
    case 'boolean':
      writer.boolean(checked as boolean)
      break
    case 'opaque':
      writer.bytes(checked as Uint8Array)
      break
    case 'objectLink':
      writer.text(formatObjectLink(checked as ObjectLink))
      break
    case 'none':
      throw new ValueError('an executable resource has no value')
  }
  return writer.finish()
}
