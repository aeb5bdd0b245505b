import { messageTemplate } from '../../../server/console/message-template.ts'
import { contentFormatOption } from '../../../server/console/option-values.ts'
import { summarize } from '../../../server/console/summary.ts'
import { Code, isRequest, isSignal, MessageType, noPayload } from '../../../transport/coap/message.ts'
import { OptionNumber } from '../../../transport/coap/options.ts'
import { bool, bytes, int } from '../../line/argument-types.ts'
import { list } from '../../line/collection-types.ts'
import { code, messageType, option } from '../../line/message-types.ts'
import { command, optional, required } from '../define.ts'
import { sendMessage } from '../message-command.ts'

const octetStream = 42

/** Whatever one likes, whether it makes sense or not. */
export const packetCommands = [
  command('coap', {
    help:
      'Sends a CoAP message of any kind. A response without message id and token answers the last request that was\n' +
      'received, unless respond=0. Content is of format 42 unless the options have a Content-Format.',
    example: 'coap NON_CONFIRMABLE REQ_GET options=URI_PATH("3"),URI_PATH("0")',
    parameters: {
      type: optional(messageType, MessageType.confirmable),
      code: optional(code, Code.get),
      msg_id: optional(int),
      token: optional(bytes, noPayload),
      options: optional(list(option), []),
      content: optional(bytes, noPayload),
      respond: optional(bool, true),
    },
    async run({ type, code: messageCode, msg_id: messageId, token, options, content, respond }, context) {
      const isFormatted = content.length === 0 || options.some(({ number }) => number === OptionNumber.contentFormat)
      const allOptions = isFormatted ? options : [...options, contentFormatOption(octetStream)]
      const isAnswer = respond && messageId === undefined && token.length === 0 && answers(messageCode)
      const request = isAnswer ? context.console.lastRequest : undefined
      if (request !== undefined) context.print(`responding to: ${summarize(request)}`)
      await sendMessage(
        request === undefined
          ? messageTemplate(type, messageCode, { messageId, token }, allOptions, content)
          : messageTemplate(MessageType.acknowledgement, messageCode, request, allOptions, content),
        context,
        'plain',
      )
    },
  }),
  command('udp', {
    help: 'Sends these bytes as they are: one datagram, or the next ones of a stream.',
    example: String.raw`udp \x40\x01\x12\x34`,
    parameters: { content: required(bytes) },
    run: ({ content }, { console }) => console.sendRaw(content),
  }),
]

/** Whether a message of this code can be the answer to a request. */
function answers(messageCode: number): boolean {
  return messageCode !== Code.empty && !isRequest(messageCode) && !isSignal(messageCode)
}
