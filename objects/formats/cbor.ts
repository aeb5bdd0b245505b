import { ValueError } from '../errors.ts'
import { checkValue, type ObjectLink, type ResourceType, type Value } from '../value.ts'
import { cborNumber, decodeCbor, decodeCborTime, encodeCbor, encodeCborFloat, encodeCborTime } from './cbor-codec.ts'
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
  switch (type) {
    case 'integer':
    case 'unsigned':
      return encodeCbor(cborNumber(checked as number | bigint))
    case 'float':
      return encodeCborFloat(checked as number)
    case 'time':
      return encodeCborTime(checked as number | bigint)
    case 'objectLink':
      return encodeCbor(formatObjectLink(checked as ObjectLink))
    case 'none':
      throw new ValueError('an executable resource has no value')
    default:
      return encodeCbor(checked as string | boolean | Uint8Array)
  }
}
