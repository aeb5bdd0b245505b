import { type OptionName, type ParsedPacket, parse } from 'coap-packet'
import { MessageFormatError } from '../errors.ts'
import { type CoapDatagram, type CoapOption, Code, isRequest, isResponse, MessageType, noPayload } from './message.ts'

/**
 * Decodes a datagram by the letter of RFC 7252 §3, which the codec library is laxer than. The result aliases `bytes`.
 * Throws {@link MessageFormatError}.
 */
export function decodeDatagram(bytes: Buffer): CoapDatagram {
  checkHeader(bytes)
  return decodeContent(bytes)
}

/**
 * Decodes a datagram, or a message of a stream behind the header of one, when header and token are known to be well-formed
 * and whole. The result aliases `bytes`. Throws {@link MessageFormatError}.
 */
export function decodeContent(bytes: Buffer): CoapDatagram {
  checkOptions(bytes)
  const packet = parse(bytes)
  return {
    type: ((bytes[0] as number) >> 4) & 3,
    code: bytes[1] as number,
    messageId: packet.messageId,
    token: packet.token,
    options: packet.options.map(numbered),
    payload: packet.payload.length === 0 ? noPayload : packet.payload,
  } as CoapDatagram
}

export function encodeDatagram(datagram: CoapDatagram): Buffer {
  const { type, code, messageId, token, payload } = datagram
  if (code === Code.empty) return encodeEmpty(type, messageId)
  const options = ascending(datagram.options)
  const bytes = Buffer.allocUnsafe(headerBytes + token.length + contentBytes(options, payload))
  writeHeader(bytes, type, token.length, code, messageId)
  writeContent(bytes, headerBytes, token, options, payload)
  return bytes
}

export function writeHeader(
  bytes: Buffer,
  type: MessageType,
  tokenLength: number,
  code: number,
  messageId: number,
): void {
  bytes[0] = (1 << 6) | (type << 4) | tokenLength
  bytes[1] = code
  bytes.writeUInt16BE(messageId, 2)
}

/** In the order in which options are on the wire (RFC 7252 §3.1): the same array where that is its order. */
export function ascending(options: readonly CoapOption[]): readonly CoapOption[] {
  for (let index = 1; index < options.length; index++) {
    if ((options[index - 1] as CoapOption).number > (options[index] as CoapOption).number) {
      return options.toSorted((a, b) => a.number - b.number)
    }
  }
  return options
}

/** How much follows the token: the options, which are ascending, the payload and its marker. */
export function contentBytes(options: readonly CoapOption[], payload: Uint8Array): number {
  let length = payload.length === 0 ? 0 : 1 + payload.length
  let before = 0
  // By index, here and below: an iterator would make an object for each option of each message.
  for (let index = 0; index < options.length; index++) {
    const { number, value } = options[index] as CoapOption
    length += 1 + extendedBytes(number - before) + extendedBytes(value.length) + value.length
    before = number
  }
  return length
}

/** Writes what follows a header, the options ascending: the same over datagrams and streams (RFC 7252 §3, RFC 8323 §3.2). */
export function writeContent(
  bytes: Buffer,
  start: number,
  token: Uint8Array,
  options: readonly CoapOption[],
  payload: Uint8Array,
): void {
  bytes.set(token, start)
  let end = start + token.length
  let before = 0
  for (let index = 0; index < options.length; index++) {
    const { number, value } = options[index] as CoapOption
    end = writeOption(bytes, end, number - before, value)
    before = number
  }
  if (payload.length === 0) return
  bytes[end] = payloadMarker
  bytes.set(payload, end + 1)
}

/** RFC 7252 §3.1: up to 12 in a nibble, up to 268 in one byte more, the rest in two. */
function extendedBytes(count: number): number {
  return count < 13 ? 0 : count < 269 ? 1 : 2
}

function nibbleOf(count: number): number {
  return count < 13 ? count : count < 269 ? 13 : 14
}

/** Returns where the next option begins. */
function writeOption(bytes: Buffer, start: number, delta: number, value: Uint8Array): number {
  bytes[start] = (nibbleOf(delta) << 4) | nibbleOf(value.length)
  const index = writeExtended(bytes, writeExtended(bytes, start + 1, delta), value.length)
  bytes.set(value, index)
  return index + value.length
}

function writeExtended(bytes: Buffer, index: number, count: number): number {
  if (count < 13) return index
  return count < 269 ? bytes.writeUInt8(count - 13, index) : bytes.writeUInt16BE(count - 269, index)
}

/** An Empty message: a bare acknowledgement, reset or ping (RFC 7252 §4.1). */
export function encodeEmpty(type: MessageType, messageId: number): Buffer {
  return Buffer.from([(1 << 6) | (type << 4), Code.empty, messageId >> 8, messageId & 0xff])
}

/** Type and message id of a datagram that may be malformed, so that it can be rejected; undefined when not CoAP at all. */
export function peekHeader(bytes: Uint8Array): { readonly type: MessageType; readonly messageId: number } | undefined {
  if (bytes.length < headerBytes || (bytes[0] as number) >> 6 !== 1) return undefined
  return {
    type: (((bytes[0] as number) >> 4) & 3) as MessageType,
    messageId: ((bytes[2] as number) << 8) | (bytes[3] as number),
  }
}

export const headerBytes = 4
const maxTokenBytes = 8
const payloadMarker = 0xff
const maxOptionNumber = 65_535

function checkHeader(bytes: Buffer): void {
  const length = bytes.length
  if (length < headerBytes) throw new MessageFormatError('shorter than the four bytes of a header')
  const first = bytes[0] as number
  if (first >> 6 !== 1) throw new MessageFormatError('not version 1')
  const code = bytes[1] as number
  const tokenLength = first & 15
  if (code === Code.empty) {
    if (length > headerBytes || tokenLength > 0) throw new MessageFormatError('an Empty message with content')
    return
  }
  if (!isRequest(code) && !isResponse(code)) throw new MessageFormatError('a reserved code class')
  if (((first >> 4) & 3) === MessageType.reset) throw new MessageFormatError('a Reset message that is not Empty')
  checkTokenLength(tokenLength)
  if (headerBytes + tokenLength > length) throw new MessageFormatError('cut short in the token')
}

/** Lengths of 9–15 are reserved (RFC 7252 §3, RFC 8323 §3.2). */
export function checkTokenLength(tokenLength: number): void {
  if (tokenLength > maxTokenBytes) throw new MessageFormatError('a token longer than eight bytes')
}

function checkOptions(bytes: Buffer): void {
  const length = bytes.length
  let index = headerBytes + ((bytes[0] as number) & 15)
  let number = 0
  while (index < length) {
    const byte = bytes[index++] as number
    if (byte === payloadMarker) {
      if (index === length) throw new MessageFormatError('a payload marker without payload')
      return
    }
    let delta = byte >> 4
    let valueLength = byte & 15
    if (delta === 15 || valueLength === 15) throw new MessageFormatError('the reserved option nibble 15')
    const extended = (delta > 12 ? delta - 12 : 0) + (valueLength > 12 ? valueLength - 12 : 0)
    if (index + extended > length) throw new MessageFormatError('cut short in an option header')
    if (delta === 13) delta = 13 + (bytes[index++] as number)
    else if (delta === 14) {
      delta = 269 + ((bytes[index] as number) << 8) + (bytes[index + 1] as number)
      index += 2
    }
    if (valueLength === 13) valueLength = 13 + (bytes[index++] as number)
    else if (valueLength === 14) {
      valueLength = 269 + ((bytes[index] as number) << 8) + (bytes[index + 1] as number)
      index += 2
    }
    number += delta
    if (number > maxOptionNumber) throw new MessageFormatError('an option number above 65535')
    index += valueLength
    if (index > length) throw new MessageFormatError('cut short in an option value')
  }
}

/** The library's names for options; it writes numbers for the ones it does not know. */
const numbersByName: ReadonlyMap<string, number> = new Map([
  ['If-Match', 1],
  ['Uri-Host', 3],
  ['ETag', 4],
  ['If-None-Match', 5],
  ['Observe', 6],
  ['Uri-Port', 7],
  ['Location-Path', 8],
  ['OSCORE', 9],
  ['Uri-Path', 11],
  ['Content-Format', 12],
  ['Max-Age', 14],
  ['Uri-Query', 15],
  ['Hop-Limit', 16],
  ['Accept', 17],
  ['Q-Block1', 19],
  ['Location-Query', 20],
  ['Block2', 23],
  ['Block1', 27],
  ['Size2', 28],
  ['Q-Block2', 31],
  ['Proxy-Uri', 35],
  ['Proxy-Scheme', 39],
  ['Size1', 60],
  ['No-Response', 258],
  ['OCF-Accept-Content-Format-Version', 2049],
  ['OCF-Content-Format-Version', 2053],
] satisfies [OptionName, number][])

function numbered(option: ParsedPacket['options'][number]): CoapOption {
  return { number: numbersByName.get(option.name as string) ?? Number(option.name), value: option.value }
}
