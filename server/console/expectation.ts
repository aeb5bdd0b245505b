import type { Packet } from '../../transport/coap/packet.ts'
import { describeMessage } from './details.ts'
import type { Expected } from './message-expression.ts'
import { sameOption } from './option-values.ts'
import { summarize } from './summary.ts'
import { ANY, type MessageTemplate } from './template.ts'

/**
 * How what was received, or that nothing was, differs from what was expected, a line each; none when it does not. Options that
 * mean the same are equal. Over a stream, whose packets have neither type nor message id, these are left out.
 */
export function compare(expected: Expected, received: Packet | undefined, isStream = false): string[] {
  if (expected === ANY) return []
  if (expected === null) return ['no message expected']
  if (received === undefined) return ['no message received']
  const { type, code, messageId, token, payload } = expected
  const differences: string[] = []
  if (!isStream && type !== received.type) differences.push('unexpected CoAP type')
  if (code !== received.code) differences.push('unexpected CoAP code')
  if (!isStream && messageId !== ANY && messageId !== received.messageId) {
    differences.push('unexpected CoAP message ID')
  }
  if (token !== ANY && Buffer.compare(token, received.token) !== 0) differences.push('unexpected CoAP token')
  if (!sameOptions(expected, received)) differences.push('unexpected CoAP option list')
  if (payload !== ANY && Buffer.compare(payload, received.payload) !== 0) differences.push('unexpected CoAP content')
  return differences
}

/** The differences between what was received and what was expected, and both; undefined when there are none. */
export function report(expected: Expected, received: Packet | undefined, isStream = false): string | undefined {
  const differences = compare(expected, received, isStream)
  if (differences.length === 0) return undefined
  const isMissing = expected === null || received === undefined
  return [
    '*** unexpected message ***',
    ...differences,
    ...(isMissing ? [] : ['']),
    '--- GOT ---',
    whole(received ?? null),
    '--- EXPECTED ---',
    whole(expected),
    '------',
  ].join('\n')
}

/** One line: `Update /rd/demo: `, `None`, `ANY`. */
export function describeExpected(expected: Expected): string {
  if (expected === ANY) return 'ANY'
  return expected === null ? 'None' : summarize(expected)
}

function whole(message: Expected): string {
  return message === ANY || message === null ? describeExpected(message) : describeMessage(message)
}

function sameOptions(expected: MessageTemplate, received: Packet): boolean {
  const { options } = expected
  if (options === ANY) return true
  if (options.length !== received.options.length) return false
  return options.every((option, index) => {
    const other = received.options[index]
    return other !== undefined && sameOption(option, other)
  })
}
