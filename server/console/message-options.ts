import type { CoapOption } from '../../transport/coap/message.ts'
import { decodeUint } from '../../transport/coap/options.ts'
import { ANY, type MessageTemplate } from './template.ts'

/** The longest option value that is a number (RFC 7252 table 4). */
const maxUintBytes = 4

/** The options of a message; none where it may have any. */
export function optionsOf({ options }: MessageTemplate): readonly CoapOption[] {
  return options === ANY ? [] : options
}

/** The values of all options of a number, in their order. */
export function optionValues(message: MessageTemplate, number: number): Uint8Array[] {
  return optionsOf(message)
    .filter(option => option.number === number)
    .map(({ value }) => value)
}

/** The number in the first such option; undefined without one, and when it is too long to be a number. */
export function uintOf(message: MessageTemplate, number: number): number | undefined {
  const option = optionsOf(message).find(one => one.number === number)
  return option === undefined ? undefined : uintValue(option.value)
}

/** The number in an option value; undefined when it is too long to be one. */
export function uintValue(value: Uint8Array): number | undefined {
  return value.length > maxUintBytes ? undefined : decodeUint(value)
}
