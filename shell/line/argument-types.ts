import { ConsoleError } from '../../server/console/console-error.ts'
import { parseBytesBody } from '../../server/console/python-syntax.ts'
import type { ArgumentType, Candidate } from './argument-type.ts'
import { visible } from './visible.ts'

/** What was typed, as it is. */
export const text: ArgumentType<string> = { name: 'str', parse: typed => typed }

/** A whole number in decimal digits, of at most 2^53 − 1 in size. */
export const int: ArgumentType<number> = {
  name: 'int',
  parse(typed) {
    if (!/^\s*[+-]?\d+(?:_\d+)*\s*$/.test(typed)) throw new ConsoleError(`not a whole number: ${visible(typed)}`)
    const value = Number(typed.replaceAll('_', ''))
    if (!Number.isSafeInteger(value)) throw new ConsoleError(`too large a number: ${visible(typed)}`)
    return value
  },
}

/** A finite number, such as `0.5`, `5.`, `-1e3`. */
export const float: ArgumentType<number> = {
  name: 'float',
  parse(typed) {
    const isNumber = /^\s*[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?\s*$/i.test(typed)
    const value = isNumber ? Number(typed.replaceAll('_', '')) : Number.NaN
    if (!Number.isFinite(value)) throw new ConsoleError(`not a number: ${visible(typed)}`)
    return value
  },
}

const falseWords: readonly string[] = ['', '0', 'false', 'False']

/** False for nothing, `0`, `false` and `False`; true for every other word, `no` among them. */
export const bool: ArgumentType<boolean> = {
  name: 'bool',
  parse: typed => !falseWords.includes(typed),
  candidates: () => [{ text: 'true' }, { text: 'false' }],
}

/** Bytes as between the quotes of a bytes literal of Python: text, `\x41`, `\n`, `\\`. */
export const bytes: ArgumentType<Uint8Array> = { name: 'EscapedBytes', parse: parseBytesBody }

/** One of the names of a table. */
export function oneOf<T>(name: string, values: ReadonlyMap<string, T>): ArgumentType<T> {
  return {
    name,
    parse(typed) {
      const value = values.get(typed)
      if (value === undefined) throw new ConsoleError(`not a ${name}: ${visible(typed)}`)
      return value
    },
    candidates: () => tableCandidates(values),
  }
}

/** The names of a table, each with its value. */
export function tableCandidates(values: ReadonlyMap<string, unknown>): Candidate[] {
  return Array.from(values, ([name, value]) => ({ text: name, meta: String(value) }))
}
