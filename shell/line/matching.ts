type MatchingRule = 'exact' | 'prefix' | 'snake case' | 'fuzzy'

export interface Match {
  readonly rule: MatchingRule
  /** The names that were meant, at least one, sorted. */
  readonly hits: readonly string[]
}

type Rule = readonly [MatchingRule, (typed: string, name: string) => boolean]

const shortRules: readonly Rule[] = [
  ['exact', (typed, name) => name === typed],
  ['prefix', (typed, name) => name.startsWith(typed)],
]

const allRules: readonly Rule[] = [
  ...shortRules,
  ['snake case', (typed, name) => beginsWords(typed, name.split('_'))],
  ['fuzzy', isSubsequence],
]

/**
 * The names that may be meant by what was typed, by the first rule that finds any: the name itself, the begin of names,
 * begins of their words (`rh` for `reset_history`), letters in the order of a name (`xit` for `exit`). Upper and lower
 * case differ. Without `abbreviations` only the first two rules are tried.
 */
export function matchCommand(typed: string, names: readonly string[], abbreviations = true): Match | undefined {
  for (const [rule, matches] of abbreviations ? allRules : shortRules) {
    const hits = names.filter(name => matches(typed, name))
    if (hits.length > 0) return { rule, hits: hits.sort() }
  }
  return undefined
}

/** Whether `typed` is a begin of each of the first words, one after the other. */
function beginsWords(typed: string, words: readonly string[]): boolean {
  if (typed === '') return true
  const [word, ...rest] = words
  if (word === undefined) return false
  for (let length = 1; length <= word.length && typed[length - 1] === word[length - 1]; length++)
    if (beginsWords(typed.slice(length), rest)) return true
  return false
}

function isSubsequence(typed: string, name: string): boolean {
  let found = 0
  for (const letter of name) if (letter === typed[found]) found++
  return found === typed.length
}
