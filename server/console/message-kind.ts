import { ContentFormat } from '../../objects/formats/format.ts'
import { pathFromSegments } from '../../objects/path.ts'
import { Code, isRequest, MessageType } from '../../transport/coap/message.ts'
import { OptionNumber } from '../../transport/coap/options.ts'
import { optionsOf, optionValues, uintOf } from './message-options.ts'
import { ANY, type MessageTemplate } from './template.ts'

/** What a message means in LwM2M; `plain` is one that means nothing there. */
export type MessageKind =
  | 'continue'
  | 'reset'
  | 'empty'
  | 'errorResponse'
  | 'changed'
  | 'deleted'
  | 'created'
  | 'notify'
  | 'content'
  | 'delete'
  | 'create'
  | 'execute'
  | 'writeAttributes'
  | 'writeComposite'
  | 'write'
  | 'discover'
  | 'observe'
  | 'read'
  | 'bootstrapPackRequest'
  | 'get'
  | 'observeComposite'
  | 'readComposite'
  | 'send'
  | 'deregister'
  | 'update'
  | 'register'
  | 'estCaCerts'
  | 'estSimpleEnroll'
  | 'estSimpleReenroll'
  | 'bootstrapFinish'
  | 'bootstrapRequest'
  | 'plain'

/**
 * The kind of a message by what the message itself says (LwM2M Core 1.2.2 §6, tables of the CoAP binding; EST by the
 * resource names of RFC 9148 §5.1). A message that was made for another purpose may look the same: who made it knows better.
 */
export function messageKind(message: MessageTemplate): MessageKind {
  const { code, type } = message
  if (code === Code.empty) return type === MessageType.reset ? 'reset' : 'empty'
  if (!isRequest(code)) return responseKind(message)
  // Only a response can come with an acknowledgement, and nothing at all with a reset (RFC 7252 table 1).
  return type === MessageType.confirmable || type === MessageType.nonConfirmable ? requestKind(message) : 'plain'
}

function responseKind(message: MessageTemplate): MessageKind {
  switch (message.code) {
    case Code.continue:
      return 'continue'
    case Code.changed:
      return 'changed'
    case Code.deleted:
      return 'deleted'
    case Code.created:
      return 'created'
    case Code.content:
      return hasOption(message, OptionNumber.observe) ? 'notify' : 'content'
    default: {
      const codeClass = message.code >> 5
      return codeClass === 4 || codeClass === 5 ? 'errorResponse' : 'plain'
    }
  }
}

function requestKind(message: MessageTemplate): MessageKind {
  const segments = optionValues(message, OptionNumber.uriPath).map(value => Buffer.from(value).toString('utf8'))
  const depth = pathFromSegments(segments)?.length
  const last = segments.at(-1)
  switch (message.code) {
    case Code.get:
      return getKind(message, depth, last)
    case Code.post:
      return depth === undefined ? postKind(message, last as string) : downlinkPostKind(message, depth)
    case Code.put:
      if (depth === undefined || depth === 0) return 'plain'
      return carriesValues(message) ? 'write' : 'writeAttributes'
    case Code.delete:
      return depth === undefined ? 'deregister' : 'delete'
    case Code.fetch:
      return hasOption(message, OptionNumber.observe) ? 'observeComposite' : 'readComposite'
    case Code.iPatch:
      return 'writeComposite'
    default:
      return 'plain'
  }
}

function getKind(message: MessageTemplate, depth: number | undefined, last: string | undefined): MessageKind {
  if (depth === undefined) {
    if (last === 'bspack') return 'bootstrapPackRequest'
    return last === 'crts' ? 'estCaCerts' : 'get'
  }
  if (uintOf(message, OptionNumber.accept) === ContentFormat.link) return 'discover'
  if (depth === 0) return 'get'
  return hasOption(message, OptionNumber.observe) ? 'observe' : 'read'
}

/** A POST to a place in the object tree. */
function downlinkPostKind(message: MessageTemplate, depth: number): MessageKind {
  switch (depth) {
    case 0:
      return 'plain'
    case 1:
      return 'create'
    case 3:
      return uintOf(message, OptionNumber.contentFormat) === undefined ? 'execute' : 'write'
    default:
      return 'write'
  }
}

/** A POST to a resource of a server. */
function postKind(message: MessageTemplate, last: string): MessageKind {
  const hasEndpoint = optionValues(message, OptionNumber.uriQuery).some(isEndpointName)
  switch (last) {
    case 'bs':
      return hasEndpoint ? 'bootstrapRequest' : 'bootstrapFinish'
    case 'dp':
      return 'send'
    case 'rd':
      return 'register'
    case 'sen':
      return 'estSimpleEnroll'
    case 'sren':
      return 'estSimpleReenroll'
    default:
      return hasEndpoint ? 'register' : 'update'
  }
}

/** Whether there is something to write: Write-Attributes has neither a format nor a payload. */
function carriesValues(message: MessageTemplate): boolean {
  return (
    hasOption(message, OptionNumber.contentFormat) ||
    message.options === ANY ||
    message.payload === ANY ||
    message.payload.length > 0
  )
}

function isEndpointName(query: Uint8Array): boolean {
  return query[0] === 0x65 && query[1] === 0x70 && query[2] === 0x3d
}

function hasOption(message: MessageTemplate, number: number): boolean {
  return optionsOf(message).some(option => option.number === number)
}
