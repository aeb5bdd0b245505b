import { OptionNumber } from '../../transport/coap/options.ts'
import { type MessageKind, messageKind } from './message-kind.ts'
import { uintOf } from './message-options.ts'
import { dumpPacket } from './packet-dump.ts'
import { dumpPayload } from './payload-dump.ts'
import { summarize } from './summary.ts'
import { ANY, type MessageTemplate } from './template.ts'

/** All there is to say about a message of the history: `describeMessage` under which way it went. */
export function details(
  message: MessageTemplate,
  direction: 'Send' | 'Recv',
  kind: MessageKind = messageKind(message),
): string {
  return `\n*** ${direction} ***\n${describeMessage(message, kind)}`
}

/** Its summary, its packet and its payload. Ends with a line break; whoever prints it as lines adds another one. */
export function describeMessage(message: MessageTemplate, kind: MessageKind = messageKind(message)): string {
  const { payload } = message
  const payloadText = payload === ANY ? 'ANY\n' : dumpPayload(payload, uintOf(message, OptionNumber.contentFormat))
  return `${summarize(message, kind)}\n\n${dumpPacket(message)}\n${payloadText}\n`
}
