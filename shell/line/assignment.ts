import { ConsoleError } from '../../server/console/console-error.ts'
import type { Parameter } from './command.ts'
import { visible } from './visible.ts'
import { splitName, type Word } from './words.ts'

/** Which word each parameter was given. */
export interface Assignment {
  readonly words: ReadonlyMap<Parameter, Word>
  /** Names that no parameter has; their words went by their place. */
  readonly unrecognized: readonly string[]
  /** Why not all of the words found a parameter. */
  readonly fault: ConsoleError | undefined
}

/** Why a name is there twice, whichever command it is for. */
export function findDoubleName(words: readonly Word[]): ConsoleError | undefined {
  const names = new Set<string>()
  for (const word of words) {
    const name = splitName(word)?.name
    if (name === undefined) continue
    if (names.has(name)) return new ConsoleError(`multiple values for key: ${visible(name)}`, { position: word.column })
    names.add(name)
  }
  return undefined
}

/**
 * Gives the words to the parameters in the order typed: with `namesArguments` a `name=value` to its parameter, any other to
 * the first parameter that has none yet and takes it. Ends at the first word for which there is none.
 */
export function assign(words: readonly Word[], parameters: readonly Parameter[], namesArguments: boolean): Assignment {
  const given = new Map<Parameter, Word>()
  const unrecognized: string[] = []
  const result = (fault?: string, position = 0): Assignment => ({
    words: given,
    unrecognized,
    fault: fault === undefined ? undefined : new ConsoleError(fault, { position }),
  })
  for (const word of words) {
    const named = namesArguments ? splitName(word) : undefined
    const parameter = named && parameters.find(({ name }) => name === named.name)
    if (named && !parameter) unrecognized.push(named.name)
    if (parameter && given.has(parameter))
      return result(`cannot assign named argument to ${parameter.name}: argument already present`, word.column)
    const taker = parameter ?? nextParameter(word.text, parameters, given)
    if (taker === undefined)
      return result('cannot assign positional argument: no more expected parameters', word.column)
    given.set(taker, named && parameter ? named.value : word)
  }
  return result()
}

/** The parameter that a word gets by its place. */
export function nextParameter(
  word: string,
  parameters: readonly Parameter[],
  given: Assignment['words'],
): Parameter | undefined {
  return parameters.find(parameter => !given.has(parameter) && (parameter.takes?.(word) ?? true))
}

/** The values of the arguments by their names. Throws ConsoleError: its message names the argument. */
export function readArguments(
  { words, fault }: Assignment,
  parameters: readonly Parameter[],
): Readonly<Record<string, unknown>> {
  if (fault) throw fault
  const missing = parameters.find(parameter => parameter.required && !words.has(parameter))
  if (missing) throw new ConsoleError(`missing value for argument: ${missing.name}`)
  return Object.fromEntries(
    parameters.flatMap(parameter => {
      const word = words.get(parameter)
      if (word) return [[parameter.name, readArgument(parameter, word)]]
      return 'fallback' in parameter ? [[parameter.name, parameter.fallback]] : []
    }),
  )
}

function readArgument({ name, type }: Parameter, { text, column }: Word): unknown {
  try {
    return type.parse(text)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    const offset = cause instanceof ConsoleError ? (cause.position ?? 0) : 0
    throw new ConsoleError(`${name}: ${message}`, { cause, position: column + offset })
  }
}
