import { FormatError, OperationError } from '../errors.ts'
import { formatPath } from '../path.ts'
import { checkValue, normalInteger, type ResourceType, type Value } from '../value.ts'
import { asBuffer, decodeBase64, decodeUtf8 } from './bytes.ts'
import { formatDecimal, parseDecimal } from './decimal.ts'
import { ContentFormat, type DataFormat } from './format.ts'
import { formatObjectLink, parseObjectLink } from './object-link.ts'
import { requireSinglePlace, singleValue } from './single-value.ts'
import { checkedValue, typeOf } from './typed-value.ts'

// Twenty digits hold 2^64 - 1.
const integerPattern = /^-?\d{1,20}$/

/**
 * Plain text: one value as UTF-8 text (LwM2M Core 1.2.2 §7.5.1, Appendix C). A resource the schema does not know is
 * refused with NOT_FOUND, since text does not tell its type.
 */
export const textFormat: DataFormat = {
  contentFormat: ContentFormat.text,

  encode(base, values, schema) {
    const value = singleValue(base, values, schema)
    return Buffer.from(formatText(checkValue(typeOf(base, value, schema), value)))
  },

  decode(base, payload, schema) {
    requireSinglePlace(base, schema)
    const resource = schema.resource(base[0] as number, base[2] as number)
    if (resource === undefined) {
      throw new OperationError('NOT_FOUND', `${formatPath(base)} is of no known type, and text does not tell it`)
    }
    const value = parseText(resource.type, decodeUtf8(payload))
    if (value === undefined) throw new FormatError(`not the text of a value of type ${resource.type}`)
    return [{ path: base, value: checkedValue(base, value, schema) }]
  },
}

/** A value as plain text writes it. */
export function formatText(value: Value): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return formatDecimal(value)
    case 'bigint':
      return value.toString()
    case 'boolean':
      return value ? '1' : '0'
    default:
      return value instanceof Uint8Array ? asBuffer(value).toString('base64') : formatObjectLink(value)
  }
}

/** The value that plain text stands for; undefined where it stands for none of this type. Its range is not checked. */
export function parseText(type: ResourceType, text: string): Value | undefined {
  switch (type) {
    case 'string':
    case 'coreLink':
      return text
    case 'integer':
    case 'unsigned':
    case 'time':
      return integerPattern.test(text) ? normalInteger(BigInt(text)) : undefined
    case 'float':
      return parseDecimal(text)
    case 'boolean':
      return text === '1' ? true : text === '0' ? false : undefined
    case 'opaque':
      return decodeBase64(text, 'base64')
    case 'objectLink':
      return parseObjectLink(text)
    default:
      return undefined
  }
}
