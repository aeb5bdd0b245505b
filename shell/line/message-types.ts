import { ConsoleError } from '../../server/console/console-error.ts'
import { type Expected, parseExpected } from '../../server/console/message-expression.ts'
import { codes, contentFormats, messageTypes, parseCode, securityModes } from '../../server/console/names.ts'
import { optionHints, parseOption } from '../../server/console/option-values.ts'
import type { CoapOption, MessageType } from '../../transport/coap/message.ts'
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

/** An option as it is constructed: `URI_PATH("3")`, `BLOCK1(0,True,64)`. */
export const option: ArgumentType<CoapOption> = {
  name: 'Option',
  parse: parseOption,
  candidates(typed) {
    const name = /^(\w+)\(/.exec(typed)?.[1]
    const hint = name === undefined ? undefined : optionHints.get(name)
    // Past its name there is nothing to insert, only something to know.
    if (name !== undefined) return hint ? [{ text: typed, label: name + hint }] : []
    return Array.from(optionHints, ([one, arguments_]) => ({
      text: arguments_ === '' ? one : `${one}(`,
      ...(arguments_ !== '' && { meta: arguments_ }),
    }))
  },
}

/** A message that is expected: `Lwm2mUpdate("/rd/demo", content=b"")`, `ANY`, `None`. */
export const expectedMessage: ArgumentType<Expected> = { name: 'str', parse: parseExpected }
