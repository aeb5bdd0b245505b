import { ContentFormat } from '../../objects/formats/format.ts'
import { type CoapOption, Code, MessageType, noPayload } from '../../transport/coap/message.ts'
import { OptionNumber } from '../../transport/coap/options.ts'
import type { Packet } from '../../transport/coap/packet.ts'
import { ConsoleError } from './console-error.ts'
import { coapPath } from './console-path.ts'
import {
  joined,
  type MessageFields,
  messageTemplate,
  type OptionList,
  type ResponseFields,
} from './message-template.ts'
import { contentFormatOption } from './option-values.ts'
import { ANY, type Any, type MessageTemplate } from './template.ts'

// Responses and Empty messages (RFC 7252 §4, §5.9). Each throws ConsoleError. As an expected message each without a location,
// a format or options has any options.

export interface LocationResponse extends ResponseFields {
  /** Default: ANY. */
  readonly location?: string | Any | undefined
}

export function created(response: LocationResponse): MessageTemplate {
  return acknowledgement(Code.created, response, locationOptions(response.location))
}

export function deleted(response: LocationResponse): MessageTemplate {
  return acknowledgement(Code.deleted, response, locationOptions(response.location))
}

export interface ChangedResponse extends LocationResponse {
  readonly payload?: Uint8Array | Any | undefined
}

export function changed(response: ChangedResponse): MessageTemplate {
  const { location, payload = ANY } = response
  return acknowledgement(Code.changed, response, locationOptions(location), payload)
}

export interface ContentResponse extends ResponseFields {
  readonly payload?: Uint8Array | Any | undefined
  /** Default: ANY. */
  readonly contentFormat?: number | Any | undefined
  /** Default: an acknowledgement. */
  readonly type?: MessageType | undefined
}

export function content(response: ContentResponse): MessageTemplate {
  const { type = MessageType.acknowledgement, contentFormat = ANY, payload = ANY, options } = response
  const format: OptionList = contentFormat === ANY ? ANY : [contentFormatOption(contentFormat)]
  return messageTemplate(type, Code.content, response, joined(format, options), payload)
}

export interface Notification extends MessageFields {
  readonly token: Uint8Array | Any
  readonly payload?: Uint8Array | Any | undefined
  /** Default: ANY. */
  readonly contentFormat?: number | Any | undefined
  /** Default: false. */
  readonly confirmable?: boolean | undefined
}

/** A Notify; its Observe option is one of the further options. */
export function notify(notification: Notification): MessageTemplate {
  const type = notification.confirmable === true ? MessageType.confirmable : MessageType.nonConfirmable
  return content({ ...notification, messageId: notification.messageId ?? ANY, type })
}

export interface ContinueResponse extends ResponseFields {
  /** Default: an acknowledgement. */
  readonly type?: MessageType | undefined
}

/** Named so because `continue` is a word of the language. */
export function continued(response: ContinueResponse): MessageTemplate {
  const { type = MessageType.acknowledgement, options } = response
  return messageTemplate(type, Code.continue, response, joined(options))
}

export interface ErrorResponse extends ResponseFields {
  /** Of class 4 or 5. */
  readonly code: number
}

export function errorResponse(response: ErrorResponse): MessageTemplate {
  const codeClass = response.code >> 5
  if (codeClass !== 4 && codeClass !== 5) throw new ConsoleError('Error responses must have code class 4 or 5')
  return acknowledgement(response.code, response, ANY)
}

export interface EmptyMessage {
  /** Default: an acknowledgement. */
  readonly type?: MessageType | undefined
  /** Default: ANY. */
  readonly messageId?: number | Any | undefined
}

export function empty({ type = MessageType.acknowledgement, messageId }: EmptyMessage): MessageTemplate {
  return messageTemplate(type, Code.empty, { messageId, token: noPayload }, [])
}

export function reset({ messageId }: { readonly messageId?: number | Any | undefined }): MessageTemplate {
  return empty({ type: MessageType.reset, messageId })
}

/** An acknowledgement of a request with any code; a payload that is not empty is one of bytes. */
export function respond(
  { messageId, token }: Pick<Packet, 'messageId' | 'token'>,
  code: number,
  options: readonly CoapOption[],
  payload: Uint8Array,
): MessageTemplate {
  const format = payload.length === 0 ? [] : [contentFormatOption(ContentFormat.opaque)]
  return acknowledgement(code, { messageId, token, options }, format, payload)
}

function acknowledgement(
  code: number,
  response: ResponseFields,
  options: OptionList,
  payload?: Uint8Array | Any,
): MessageTemplate {
  const { acknowledgement: type } = MessageType
  return messageTemplate(type, code, response, joined(options, response.options), payload)
}

function locationOptions(location: string | Any = ANY): readonly CoapOption[] | Any {
  return location === ANY ? ANY : coapPath(location, OptionNumber.locationPath)
}
