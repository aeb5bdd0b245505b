import type { MessageTemplate } from '../../server/console/template.ts'
import { Code, MessageType } from '../../transport/coap/message.ts'
import { OptionNumber, stringOption, uintOption } from '../../transport/coap/options.ts'

type OptionName = keyof typeof OptionNumber

/** A GET, message id 4,920, of token `aaaaaaaa`, but for what is given. An option with several values comes once for each. */
export function consoleMessage(
  message: Omit<Partial<MessageTemplate>, 'options' | 'payload'> & {
    readonly payload?: MessageTemplate['payload'] | string
    readonly options?: { readonly [name in OptionName]?: number | string | readonly string[] } | symbol
  } = {},
): MessageTemplate {
  const { options = {}, payload = '', ...rest } = message
  return {
    type: MessageType.confirmable,
    code: Code.get,
    messageId: 4920,
    token: Buffer.from('aaaaaaaa'),
    ...rest,
    payload: typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload,
    options: typeof options === 'symbol' ? (options as MessageTemplate['options'] & symbol) : optionList(options),
  }
}

function optionList(options: { readonly [name in OptionName]?: number | string | readonly string[] }) {
  return Object.entries(options)
    .flatMap(([name, values]) => {
      const number = OptionNumber[name as OptionName]
      if (typeof values === 'number') return [uintOption(number, values)]
      return (typeof values === 'string' ? [values] : values).map(value => stringOption(number, value))
    })
    .toSorted((a, b) => a.number - b.number)
}
