/** A word of a command line; columns count from 0. */
export interface Word {
  /** Without the quotes around it. */
  readonly text: string
  /** Where `text` begins. */
  readonly column: number
  /** Where the word ends, with its quotes. */
  readonly end: number
}

/** A run of what is neither space nor quoted, or a quote with all up to the next of its kind, or up to the end. */
const wordPattern = /(?:[^\s'"]|'[^']*(?:'|$)|"[^"]*(?:"|$))+/g

/**
 * The words between the spaces of a line. Quotes keep spaces in a word; they fall away only where one pair is around the
 * whole of it, so that `name=b"a b"` stays an expression. There are no escapes, and a quote may stay open.
 */
export function splitWords(line: string): Word[] {
  return Array.from(line.matchAll(wordPattern), ({ 0: word, index }) => {
    const first = word[0]
    const isQuoted = word.length > 1 && (first === '"' || first === "'") && word.endsWith(first)
    const end = index + word.length
    return isQuoted ? { text: word.slice(1, -1), column: index + 1, end } : { text: word, column: index, end }
  })
}

/** A word `name=value`. */
export interface NamedWord {
  readonly name: string
  readonly value: Word
}

/** The two parts of a word that has the form of a named argument. */
export function splitName({ text, column, end }: Word): NamedWord | undefined {
  const name = /^[A-Za-z0-9_]+(?==)/.exec(text)?.[0]
  if (name === undefined) return undefined
  const length = name.length + 1
  return { name, value: { text: text.slice(length), column: column + length, end } }
}
