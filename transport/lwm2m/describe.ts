import { printable } from '../../objects/printable.ts'
import { type CoapMessage, type CoapOption, Code, describeCode, isRequest, isSignal } from '../coap/message.ts'
import { decodeUint, findStrings, findUint, OptionNumber } from '../coap/options.ts'

const formatNames: ReadonlyMap<number, string> = new Map([
  [0, 'text'],
  [40, 'link-format'],
  [42, 'opaque'],
  [60, 'CBOR'],
  [110, 'SenML JSON'],
  [112, 'SenML CBOR'],
  [11542, 'TLV'],
  [11543, 'LwM2M JSON'],
  [11544, 'LwM2M CBOR'],
])

/** The common name of a Content-Format, or its number. */
export function describeContentFormat(contentFormat: number): string {
  return formatNames.get(contentFormat) ?? String(contentFormat)
}

const longestLine = 1_024

/** One line on a message, for logs: code, target, the options that matter, size of the payload; never its content. */
export function describeMessage(message: CoapMessage): string {
  if (isSignal(message.code)) return describeSignal(message)
  const parts = [describeCode(message.code)]
  if (isRequest(message.code)) parts.push(target(message))
  const location = findStrings(message, OptionNumber.locationPath)
  if (location.length > 0) parts.push(`/${location.join('/')}`)
  const observe = findUint(message, OptionNumber.observe)
  if (observe !== undefined) parts.push(`observe ${observe}`)
  const accept = findUint(message, OptionNumber.accept)
  if (accept !== undefined) parts.push(`accept ${describeContentFormat(accept)}`)
  if (message.payload.length > 0) {
    const contentFormat = findUint(message, OptionNumber.contentFormat)
    const format = contentFormat === undefined ? '' : `${describeContentFormat(contentFormat)}, `
    parts.push(`(${format}${message.payload.length} B)`)
  }
  return printable(parts.join(' '), longestLine)
}

function target(request: CoapMessage): string {
  const path = `/${findStrings(request, OptionNumber.uriPath).join('/')}`
  const query = findStrings(request, OptionNumber.uriQuery)
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}

interface SignalOption {
  readonly name: string
  readonly format: 'empty' | 'string' | 'uint'
}

/** Each signaling code has option numbers of its own (RFC 8323 §5.2, table 2). */
const signalOptions: Readonly<Record<number, Readonly<Record<number, SignalOption>>>> = {
  [Code.csm]: {
    2: { name: 'Max-Message-Size', format: 'uint' },
    4: { name: 'Block-Wise-Transfer', format: 'empty' },
  },
  [Code.ping]: { 2: { name: 'Custody', format: 'empty' } },
  [Code.pong]: { 2: { name: 'Custody', format: 'empty' } },
  [Code.release]: {
    2: { name: 'Alternative-Address', format: 'string' },
    4: { name: 'Hold-Off', format: 'uint' },
  },
  [Code.abort]: { 2: { name: 'Bad-CSM-Option', format: 'uint' } },
}

function describeSignal(message: CoapMessage): string {
  const options = signalOptions[message.code]
  const parts = [describeCode(message.code)]
  for (const option of message.options) parts.push(describeSignalOption(options?.[option.number], option))
  if (message.payload.length > 0) parts.push(`(${message.payload.length} B)`)
  return printable(parts.join(' '), longestLine)
}

function describeSignalOption(known: SignalOption | undefined, { number, value }: CoapOption): string {
  if (known === undefined) return `option ${number}`
  if (known.format === 'empty') return known.name
  return `${known.name} ${known.format === 'uint' ? decodeUint(value) : Buffer.from(value).toString()}`
}
