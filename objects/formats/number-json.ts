import { FormatError } from '../errors.ts'

/** A JSON value; objects are Maps, so that no key of a peer's choosing becomes a property. */
export type JsonValue = string | number | bigint | boolean | null | JsonValue[] | Map<string, JsonValue>

const maxDepth = 8
// 2^64 - 1 and -2^63. A longer integer is beyond 64 bits, where no digit counts any more, and BigInt() is quadratic.
const maxIntegerLength = 20
const numberPattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const spacePattern = /[ \t\n\r]*/y

/**
 * Reads a JSON text (RFC 8259) and keeps 64-bit integers, which `JSON.parse` rounds: an integer beyond 2^53 becomes a
 * bigint. Stricter than the RFC asks for: a key twice in an object and more than eight levels are refused.
 * Throws {@link FormatError}.
 */
export function parseJson(text: string): JsonValue {
  return new JsonReader(text).document()
}

/** Writes a finite number or bigint as a JSON number. */
export function formatJsonNumber(value: number | bigint): string {
  return Object.is(value, -0) ? '-0' : value.toString()
}

class JsonReader {
  readonly #text: string
  #position = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): JsonValue {
    const value = this.#value(0)
    this.#skipSpace()
    if (this.#position < this.#text.length) throw this.#malformed('text after the end')
    return value
  }

  #value(depth: number): JsonValue {
    if (depth > maxDepth) throw this.#malformed('nested too deeply')
    this.#skipSpace()
    switch (this.#text[this.#position]) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#array(depth)
      case '"':
        return this.#string()
      case 't':
        return this.#literal('true', true)
      case 'f':
        return this.#literal('false', false)
      case 'n':
        return this.#literal('null', null)
      default:
        return this.#number()
    }
  }

  #object(depth: number): Map<string, JsonValue> {
    const object = new Map<string, JsonValue>()
    this.#position++
    if (this.#take('}')) return object
    do {
      this.#skipSpace()
      if (this.#text[this.#position] !== '"') throw this.#malformed('a key expected')
      const key = this.#string()
      if (object.has(key)) throw this.#malformed('a key twice')
      if (!this.#take(':')) throw this.#malformed('":" expected')
      object.set(key, this.#value(depth + 1))
    } while (this.#take(','))
    if (!this.#take('}')) throw this.#malformed('"}" expected')
    return object
  }

  #array(depth: number): JsonValue[] {
    const array: JsonValue[] = []
    this.#position++
    if (this.#take(']')) return array
    do array.push(this.#value(depth + 1))
    while (this.#take(','))
    if (!this.#take(']')) throw this.#malformed('"]" expected')
    return array
  }

  #string(): string {
    const start = this.#position
    let escaped = false
    for (let end = start + 1; end < this.#text.length; end++) {
      const code = this.#text.charCodeAt(end)
      if (code === 0x22) {
        this.#position = end + 1
        return escaped ? this.#unescape(start) : this.#text.slice(start + 1, end)
      }
      if (code < 0x20) break
      if (code === 0x5c) {
        escaped = true
        end++
      }
    }
    throw this.#malformed('a string without its end')
  }

  #unescape(start: number): string {
    try {
      return JSON.parse(this.#text.slice(start, this.#position)) as string
    } catch {
      throw this.#malformed('an unknown escape')
    }
  }

  #number(): number | bigint {
    numberPattern.lastIndex = this.#position
    const match = numberPattern.exec(this.#text)
    if (match === null) throw this.#malformed('a value expected')
    const [literal, fraction, exponent] = match
    this.#position += literal.length
    const value = Number(literal)
    const integral = fraction === undefined && exponent === undefined
    if (!integral || Number.isSafeInteger(value) || literal.length > maxIntegerLength) return value
    return BigInt(literal)
  }

  #literal<T extends JsonValue>(literal: string, value: T): T {
    if (!this.#text.startsWith(literal, this.#position)) throw this.#malformed('a value expected')
    this.#position += literal.length
    return value
  }

  #take(character: string): boolean {
    this.#skipSpace()
    if (this.#text[this.#position] !== character) return false
    this.#position++
    return true
  }

  #skipSpace(): void {
    if ((this.#text.charCodeAt(this.#position) || 0x21) > 0x20) return
    spacePattern.lastIndex = this.#position
    spacePattern.test(this.#text)
    this.#position = spacePattern.lastIndex
  }

  #malformed(what: string): FormatError {
    return new FormatError(`JSON: ${what} at ${this.#position}`)
  }
}
