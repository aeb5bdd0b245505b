import { FormatError } from './errors.ts'
import { decodeBase64 } from './formats/bytes.ts'
import { type JsonValue, parseJson } from './formats/number-json.ts'
import { printable } from './printable.ts'

/** A value of a JSON document and where it is, so that a fault can name the place and never the value. */
export class JsonPlace {
  readonly #value: JsonValue | undefined
  readonly #place: string
  readonly #toError: (message: string) => Error

  private constructor(value: JsonValue | undefined, place: string, toError: (message: string) => Error) {
    this.#value = value
    this.#place = place
    this.#toError = toError
  }

  /** The whole of a document. Whatever is wrong with it is thrown as `toError` makes it; with line and column where it is no JSON. */
  static document(text: string, toError: (message: string) => Error): JsonPlace {
    try {
      return new JsonPlace(parseJson(text), '', toError)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      throw toError(locate(error.message, text))
    }
  }

  /** The error for this value; `what` goes on after its place. */
  fault(what: string): Error {
    return this.#toError(`${this.#place === '' ? 'the document' : this.#place} ${what}`)
  }

  get isObject(): boolean {
    return this.#value instanceof Map
  }

  get isText(): boolean {
    return typeof this.#value === 'string'
  }

  /** A member of this object, which may be absent. */
  member(name: string): JsonPlace {
    return this.#at(this.#object().get(name), this.#placeOf(name))
  }

  /** All members of this object, in their order. */
  members(): [name: string, place: JsonPlace][] {
    return [...this.#object()].map(([name, value]) => [name, this.#at(value, this.#placeOf(name))])
  }

  /** Refuses members of other names. */
  only(names: readonly string[]): this {
    for (const [name, place] of this.members()) {
      if (!names.includes(name)) throw place.fault(`is not known here; known are ${names.join(', ')}`)
    }
    return this
  }

  /** What `read` makes of this value, or undefined where it is absent. */
  optional<T>(read: (place: JsonPlace) => T): T | undefined {
    return this.#value === undefined ? undefined : read(this)
  }

  items(): JsonPlace[] {
    if (!Array.isArray(this.#value)) throw this.#expected('a list')
    return this.#value.map((value, index) => this.#at(value, `${this.#place}[${index}]`))
  }

  text(): string {
    if (typeof this.#value !== 'string') throw this.#expected('a text')
    return this.#value
  }

  boolean(): boolean {
    if (typeof this.#value !== 'boolean') throw this.#expected('true or false')
    return this.#value
  }

  whole(min: number, max: number): number {
    const value = this.#value
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
    throw this.#expected(`a whole number from ${min} to ${max}`)
  }

  /** A text, a number or a boolean. */
  simple(): string | number | bigint | boolean {
    const value = this.#value
    if (value === null || value === undefined || typeof value === 'object') throw this.#expected('a simple value')
    return value
  }

  /** A number within these bounds. */
  number(min = -Number.MAX_VALUE, max = Number.MAX_VALUE): number {
    const value = typeof this.#value === 'bigint' ? Number(this.#value) : this.#value
    if (typeof value === 'number' && value >= min && value <= max) return value
    const bounds = max < Number.MAX_VALUE ? ` from ${min} to ${max}` : ''
    throw this.#expected(`a number${bounds}`)
  }

  oneOf<const T extends string>(choices: readonly T[]): T {
    const choice = choices.find(one => one === this.#value)
    if (choice === undefined) throw this.#expected(`one of ${choices.join(', ')}`)
    return choice
  }

  /** Bytes as `{"hex": "00ff"}`, `{"base64": "AP8="}` or `{"text": "…"}` in UTF-8. */
  bytes(): Uint8Array {
    if (!this.isObject) throw this.fault('is no bytes; write {"hex": "…"}, {"base64": "…"} or {"text": "…"}')
    const [member, ...others] = this.only(byteForms).members()
    if (member === undefined || others.length > 0) throw this.fault(`has other than one of ${byteForms.join(', ')}`)
    const [form, content] = member
    const text = content.text()
    const bytes = form === 'text' ? Buffer.from(text) : form === 'hex' ? decodeHex(text) : decodeBase64(text, 'base64')
    if (bytes === undefined) throw content.fault(`is not ${form}`)
    return bytes
  }

  #at(value: JsonValue | undefined, place: string): JsonPlace {
    return new JsonPlace(value, place, this.#toError)
  }

  #object(): ReadonlyMap<string, JsonValue> {
    if (!(this.#value instanceof Map)) throw this.#expected('an object')
    return this.#value
  }

  #expected(what: string): Error {
    return this.fault(this.#value === undefined ? `is missing; write ${what}` : `is not ${what}`)
  }

  #placeOf(name: string): string {
    if (!/^\w+$/.test(name)) return `${this.#place}[${JSON.stringify(printable(name))}]`
    return this.#place === '' ? name : `${this.#place}.${name}`
  }
}

/** The members of which bytes have one. */
export const byteForms: readonly string[] = ['hex', 'base64', 'text']

function decodeHex(text: string): Buffer | undefined {
  return /^(?:[0-9A-Fa-f]{2})*$/.test(text) ? Buffer.from(text, 'hex') : undefined
}

/** Line and column in place of the position that the reader of JSON tells. */
function locate(message: string, text: string): string {
  const [, what, position] = /^(.*) at (\d+)$/s.exec(message) ?? []
  if (what === undefined) return message
  const lines = text.slice(0, Number(position)).split('\n')
  return `line ${lines.length}, column ${(lines.at(-1) as string).length + 1}: ${what}`
}
