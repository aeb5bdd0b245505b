import { decodePaths } from '../../objects/formats/path-list.ts'
import { formatPath } from '../../objects/path.ts'
import { Code } from '../../transport/coap/message.ts'
import { OptionNumber } from '../../transport/coap/options.ts'
import { blockText } from './block-text.ts'
import { type MessageKind, messageKind } from './message-kind.ts'
import { optionsOf, optionValues, uintOf } from './message-options.ts'
import { codeName, contentFormatName, numberedContentFormat, optionName, typeNames } from './names.ts'
import { bytesLiteral, escaped, hexEscaped } from './python-text.ts'
import { ANY, type Any, type MessageTemplate } from './template.ts'

/** The longest payload that is shown beside a path. */
const maxPreview = 30

/**
 * A message in one line: `Read /3/0/0: accept TEXT_PLAIN`, `Content Anjay`. Line breaks in a payload or a path stay what they
 * are. `kind` is for who knows it better than the message tells.
 */
export function summarize(message: MessageTemplate, kind: MessageKind = messageKind(message)): string {
  return summaries[kind](message)
}

const summaries: Readonly<Record<MessageKind, (message: MessageTemplate) => string>> = {
  continue: message => `Continue, msg_id = ${idText(message)}, token = ${tokenLiteral(message)}`,
  reset: message => `Reset, msg_id = ${idText(message)}`,
  empty: message => `Empty ${typeNames[message.type]}, msg_id = ${idText(message)}`,
  errorResponse: message => `${codeName(message.code)}: ${explanation(message) || '(no details available)'}`,
  changed: message => `Changed ${location(message) || '(no location path)'}`,
  deleted: message => `Deleted ${location(message) || '(no location-path)'}`,
  created: message => `Created ${location(message) || '(no location-path)'}`,
  notify: message =>
    `Notify (${typeNames[message.type]}, seq ${uintOf(message, OptionNumber.observe) ?? ''}, token ${
      message.token === ANY ? 'ANY' : hexEscaped(message.token)
    }) ${contentText(message)}`,
  content: message => `Content ${contentText(message)}`,
  delete: message => `Delete ${uri(message)}`,
  create: message => `Create ${uri(message)}: ${preview(message)}`,
  execute: message => `Execute ${uri(message)}: ${preview(message)}`,
  writeAttributes: message => `Write Attributes ${uri(message)}: ${queries(message).join(', ')}`,
  writeComposite: message => `Write Composite ${uri(message)}: ${written(message)}`,
  write: message => `Write ${message.code === Code.post ? '(update) ' : ''}${uri(message)}: ${written(message)}`,
  discover: message => `Discover ${uri(message)}`,
  observe: message =>
    uintOf(message, OptionNumber.observe) === 1
      ? `Cancel Observation ${uri(message)}`
      : `Observe ${uri(message)}${acceptText(message)}`,
  read: message => `Read ${uri(message)}${acceptText(message)}`,
  bootstrapPackRequest: message => `Bootstrap-Pack-Request ${uri(message)}: ${acceptText(message)}`,
  get: message => `GET ${uri(message) || '/'}${acceptText(message)}`,
  observeComposite: message => `Read-Composite ${pathsText(message)}${acceptText(message)}`,
  readComposite: message => `Read-Composite ${pathsText(message)}${acceptText(message)}`,
  send: message => `Send ${uri(message)}: ${preview(message)}`,
  deregister: message => `De-register ${uri(message)}`,
  update: message => `Update ${uri(message)}: ${preview(message)}`,
  register: message => `Register ${uri(message)}: ${preview(message)}`,
  estCaCerts: message => `EST CA Certificates ${uri(message)}: ${preview(message)}`,
  estSimpleEnroll: message => `EST Simple Enroll ${uri(message)}: ${preview(message)}`,
  estSimpleReenroll: message => `EST Simple Re-enroll ${uri(message)}: ${preview(message)}`,
  bootstrapFinish: message => `Bootstrap Finish ${uri(message)}: ${preview(message)}`,
  bootstrapRequest: message => `Request Bootstrap ${uri(message)}: ${preview(message)}`,
  plain: message =>
    [
      codeName(message.code),
      typeNames[message.type],
      `id=${idText(message)}`,
      `token=${tokenLiteral(message)}`,
      ...blocks(message),
    ].join(', '),
}

function idText({ messageId }: MessageTemplate): string {
  return messageId === ANY ? 'ANY' : String(messageId)
}

function tokenLiteral({ token }: MessageTemplate): string {
  return token === ANY ? 'ANY' : bytesLiteral(token)
}

/** The path and query of the request; nothing for the root. */
function uri(message: MessageTemplate): string {
  const path = slashed(optionValues(message, OptionNumber.uriPath))
  const query = queries(message)
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}

function queries(message: MessageTemplate): string[] {
  return optionValues(message, OptionNumber.uriQuery).map(escaped)
}

function location(message: MessageTemplate): string {
  return slashed(optionValues(message, OptionNumber.locationPath))
}

function slashed(segments: readonly Uint8Array[]): string {
  return segments.map(segment => `/${escaped(segment)}`).join('')
}

function acceptText(message: MessageTemplate): string {
  const accept = uintOf(message, OptionNumber.accept)
  return accept === undefined ? '' : `: accept ${contentFormatName(accept)}`
}

function text(payload: Uint8Array | Any): string {
  return payload === ANY ? 'ANY' : escaped(payload)
}

/** What an error response tells in words (RFC 7252 §5.5.2). */
function explanation({ payload }: MessageTemplate): string {
  return payload === ANY ? '' : escaped(payload)
}

function sizeText({ payload }: MessageTemplate): string {
  return payload === ANY ? 'ANY' : `${payload.length} bytes`
}

/** The payload as text, its beginning only where it is long. */
function preview({ payload }: MessageTemplate): string {
  if (payload === ANY) return 'ANY'
  // No byte becomes less than a character, so more of them cannot show.
  const shown = escaped(payload.subarray(0, maxPreview + 1))
  return shown.length > maxPreview ? `${shown.slice(0, maxPreview - 3)}...` : shown
}

/** A text as it is, anything else as format and size. */
function contentText(message: MessageTemplate): string {
  const contentFormat = uintOf(message, OptionNumber.contentFormat)
  if (contentFormat === undefined || contentFormat === 0) return text(message.payload)
  return `(${numberedContentFormat(contentFormat)}; ${sizeText(message)})`
}

function written(message: MessageTemplate): string {
  const contentFormat = uintOf(message, OptionNumber.contentFormat)
  return `${contentFormat === undefined ? 'no format' : contentFormatName(contentFormat)}, ${sizeText(message)}`
}

/** The paths of a composite request; format and size of a payload that holds none. */
function pathsText(message: MessageTemplate): string {
  const contentFormat = uintOf(message, OptionNumber.contentFormat)
  if (contentFormat !== undefined && message.payload !== ANY) {
    try {
      return decodePaths(contentFormat, message.payload).map(formatPath).join(', ')
    } catch {
      // Whatever it is, a line about it can be written.
    }
  }
  return contentText(message)
}

function blocks(message: MessageTemplate): string[] {
  return optionsOf(message).flatMap(({ number, value }) => {
    const block = number === OptionNumber.block1 || number === OptionNumber.block2 ? blockText(value) : undefined
    return block === undefined ? [] : [`coap.Option.${optionName(number)}(${block})`]
  })
}
