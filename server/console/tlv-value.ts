import { parseObjectLink } from '../../objects/formats/object-link.ts'
import { TlvWriter } from '../../objects/formats/tlv-writer.ts'
import { printable } from '../../objects/printable.ts'
import { normalInteger } from '../../objects/value.ts'
import { ConsoleError } from './console-error.ts'
import { parseDouble, parseInteger } from './typed-text.ts'

/** The types by whose names a value can be given; a string and an opaque value are the bytes themselves. */
export const tlvValueTypes = ['int', 'double', 'string', 'opaque', 'objlnk'] as const
export type TlvValueType = (typeof tlvValueTypes)[number]

const minInteger = -(2n ** 63n)
const maxInteger = 2n ** 63n - 1n

/**
 * The value of a TLV for what was typed: an integer in the shortest of 1, 2, 4 and 8 bytes, a double always in 8 (LwM2M Core
 * 1.2.2 Appendix C). Throws ConsoleError.
 */
export function tlvValue(type: TlvValueType, typed: Uint8Array): Uint8Array {
  switch (type) {
    case 'int':
      return integerValue(parseInteger(textOf(typed), minInteger, maxInteger))
    case 'double': {
      const value = Buffer.alloc(8)
      value.writeDoubleBE(parseDouble(textOf(typed)))
      return value
    }
    case 'objlnk':
      return linkValue(textOf(typed))
    default:
      return typed
  }
}

function integerValue(integer: bigint): Uint8Array {
  const writer = new TlvWriter()
  writer.value('integer', normalInteger(integer))
  return writer.finish()
}

function linkValue(text: string): Uint8Array {
  const link = parseObjectLink(text)
  if (link === undefined) throw new ConsoleError(`not an object link such as 3303:0: ${printable(text)}`)
  const writer = new TlvWriter()
  writer.value('objectLink', link)
  return writer.finish()
}

function textOf(typed: Uint8Array): string {
  return Buffer.from(typed).toString('latin1')
}
