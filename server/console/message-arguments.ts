import type { CoapOption, MessageType } from '../../transport/coap/message.ts'
import { decodeUint } from '../../transport/coap/options.ts'
import { ConsoleError } from './console-error.ts'
import { isOption } from './option-values.ts'
import { ANY, type Any } from './template.ts'
import { isNumberWithin, type Value } from './values.ts'

/**
 * The arguments of a message by the names that scripts use. Each reader throws ConsoleError that names the argument; None
 * and ANY leave one that can be left out to its default.
 */
export class MessageArguments {
  readonly #values: ReadonlyMap<string, Value>

  constructor(values: ReadonlyMap<string, Value>) {
    this.#values = values
  }

  has(name: string): boolean {
    return this.#given(name) !== undefined
  }

  isAny(name: string): boolean {
    return this.#values.get(name) === ANY
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#missing(name)
  }

  optionalText(name: string): string | undefined {
    const value = this.#given(name)
    if (value === undefined || typeof value === 'string') return value
    throw wrong(name, 'text')
  }

  texts(name: string): readonly string[] {
    return this.optionalTexts(name) ?? this.#missing(name)
  }

  optionalTexts(name: string): readonly string[] | undefined {
    const value = this.#given(name)
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value
    throw wrong(name, 'a list of text')
  }

  integer(name: string): number | undefined {
    const value = this.#given(name)
    if (value === undefined || Number.isSafeInteger(value)) return value as number | undefined
    throw wrong(name, 'a whole number')
  }

  float(name: string): number | undefined {
    const value = this.#given(name)
    if (value === undefined || typeof value === 'number') return value
    throw wrong(name, 'a number')
  }

  boolean(name: string): boolean | undefined {
    const value = this.#given(name)
    if (value === undefined || typeof value === 'boolean') return value
    if (value === 0 || value === 1) return value === 1
    throw wrong(name, 'True or False')
  }

  /** Must be given, if only as ANY. Text is taken as UTF-8. */
  bytesOrAny(name: string): Uint8Array | Any {
    return this.isAny(name) ? ANY : (this.bytes(name) ?? this.#missing(name))
  }

  /** Must be given, if only as ANY. */
  integerOrAny(name: string): number | Any {
    return this.isAny(name) ? ANY : (this.integer(name) ?? this.#missing(name))
  }

  bytes(name: string): Uint8Array | undefined {
    const value = this.#given(name)
    if (value === undefined || value instanceof Uint8Array) return value
    if (typeof value === 'string') return Buffer.from(value)
    throw wrong(name, 'bytes')
  }

  /** The number of a Content-Format, which an option Content-Format or Accept is taken for, too. */
  contentFormat(name: string): number | undefined {
    const value = this.#given(name)
    const number = value !== undefined && isOption(value) ? decodeUint(value.value) : value
    if (number === undefined || isNumberWithin(number, 0xffff)) return number
    throw wrong(name, 'a Content-Format')
  }

  /** null where none is wanted, which None says. */
  contentFormatOrNone(name: string): number | null | undefined {
    return this.#values.get(name) === null ? null : this.contentFormat(name)
  }

  requiredContentFormat(name: string): number {
    return this.contentFormat(name) ?? this.#missing(name)
  }

  code(name: string): number {
    const value = this.#given(name) ?? this.#missing(name)
    if (isNumberWithin(value, 0xff)) return value
    throw wrong(name, 'a code, such as coap.Code.RES_NOT_FOUND')
  }

  type(name: string): MessageType | undefined {
    const value = this.#given(name)
    if (value === undefined || isNumberWithin(value, 3)) return value as MessageType | undefined
    throw wrong(name, 'a type, such as coap.Type.CONFIRMABLE')
  }

  requiredType(name: string): MessageType {
    return this.type(name) ?? this.#missing(name)
  }

  options(name: string): readonly CoapOption[] | undefined {
    const value = this.#given(name)
    if (value === undefined || (Array.isArray(value) && value.every(isOption))) {
      return value
    }
    throw wrong(name, 'a list of options, such as [coap.Option.URI_PATH("3")]')
  }

  #given(name: string): Exclude<Value, null | Any> | undefined {
    const value = this.#values.get(name)
    return value === null || value === ANY ? undefined : value
  }

  #missing(name: string): never {
    throw new ConsoleError(`missing value for argument: ${name}`)
  }
}

function wrong(name: string, kind: string): ConsoleError {
  return new ConsoleError(`${name} is not ${kind}`)
}
