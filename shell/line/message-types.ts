import { ConsoleError } from '../../server/console/console-error.ts'
import { codes, contentFormats, messageTypes, parseCode, securityModes } from '../../server/console/names.ts'
import type { MessageType } from '../../transport/coap/message.ts'
import { type ArgumentType } from './argument-type.ts'
import { oneOf, tableCandidates } from './argument-types.ts'
import { visible } from './visible.ts'

/** `CONFIRMABLE`, `NON_CONFIRMABLE`, `ACKNOWLEDGEMENT`, `RESET`. */
export const messageType: ArgumentType<MessageType> = oneOf('Type', messageTypes)

/** `4.04` or `RES_NOT_FOUND`, as the byte on the wire. */
export const code: ArgumentType<number> = {
  name: 'Code',
  parse: parseCode,
  candidates: () => tableCandidates(codes),
}

/** The values of the resource Security Mode: `PreSharedKey`, `NoSec`… */
export const securityMode: ArgumentType<number> = oneOf('SecurityMode', securityModes)

/** A Content-Format for the option that the name tells: its number or its name. */
export function contentFormat(name: 'AcceptOption' | 'ContentFormatOption'): ArgumentType<number> {
  return {
    name,
    parse(typed) {
      const number = contentFormats.get(typed) ?? (/^\d{1,5}$/.test(typed) ? Number(typed) : Number.NaN)
      if (number <= 0xffff) return number
      throw new ConsoleError(`not a Content-Format: ${visible(typed)} (expected its number or name)`)
    },
    candidates: () => tableCandidates(contentFormats),
  }
}
