import { type CoapOption, isSignal } from '../../transport/coap/message.ts'
import { OptionNumber } from '../../transport/coap/options.ts'
import { blockText } from './block-text.ts'
import { uintValue } from './message-options.ts'
import { codeName, numberedContentFormat, optionName, typeNames } from './names.ts'
import { escaped, hexEscaped } from './python-text.ts'
import { ANY, type MessageTemplate } from './template.ts'

// RFC 8768, RFC 7967.
const hopLimit = 16
const noResponse = 258

/** The header and the options of a message, a line each, and the size of its payload. Ends with a line break. */
export function dumpPacket(message: MessageTemplate): string {
  const { code, type, messageId, token, options, payload } = message
  const tokenText = token === ANY ? 'ANY' : `${escaped(token)} (length: ${token.length})`
  const optionsText = options === ANY ? 'ANY' : `\n    ${options.map(one => dumpOption(code, one)).join('\n    ')}`
  return `version: 1
type: ${typeNames[type]}
code: ${codeName(code)}
msg_id: ${messageId === ANY ? 'ANY' : messageId}
token: ${tokenText}
options:${optionsText}
content: ${payload === ANY ? 'ANY' : `${payload.length} bytes`}
`
}

function dumpOption(code: number, { number, value }: CoapOption): string {
  // The options of signaling messages have numbers of their own (RFC 8323 §5.2).
  const signal = isSignal(code)
  const name = signal ? 'signaling' : optionName(number)
  const text = signal ? hexEscaped(value) : optionText(number, value)
  return `option ${number} (${name}), content (${value.length} bytes): ${text}`
}

function optionText(number: number, value: Uint8Array): string {
  switch (number) {
    case OptionNumber.uriHost:
    case OptionNumber.locationPath:
    case OptionNumber.uriPath:
    case OptionNumber.uriQuery:
    case OptionNumber.locationQuery:
    case OptionNumber.proxyUri:
    case OptionNumber.proxyScheme:
      return escaped(value)
    case OptionNumber.block1:
    case OptionNumber.block2:
      return blockText(value) ?? hexEscaped(value)
    case OptionNumber.contentFormat:
    case OptionNumber.accept:
      return numberText(value, numberedContentFormat)
    case OptionNumber.observe:
    case OptionNumber.uriPort:
    case OptionNumber.maxAge:
    case hopLimit:
    case OptionNumber.size2:
    case OptionNumber.size1:
    case noResponse:
      return numberText(value, String)
    default:
      return hexEscaped(value)
  }
}

/** Bytes that are too many for a number stay bytes. */
function numberText(value: Uint8Array, format: (number: number) => string): string {
  const number = uintValue(value)
  return number === undefined ? hexEscaped(value) : format(number)
}
