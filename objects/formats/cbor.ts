import { checkValue } from '../value.ts'
import { decodeCbor, decodeCborTime } from './cbor-reader.ts'
import { CborWriter, epochTimeTag } from './cbor-writer.ts'
import { ContentFormat, type DataFormat } from './format.ts'
import { requireSinglePlace, singleValue } from './single-value.ts'
import { checkedItem, typeOf } from './typed-value.ts'

/** CBOR: one value as one CBOR item (LwM2M Core 1.2.2 §7.5.3, Appendix C). */
export const cborFormat: DataFormat = {
  contentFormat: ContentFormat.cbor,

  encode(base, values, schema) {
    const value = singleValue(base, values, schema)
    const type = typeOf(base, value, schema)
    const writer = new CborWriter()
    if (type === 'time') writer.tag(epochTimeTag)
    writer.value(checkValue(type, value), type === 'float')
    return writer.finish()
  },

  decode(base, payload, schema) {
    requireSinglePlace(base, schema)
    const isTime = schema.resource(base[0] as number, base[2] as number)?.type === 'time'
    const item = isTime ? decodeCborTime(payload) : decodeCbor(payload)
    return [{ path: base, value: checkedItem(base, item, schema) }]
  },
}
