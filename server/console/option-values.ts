import { printable } from '../../objects/printable.ts'
import type { CoapOption } from '../../transport/coap/message.ts'
import { OptionNumber, stringOption } from '../../transport/coap/options.ts'
import { ConsoleError } from './console-error.ts'
import { contentFormats, optionName, optionNumbers } from './names.ts'
import { parseExpression } from './python-syntax.ts'
import { type Call, evaluate, isNumberWithin, type Value } from './values.ts'

/** How the value of an option is written. */
type OptionForm =
  | { readonly kind: 'text' | 'bytes' | 'empty' | 'block' }
  /** An integer that takes up at least `bytes`, as test scripts expect it; a receiver ignores leading zeros (RFC 7252 §3.2). */
  | { readonly kind: 'integer'; readonly bytes: number; readonly maximum: number }

const text: OptionForm = { kind: 'text' }
const bytes: OptionForm = { kind: 'bytes' }
const block: OptionForm = { kind: 'block' }
const oneByte: OptionForm = { kind: 'integer', bytes: 1, maximum: 0xff }
const twoBytes: OptionForm = { kind: 'integer', bytes: 2, maximum: 0xffff }
const fourBytes: OptionForm = { kind: 'integer', bytes: 4, maximum: 0xffffffff }

const forms: ReadonlyMap<string, OptionForm> = new Map<string, OptionForm>([
  ['IF_MATCH', bytes],
  ['URI_HOST', text],
  ['ETAG', bytes],
  ['IF_NONE_MATCH', { kind: 'empty' }],
  ['OBSERVE', { kind: 'integer', bytes: 1, maximum: 0xffffff }],
  ['URI_PORT', twoBytes],
  ['LOCATION_PATH', text],
  ['OSCORE', bytes],
  ['URI_PATH', text],
  ['CONTENT_FORMAT', twoBytes],
  ['MAX_AGE', fourBytes],
  ['URI_QUERY', text],
  ['HOP_LIMIT', oneByte],
  ['ACCEPT', twoBytes],
  ['LOCATION_QUERY', text],
  ['BLOCK2', block],
  ['BLOCK1', block],
  ['SIZE2', fourBytes],
  ['PROXY_URI', text],
  ['PROXY_SCHEME', text],
  ['SIZE1', fourBytes],
  ['ECHO', bytes],
  ['NO_RESPONSE', oneByte],
  ['REQUEST_TAG', bytes],
])

const hints = {
  text: '(text)',
  bytes: '(bytes)',
  empty: '',
  integer: '(number)',
  block: '(number, more, size)',
} as const

/** What goes between the brackets of each option, for whoever types one: `(number, more, size)` for `BLOCK1`. */
export const optionHints: ReadonlyMap<string, string> = new Map(
  Array.from(forms, ([name, { kind }]) => [name, hints[kind]]),
)

/**
 * Reads an option as it is typed: `URI_PATH("3")`, `BLOCK1(0,True,64)`, `ACCEPT(112)`, `ACCEPT(TEXT_PLAIN)`,
 * `IF_NONE_MATCH`, `Option(2049, b"\x01")`, each also behind `coap.Option.`. Throws ConsoleError.
 */
export function parseOption(typed: string): CoapOption {
  const value = evaluate(parseExpression(typed), { call: optionCall, name: optionConstant })
  if (isOption(value)) return value
  throw new ConsoleError(`not an option: ${printable(typed)} (write one such as URI_PATH("3"))`)
}

/** The option that a call makes; undefined when it is of something else. Throws ConsoleError. */
export function optionCall({ path, args, keywords, position }: Call): CoapOption | undefined {
  const name = unqualified(path)
  if (name === 'Option') return numberedOption(allOf(name, args, keywords, ['number', 'content'], position))
  const number = optionNumbers.get(name)
  const form = forms.get(name)
  if (number === undefined || form === undefined) return undefined
  switch (form.kind) {
    case 'empty':
      allOf(name, args, keywords, [], position)
      return { number, value: new Uint8Array(0) }
    case 'block': {
      const [index, more, size] = allOf(name, args, keywords, ['seq_num', 'has_more', 'block_size'], position)
      return blockValue(number, index, more, size)
    }
    default: {
      const [value] = allOf(name, args, keywords, ['value'], position)
      return { number, value: encode(name, form, value) }
    }
  }
}

/**
 * The value of a name about options or Content-Formats: `IF_NONE_MATCH`, `TEXT_PLAIN`, `coap.ContentFormat.TEXT_PLAIN`,
 * `coap.Option.ACCEPT.TEXT_PLAIN`, `coap.ContentFormatOption.TEXT_PLAIN`. Undefined when it is about something else.
 */
export function optionConstant(path: readonly string[]): Value | undefined {
  const name = path.at(-1) as string
  const holder = path.at(-2)
  const contentFormat = contentFormats.get(name)
  if (contentFormat !== undefined) {
    if (holder === undefined || holder === 'ContentFormat') return contentFormat
    if (holder === 'CONTENT_FORMAT' || holder === 'ContentFormatOption') return contentFormatOption(contentFormat)
    if (holder === 'ACCEPT' || holder === 'AcceptOption') return acceptOption(contentFormat)
  }
  return unqualified(path) === 'IF_NONE_MATCH'
    ? { number: optionNumbers.get('IF_NONE_MATCH') as number, value: new Uint8Array(0) }
    : undefined
}

/** Two bytes, also for 0. Throws ConsoleError beyond 65,535. */
export function contentFormatOption(contentFormat: number): CoapOption {
  return integerOption('CONTENT_FORMAT', contentFormat)
}

/** Two bytes, also for 0. Throws ConsoleError beyond 65,535. */
export function acceptOption(contentFormat: number): CoapOption {
  return integerOption('ACCEPT', contentFormat)
}

/** One byte where it fits. Throws ConsoleError beyond 16,777,215 (RFC 7641 §2). */
export function observeOption(observe: number): CoapOption {
  return integerOption('OBSERVE', observe)
}

export function queryOption(query: string): CoapOption {
  return stringOption(OptionNumber.uriQuery, query)
}

/** Whether two options mean the same: an integer may have leading zeros (RFC 7252 §3.2). */
export function sameOption(a: CoapOption, b: CoapOption): boolean {
  if (a.number !== b.number) return false
  const kind = forms.get(optionName(a.number))?.kind
  const isInteger = kind === 'integer' || kind === 'block'
  return Buffer.compare(isInteger ? significant(a.value) : a.value, isInteger ? significant(b.value) : b.value) === 0
}

export function isOption(value: Value): value is CoapOption {
  return typeof value === 'object' && value !== null && 'number' in value
}

function integerOption(name: 'CONTENT_FORMAT' | 'ACCEPT' | 'OBSERVE', value: number): CoapOption {
  return { number: optionNumbers.get(name) as number, value: encode(name, forms.get(name) as OptionForm, value) }
}

/** Without `coap.` and `Option.`. */
function unqualified(path: readonly string[]): string {
  const rest = path[0] === 'coap' ? path.slice(1) : path
  return (rest[0] === 'Option' && rest.length > 1 ? rest.slice(1) : rest).join('.')
}

/** The arguments in their order, none missing and none left over. */
function allOf(
  name: string,
  args: readonly Value[],
  keywords: ReadonlyMap<string, Value>,
  parameters: readonly string[],
  position: number,
): Value[] {
  const values = parameters.map((parameter, index) => args[index] ?? keywords.get(parameter))
  const isComplete = args.length + keywords.size === parameters.length && !values.includes(undefined)
  if (isComplete) return values as Value[]
  throw new ConsoleError(
    parameters.length === 0 ? `${name} takes no arguments` : `${name} takes ${parameters.join(', ')}`,
    { position },
  )
}

function encode(name: string, form: OptionForm, value: Value | undefined): Uint8Array {
  if (form.kind === 'text') {
    if (typeof value === 'string') return Buffer.from(value)
    throw new ConsoleError(`${name} needs text, such as ${name}("a")`)
  }
  if (form.kind === 'bytes') {
    if (value instanceof Uint8Array) return value
    throw new ConsoleError(`${name} needs bytes, such as ${name}(b"a")`)
  }
  const maximum = form.kind === 'integer' ? form.maximum : 0
  if (!isNumberWithin(value, maximum)) throw new ConsoleError(`${name} is a number of 0–${maximum}`)
  return uint(value, form.kind === 'integer' ? form.bytes : 0)
}

/** Unlike the engine's own this lets through what a peer has to cope with: 2,048, the exponent that is reserved. */
function blockValue(
  number: number,
  index: Value | undefined,
  more: Value | undefined,
  size: Value | undefined,
): CoapOption {
  const exponent = typeof size === 'number' ? Math.log2(size) - 4 : Number.NaN
  if (
    !isNumberWithin(index, 0xfffff) ||
    !isNumberWithin(exponent, 7) ||
    (typeof more !== 'boolean' && !isNumberWithin(more, 1))
  ) {
    throw new ConsoleError(
      `${optionName(number)} is a number of 0–1048575, True or False, and a size of 16, 32, … 2048, such as (0, True, 64)`,
    )
  }
  return { number, value: uint(index * 16 + (Number(more) << 3) + exponent, 0) }
}

function numberedOption([number, content]: readonly Value[]): CoapOption {
  if (isNumberWithin(number, 0xffff) && content instanceof Uint8Array) return { number, value: content }
  throw new ConsoleError('Option needs a number of 0–65535 and bytes, such as Option(2049, b"a")')
}

/** Big-endian, in no fewer than `minBytes`. */
function uint(value: number, minBytes: number): Buffer {
  const whole = Buffer.alloc(4)
  whole.writeUInt32BE(value)
  return whole.subarray(Math.min(4 - significant(whole).length, 4 - minBytes))
}

function significant(value: Uint8Array): Uint8Array {
  const start = value.findIndex(byte => byte !== 0)
  return start === -1 ? value.subarray(value.length) : value.subarray(start)
}
