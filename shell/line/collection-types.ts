import { ConsoleError } from '../../server/console/console-error.ts'
import type { ArgumentType, Candidate } from './argument-type.ts'

/** A part between commas. */
interface Item {
  readonly text: string
  /** Where it begins, from 0. */
  readonly column: number
}

/** Items with commas between, square brackets around them if one likes; nothing is the empty list. */
export function list<T>(item: ArgumentType<T>): ArgumentType<readonly T[]> {
  return {
    name: `List[${item.name}]`,
    parse(typed) {
      const items = splitItems(typed, '[', ']')
      return items.length === 1 && items[0]?.text === '' ? [] : items.map(one => parseItem(item, one))
    },
    candidates: typed => itemCandidates(typed, '[', () => item),
  }
}

/** As many items as there are types, with commas between and round brackets around them. */
export function tuple<T extends readonly unknown[]>(
  ...types: { readonly [K in keyof T]: ArgumentType<T[K]> }
): ArgumentType<T> {
  const example = `(${types.map(type => type.name).join(', ')})`
  return {
    name: `Tuple${example}`,
    parse(typed) {
      if (!/^\s*\(.*\)\s*$/s.test(typed)) throw new ConsoleError(`not of the form ${example}`)
      const items = splitItems(typed, '(', ')')
      if (items.length !== types.length)
        throw new ConsoleError(`expected ${types.length} values as in ${example}, not ${items.length}`)
      return types.map((type, index) => parseItem(type, items[index] ?? { text: '', column: 0 })) as unknown as T
    },
    candidates: typed => itemCandidates(typed, '(', index => types[index]),
  }
}

function parseItem<T>(type: ArgumentType<T>, { text, column }: Item): T {
  try {
    return type.parse(text)
  } catch (cause) {
    if (!(cause instanceof ConsoleError)) throw cause
    throw new ConsoleError(cause.message, { cause: cause.cause, position: column + (cause.position ?? 0) })
  }
}

/** The items of a text without one pair of brackets around it. Throws ConsoleError where brackets do not match. */
function splitItems(typed: string, open: string, close: string): Item[] {
  const start = typed.length - typed.trimStart().length
  const end = typed.trimEnd().length
  const isWrapped = end - start > 1 && typed[start] === open && typed[end - 1] === close
  const [from, to] = isWrapped ? [start + 1, end - 1] : [start, Math.max(start, end)]
  const { commas, unclosed } = scan(typed, from, to)
  if (unclosed !== undefined) throw new ConsoleError(`nothing closes ${typed[unclosed]}`, { position: unclosed })
  const bounds = [from - 1, ...commas, to]
  return bounds.slice(1).map((bound, index) => {
    const raw = typed.slice((bounds[index] ?? 0) + 1, bound)
    const text = raw.trim()
    return { text, column: (bounds[index] ?? 0) + 1 + raw.indexOf(text) }
  })
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** The commas outside of brackets and quotes, and the first of those that nothing closes. */
function scan(typed: string, from: number, to: number) {
  const commas: number[] = []
  const open: { readonly at: number; readonly closedBy: string }[] = []
  for (let at = from; at < to; at++) {
    const character = typed.charAt(at)
    const innermost = open.at(-1)
    const isInQuotes = innermost?.closedBy === '"' || innermost?.closedBy === "'"
    if (isInQuotes && character === '\\') at++
    else if (character === innermost?.closedBy) open.pop()
    else if (isInQuotes) continue
    else if (character === '"' || character === "'") open.push({ at, closedBy: character })
    else if (closing[character]) open.push({ at, closedBy: closing[character] })
    else if (character === ',' && open.length === 0) commas.push(at)
    else if (')]}'.includes(character)) throw new ConsoleError(`nothing opens ${character}`, { position: at })
  }
  return { commas, unclosed: open[0]?.at }
}

/** Completes the item under the cursor, at the end of what was typed. */
function itemCandidates(
  typed: string,
  open: string,
  typeAt: (index: number) => ArgumentType<unknown> | undefined,
): Candidate[] {
  const start = typed.startsWith(open) ? 1 : 0
  const { commas } = scan(typed, start, typed.length)
  const from = Math.max(start, (commas.at(-1) ?? -1) + 1)
  const candidates = typeAt(commas.length)?.candidates?.(typed.slice(from)) ?? []
  return candidates.map(({ text, label = text, meta }) => ({
    text: typed.slice(0, from) + text,
    label,
    ...(meta !== undefined && { meta }),
  }))
}
