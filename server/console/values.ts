import { printable } from '../../objects/printable.ts'
import type { CoapOption } from '../../transport/coap/message.ts'
import { ConsoleError } from './console-error.ts'
import type { Expression, Literal } from './python-syntax.ts'
import { ANY, type Any, type MessageTemplate } from './template.ts'

/** What an expression can stand for. */
export type Value = Literal | Any | CoapOption | MessageTemplate | readonly Value[]

/** A call with the values of its arguments. */
export interface Call {
  readonly path: readonly string[]
  readonly args: readonly Value[]
  readonly keywords: ReadonlyMap<string, Value>
  readonly position: number
}

/** What names and calls mean; undefined: nothing. May throw ConsoleError. */
export interface Vocabulary {
  name(path: readonly string[]): Value | undefined
  call(call: Call): Value | undefined
}

/** Looks up what names and calls stand for. Throws ConsoleError with the position of what means nothing. */
export function evaluate(expression: Expression, vocabulary: Vocabulary): Value {
  const { kind, position } = expression
  switch (kind) {
    case 'literal':
      return expression.value
    case 'list':
    case 'tuple':
      return expression.items.map(item => evaluate(item, vocabulary))
    case 'name': {
      const { path } = expression
      const value = path.length === 1 && path[0] === 'ANY' ? ANY : vocabulary.name(path)
      if (value === undefined) throw new ConsoleError(`unknown name: ${printable(path.join('.'))}`, { position })
      return value
    }
    case 'call': {
      const { path } = expression
      const args = expression.args.map(arg => evaluate(arg, vocabulary))
      const keywords = new Map<string, Value>()
      for (const [name, arg] of expression.keywords) keywords.set(name, evaluate(arg, vocabulary))
      const value = vocabulary.call({ path, args, keywords, position })
      if (value === undefined) throw new ConsoleError(`unknown name: ${printable(path.join('.'))}`, { position })
      return value
    }
  }
}

/** Whether a value is a whole number of 0 to `maximum`. */
export function isNumberWithin(value: Value | undefined, maximum: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maximum
}
