import { printable } from '../objects/printable.ts'

/** A document of another shape than expected. The message names the place, never a value. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
  readonly code = 'WRONG_SHAPE'
}

/** One place of JSON data of unknown shape. What is not as asked for is a {@link ShapeError}. */
export class JsonReader {
  /** What is there, unchecked. */
  readonly value: unknown
  readonly #place: string

  constructor(value: unknown, place: string) {
    this.value = value
    this.#place = place
  }

  text(): string {
    return typeof this.value === 'string' ? this.value : this.fail('a text')
  }

  /** A finite number. */
  number(min: number, max = Number.MAX_VALUE): number {
    const { value } = this
    return typeof value === 'number' && value >= min && value <= max ? value : this.fail('a number in its range')
  }

  integer(min: number, max: number): number {
    return Number.isInteger(this.value) ? this.number(min, max) : this.fail('a whole number')
  }

  oneOf<T>(choices: readonly T[]): T {
    const choice = choices.find(one => one === this.value)
    return choice === undefined ? this.fail(`one of ${choices.join(', ')}`) : choice
  }

  items(): JsonReader[] {
    if (!Array.isArray(this.value)) return this.fail('a list')
    return this.value.map((item: unknown, index) => this.#below(index, item))
  }

  /** The members of an object. */
  members(): [name: string, JsonReader][] {
    return Object.entries(this.#object()).map(([name, value]) => [name, this.#below(name, value)])
  }

  /** A member of an object; the value of one that is missing is undefined. */
  member(name: string): JsonReader {
    const object = this.#object()
    return this.#below(name, Object.hasOwn(object, name) ? object[name] : undefined)
  }

  /** `{[name]: what is read}`, or no member where there is none. */
  optional<N extends string, T>(name: N, read: (member: JsonReader) => T): { readonly [K in N]?: T } {
    const member = this.member(name)
    return (member.value === undefined ? {} : { [name]: read(member) }) as { readonly [K in N]?: T }
  }

  fail(expected: string): never {
    throw new ShapeError(`${this.#place} is not ${expected}`)
  }
  #object(): { readonly [name: string]: unknown } {
    const { value } = this
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.fail('an object')
    return value as { readonly [name: string]: unknown }
  }

  #below(name: string | number, value: unknown): JsonReader {
    return new JsonReader(value, `${this.#place}/${printable(String(name))}`)
  }
}
