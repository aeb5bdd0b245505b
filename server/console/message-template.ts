import { type CoapOption, MessageType, noPayload } from '../../transport/coap/message.ts'
import { ConsoleError } from './console-error.ts'
import { ANY, type Any, type MessageTemplate } from './template.ts'

/** What every message with options can be given. Default: ANY. */
export interface MessageFields {
  /** 0–65,535. */
  readonly messageId?: number | Any | undefined
  /** Up to eight bytes. */
  readonly token?: Uint8Array | Any | undefined
  /** Further ones; in ascending order of number they come behind those that the message has by itself. */
  readonly options?: OptionList | undefined
}

export type OptionList = readonly CoapOption[] | Any

/** What a response needs to be one to a request. */
export interface ResponseFields extends MessageFields {
  readonly messageId: number | Any
  readonly token: Uint8Array | Any
}

/** A message as it was asked for, its options in ascending order. Throws ConsoleError for a field with no place on the wire. */
export function messageTemplate(
  type: MessageType,
  code: number,
  { messageId = ANY, token = ANY }: MessageFields,
  options: OptionList,
  payload: Uint8Array | Any = noPayload,
): MessageTemplate {
  if (messageId !== ANY && !(Number.isInteger(messageId) && messageId >= 0 && messageId <= 0xffff)) {
    throw new ConsoleError(`msg_id is 0–65535, not ${messageId}`)
  }
  if (token !== ANY && token.length > 8) throw new ConsoleError(`token is 0–8 bytes, not ${token.length}`)
  const sorted = options === ANY ? ANY : options.toSorted((a, b) => a.number - b.number)
  return { type, code, messageId, token, options: sorted, payload }
}

/** A confirmable request. Throws as {@link messageTemplate}. */
export function requestTemplate(
  code: number,
  fields: MessageFields,
  options: readonly CoapOption[],
  payload?: Uint8Array | Any,
): MessageTemplate {
  return messageTemplate(MessageType.confirmable, code, fields, joined(options, fields.options), payload)
}

/** Lists of options put together; ANY adds nothing, and only where all are ANY it stays. */
export function joined(...lists: readonly (OptionList | undefined)[]): OptionList {
  const known = lists.filter(list => list !== undefined && list !== ANY)
  return known.length === 0 ? ANY : known.flat()
}
