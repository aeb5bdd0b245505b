import { OperationError } from '../errors.ts'
import { formatPath } from '../path.ts'
import { ContentFormat, type DataFormat } from './format.ts'
import { requireSinglePlace, singleValue } from './single-value.ts'
import { checkedValue } from './typed-value.ts'

/** Opaque: the bytes of one value of type opaque (LwM2M Core 1.2.2 §7.5.2). */
export const opaqueFormat: DataFormat = {
  contentFormat: ContentFormat.opaque,

  encode(base, values, schema) {
    const value = singleValue(base, values, schema)
    if (value instanceof Uint8Array) return new Uint8Array(value)
    throw new OperationError('NOT_ACCEPTABLE', `${formatPath(base)} is not of type opaque`)
  },

  decode(base, payload, schema) {
    requireSinglePlace(base, schema)
    const type = schema.resource(base[0] as number, base[2] as number)?.type
    if (type !== undefined && type !== 'opaque') {
      throw new OperationError('UNSUPPORTED_CONTENT_FORMAT', `${formatPath(base)} is not of type opaque`)
    }
    return [{ path: base, value: checkedValue(base, payload, schema) }]
  },
}
