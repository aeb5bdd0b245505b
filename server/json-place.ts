import { FormatError } from '../objects/errors.ts'
import { type JsonValue, parseJson } from '../objects/formats/number-json.ts'
import { printable } from '../objects/printable.ts'
import { BootstrapConfigError } from './errors.ts'

/** A value of a JSON document and where it is, so that a fault can name the place and never the value. */
export class JsonPlace {
  readonly #value: JsonValue | undefined
  readonly #place: string

  private constructor(value: JsonValue | undefined, place: string) {
    this.#value = value
    this.#place = place
  }

  /** The whole of a document. Throws BootstrapConfigError with line and column where it is no JSON. */
  static document(text: string): JsonPlace {
    try {
      return new JsonPlace(parseJson(text), '')
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      throw new BootstrapConfigError(locate(error.message, text))
    }
  }

  /** The error for this value; `what` goes on after its place. */
  fault(what: string): BootstrapConfigError {
    return new BootstrapConfigError(`${this.#place === '' ? 'the document' : this.#place} ${what}`)
  }

  get isObject(): boolean {
    return this.#value instanceof Map
  }

  /** A member of this object, which may be absent. */
  member(name: string): JsonPlace {
    return new JsonPlace(this.#object().get(name), this.#placeOf(name))
  }

  /** All members of this object, in their order. */
  members(): [name: string, place: JsonPlace][] {
    return [...this.#object()].map(([name, value]) => [name, new JsonPlace(value, this.#placeOf(name))])
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
    return this.#value.map((value, index) => new JsonPlace(value, `${this.#place}[${index}]`))
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

  #object(): ReadonlyMap<string, JsonValue> {
    if (!(this.#value instanceof Map)) throw this.#expected('an object')
    return this.#value
  }

  #expected(what: string): BootstrapConfigError {
    return this.fault(this.#value === undefined ? `is missing; write ${what}` : `is not ${what}`)
  }

  #placeOf(name: string): string {
    if (!/^[A-Za-z_]\w*$/.test(name)) return `${this.#place}[${JSON.stringify(printable(name))}]`
    return this.#place === '' ? name : `${this.#place}.${name}`
  }
}

/** Line and column in place of the position that the reader of JSON tells. */
function locate(message: string, text: string): string {
  const [, what, position] = /^(.*) at (\d+)$/s.exec(message) ?? []
  if (what === undefined) return message
  const lines = text.slice(0, Number(position)).split('\n')
  return `line ${lines.length}, column ${(lines.at(-1) as string).length + 1}: ${what}`
}
