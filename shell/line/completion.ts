import type { Candidate } from './argument-type.ts'
import { assign, nextParameter } from './assignment.ts'
import type { Parameter } from './command.ts'
import { splitName, type Word } from './words.ts'

/** What can be typed at the cursor. */
export interface Completion {
  /** The column from which on a candidate replaces what was typed. */
  readonly from: number
  readonly candidates: readonly Candidate[]
}

/** How an argument that is being typed may go on: names of parameters that have no value yet, then values. */
export function completeWord(
  word: Word,
  before: readonly Word[],
  parameters: readonly Parameter[],
  namesArguments: boolean,
): Completion {
  const { words: given } = assign(before, parameters, namesArguments)
  const named = namesArguments ? splitName(word) : undefined
  const parameter = named && parameters.find(({ name }) => name === named.name)
  if (named && parameter) return completeValue(named.value, parameter)
  const next = nextParameter(word.text, parameters, given) ?? parameters.find(one => !given.has(one))
  const { from, candidates } = next ? completeValue(word, next) : { from: word.column, candidates: [] }
  const names = namesArguments ? parameters.filter(one => !given.has(one)) : []
  return { from, candidates: [...beginningWith(word.text, names.map(nameCandidate).sort(byText)), ...candidates] }
}

/** Those that go on from what was typed. */
function beginningWith(typed: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ text }) => text.startsWith(typed))
}

function completeValue({ text, column }: Word, { type }: Parameter): Completion {
  // A quote that is still open belongs to the line, not to the value.
  const quoted = /^['"]/.test(text) ? 1 : 0
  const typed = text.slice(quoted)
  return {
    from: column + quoted,
    candidates: beginningWith(
      typed,
      safely(() => type.candidates?.(typed)),
    ),
  }
}

/** Half of a value may be no value at all. */
function safely(candidates: () => readonly Candidate[] | undefined): readonly Candidate[] {
  try {
    return candidates() ?? []
  } catch {
    return []
  }
}

function nameCandidate({ name, type }: Parameter): Candidate {
  return { text: `${name}=`, meta: type.name }
}

function byText(one: Candidate, other: Candidate): number {
  return one.text < other.text ? -1 : 1
}
