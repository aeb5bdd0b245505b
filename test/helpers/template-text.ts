import { ConsoleError } from '../../server/console/console-error.ts'
import { parseExpected } from '../../server/console/message-expression.ts'
import { codeName } from '../../server/console/names.ts'
import { ANY, type MessageTemplate } from '../../server/console/template.ts'
import { MessageType } from '../../transport/coap/message.ts'

const types = new Map(Object.entries(MessageType).map(([name, type]) => [type, name]))
/** URI_HOST, LOCATION_PATH, URI_PATH, URI_QUERY, LOCATION_QUERY. */
const textOptions: ReadonlySet<number> = new Set([3, 8, 11, 15, 20])

/** A message that a test expects to be built of an expression. */
export function built(expression: string): MessageTemplate {
  const message = parseExpected(expression)
  if (message === null || message === ANY) throw new Error(`${expression} is no message`)
  return message
}

/** `confirmable 0.01 (REQ_GET) | 11=3 11=0 17=h'0070' | h''`: options as text or in hexadecimal, the payload in hexadecimal. */
export function templateText({ type, code, options, payload }: MessageTemplate): string {
  const optionText =
    options === ANY
      ? 'ANY'
      : options
          .map(({ number, value }) => {
            const bytes = Buffer.from(value)
            return `${number}=${textOptions.has(number) ? bytes.toString() : `h'${bytes.toString('hex')}'`}`
          })
          .join(' ')
  const payloadText = payload === ANY ? 'ANY' : `h'${Buffer.from(payload).toString('hex')}'`
  return `${types.get(type)} ${codeName(code)} | ${optionText} | ${payloadText}`
}

/** What a ConsoleError says; anything else that is thrown, or that nothing is, fails the test. */
export function refusal(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof ConsoleError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}
