import { ConsoleError } from './console-error.ts'
import { endOfLiteral, unescapeBytes, unescapeText } from './python-escapes.ts'
import { stringLiteral } from './python-text.ts'

/** What was written, not evaluated. A `position` counts from 0 in the whole text. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Literal; readonly position: number }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly Expression[]; readonly position: number }
  /** `coap.Code.RES_CONTENT`, `ANY`. */
  | { readonly kind: 'name'; readonly path: readonly string[]; readonly position: number }
  | {
      readonly kind: 'call'
      readonly path: readonly string[]
      readonly args: readonly Expression[]
      readonly keywords: ReadonlyMap<string, Expression>
      readonly position: number
    }

/** An integer beyond ±(2⁵³ − 1) is a bigint. */
export type Literal = null | boolean | number | bigint | string | Uint8Array

const maxLength = 1_048_576
const maxDepth = 32
/** Also Python's own; reading an integer takes time by the square of its digits. */
const maxDigits = 4_300

/**
 * Reads the part of Python's expressions that stands for values: None, True, False, numbers, text, bytes, lists, tuples,
 * dotted names and calls of them. Nothing is evaluated. Throws ConsoleError with a position, also for more than 1,048,576
 * characters, 32 levels of nesting, or 4,300 digits of a number.
 */
export function parseExpression(text: string): Expression {
  if (text.length > maxLength) throw new ConsoleError(`longer than ${maxLength} characters`, { position: maxLength })
  return new ExpressionReader(text).whole()
}

/** What a bytes literal in double quotes stands for, its `b"` and `"` left out. Throws ConsoleError with a position. */
export function parseBytesBody(text: string): Buffer {
  const end = endOfLiteral(text, 0, '"')
  if (end < text.length) throw unexpected(text, end, text[end] === '"' ? '; write \\x22' : '; write \\n or \\r')
  return unescapeBytes(text, 0)
}

const constants: ReadonlyMap<string, null | boolean> = new Map([
  ['None', null],
  ['True', true],
  ['False', false],
])

const spacePattern = /[ \t\n\r\f]*/y
const namePattern = /[A-Za-z_][A-Za-z0-9_]*/y
const keywordPattern = /([A-Za-z_][A-Za-z0-9_]*)[ \t\n\r\f]*=(?!=)/y
const quotePattern = /(b?)(['"])/iy
/** Whatever touches a number, for it to be right or wrong as a whole. */
const numberPattern = /([+-]?)[ \t]*([0-9]|\.[0-9])[0-9A-Za-z_.]*(?:(?<=[eE])[+-][0-9A-Za-z_.]*)?/y
const integerPattern = /^(?:0+|[1-9][0-9]*|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/
const floatPattern = /^(?=.*[.eE])(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/

class ExpressionReader {
  readonly #text: string
  #position = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Expression {
    const expression = this.#expression(0)
    if (this.#position < this.#text.length) throw unexpected(this.#text, this.#position)
    return expression
  }

  /** With the space around it. */
  #expression(depth: number): Expression {
    this.#match(spacePattern)
    if (depth > maxDepth) throw fault(`nested more than ${maxDepth} deep`, this.#position)
    const expression = this.#bracketed(depth) ?? this.#quoted() ?? this.#number() ?? this.#named(depth)
    this.#match(spacePattern)
    if (expression !== undefined) return expression
    if (this.#position === this.#text.length) throw fault('a value is missing', this.#position)
    throw unexpected(this.#text, this.#position)
  }

  #bracketed(depth: number): Expression | undefined {
    const position = this.#position
    const open = this.#text[position]
    if (open !== '(' && open !== '[') return undefined
    const items: Expression[] = []
    const close = open === '(' ? ')' : ']'
    const endsInComma = this.#separated(close, () => items.push(this.#expression(depth + 1)))
    const [only] = items
    if (open === '(' && items.length === 1 && only !== undefined && !endsInComma) return only
    return { kind: open === '(' ? 'tuple' : 'list', items, position }
  }

  /** Adjacent literals are one. */
  #quoted(): Expression | undefined {
    const position = this.#position
    const texts: string[] = []
    const bytes: Buffer[] = []
    for (;;) {
      const start = this.#position
      const value = this.#quotedPart()
      if (value === undefined) break
      if (typeof value === 'string') texts.push(value)
      else bytes.push(value)
      if (texts.length > 0 && bytes.length > 0) throw fault('text and bytes cannot be joined', start)
      this.#match(spacePattern)
    }
    if (texts.length + bytes.length === 0) return undefined
    return { kind: 'literal', value: bytes.length > 0 ? Buffer.concat(bytes) : texts.join(''), position }
  }

  #quotedPart(): string | Buffer | undefined {
    const [, prefix, quote] = this.#match(quotePattern) ?? []
    if (prefix === undefined || quote === undefined) return undefined
    const start = this.#position
    const end = endOfLiteral(this.#text, start, quote)
    if (this.#text[end] !== quote) throw fault(`the quote ${quote} is never closed`, start - 1)
    this.#position = end + 1
    const body = this.#text.slice(start, end)
    return prefix === '' ? unescapeText(body, start) : unescapeBytes(body, start)
  }

  #number(): Expression | undefined {
    const position = this.#position
    const [whole, sign] = this.#match(numberPattern) ?? []
    if (whole === undefined) return undefined
    if (whole.length > maxDigits) throw fault(`a number of more than ${maxDigits} digits`, position)
    const digits = whole.slice(sign?.length).trimStart()
    if (integerPattern.test(digits)) {
      const size = BigInt(digits)
      const value = sign === '-' ? -size : size
      return { kind: 'literal', value: isSafe(value) ? Number(value) : value, position }
    }
    if (!floatPattern.test(digits)) throw fault(`not a number: ${stringLiteral(shortened(whole))}`, position)
    return { kind: 'literal', value: sign === '-' ? -Number(digits) : Number(digits), position }
  }

  /** A constant, a dotted name, or a call of it. */
  #named(depth: number): Expression | undefined {
    const position = this.#position
    const first = this.#match(namePattern)?.[0]
    if (first === undefined) return undefined
    const path = [first]
    for (;;) {
      this.#match(spacePattern)
      if (this.#text[this.#position] !== '.') break
      this.#position += 1
      this.#match(spacePattern)
      const next = this.#match(namePattern)?.[0]
      if (next === undefined)
        throw fault(`a name is missing after ${stringLiteral(shortened(path.join('.')))}`, this.#position)
      path.push(next)
    }
    const constant = path.length === 1 ? constants.get(first) : undefined
    if (constant !== undefined) return { kind: 'literal', value: constant, position }
    return this.#text[this.#position] === '(' ? this.#call(path, position, depth) : { kind: 'name', path, position }
  }

  #call(path: readonly string[], position: number, depth: number): Expression {
    const args: Expression[] = []
    const keywords = new Map<string, Expression>()
    this.#separated(')', () => {
      const start = this.#position
      const keyword = this.#match(keywordPattern)?.[1]
      if (keyword === undefined) {
        args.push(this.#expression(depth + 1))
        if (keywords.size > 0) throw fault('an argument without a name follows one with a name', start)
      } else {
        if (keywords.has(keyword)) throw fault(`${shortened(keyword)} is given twice`, start)
        keywords.set(keyword, this.#expression(depth + 1))
      }
    })
    return { kind: 'call', path, args, keywords, position }
  }

  /** From an opening bracket to the closing one. Returns whether a comma came before that. */
  #separated(close: string, read: () => void): boolean {
    const start = this.#position
    this.#position += 1
    let isAfterComma = false
    for (let isFirst = true; ; isFirst = false) {
      this.#match(spacePattern)
      if (this.#position >= this.#text.length) throw fault(`${this.#text[start]} is never closed`, start)
      if (this.#text[this.#position] === close) break
      if (!isFirst && !isAfterComma) throw unexpected(this.#text, this.#position, `; expected , or ${close}`)
      read()
      isAfterComma = this.#text[this.#position] === ','
      if (isAfterComma) this.#position += 1
    }
    this.#position += 1
    return isAfterComma
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#position = pattern.lastIndex
    return match
  }
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}

function unexpected(text: string, position: number, advice = ''): ConsoleError {
  const character = String.fromCodePoint(text.codePointAt(position) ?? 0)
  return fault(`unexpected ${stringLiteral(character)}${advice}`, position)
}

function fault(reason: string, position: number): ConsoleError {
  return new ConsoleError(`${reason} (character ${position + 1})`, { position })
}
