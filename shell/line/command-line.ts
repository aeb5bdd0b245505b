import { ConsoleError } from '../../server/console/console-error.ts'
import type { Candidate } from './argument-type.ts'
import { text } from './argument-types.ts'
import { assign, findDoubleName, readArguments } from './assignment.ts'
import type { Command } from './command.ts'
import { type Completion, completeWord } from './completion.ts'
import { explain, type Failure } from './failure.ts'
import { describeCommand } from './help.ts'
import { type Match, matchCommand } from './matching.ts'
import { holdsKey } from './secrets.ts'
import { type Style, testingStyle } from './style.ts'
import { suggest } from './suggestion.ts'
import { visible } from './visible.ts'
import { splitWords, type Word } from './words.ts'

/** A message may list the names of all commands. */
const longestMessage = 4000

/** The commands of a shell, by the line. `help` and `get_error` are among them. */
export class CommandLine<C> {
  readonly #commands: ReadonlyMap<string, Command<C>>
  readonly #names: readonly string[]
  readonly #print: (line: string) => void
  readonly #style: Style
  readonly #emptyLine: ((context: C) => Promise<void> | void) | undefined
  readonly #getError: Command<C>
  #failure: Failure | undefined

  /** `emptyLine`: what a line without words does; undefined: nothing. */
  constructor(
    commands: readonly Command<C>[],
    print: (line: string) => void,
    style: Style = testingStyle,
    emptyLine?: (context: C) => Promise<void> | void,
  ) {
    this.#print = print
    this.#style = style
    this.#emptyLine = emptyLine
    this.#getError = this.#makeGetError()
    const all = [...commands, this.#makeHelp(), this.#getError]
    this.#commands = new Map(all.map(command => [command.name, command]))
    const listed = all.filter(({ isExtra }) => isExtra !== true)
    this.#names = listed.map(({ name }) => name).sort()
  }

  /** Why the last command failed; undefined after one that did not. */
  get lastError(): Error | undefined {
    return this.#failure?.error
  }

  /** Runs the command of a line and prints what went wrong. Resolves with whether all went well. */
  async execute(line: string, context: C): Promise<boolean> {
    let isRunning = false
    try {
      const [first, ...words] = this.#split(line)
      if (first === undefined) {
        isRunning = true
        await this.#emptyLine?.(context)
        return true
      }
      const doubled = this.#style.namesArguments ? findDoubleName(words) : undefined
      if (doubled) throw doubled
      const command = this.#find(first.text, first.column)
      const assignment = assign(words, command.parameters, this.#style.namesArguments)
      for (const name of assignment.unrecognized) this.#print(`unrecognized argument: ${visible(name)}`)
      const args = readArguments(assignment, command.parameters)
      isRunning = true
      await command.run(args, context)
      if (command !== this.#getError) this.#failure = undefined
      return true
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new ConsoleError(String(thrown))
      // What a command throws counts its positions in a text of its own.
      const position = !isRunning && error instanceof ConsoleError ? error.position : undefined
      this.#failure = { error, line: this.holdsSecret(line) ? undefined : line, position }
      this.#print(visible(error.message || error.name, longestMessage) + this.#style.errorSuffix)
      return false
    }
  }

  /** What can be typed at the cursor, from 0. */
  complete(line: string, cursor: number = line.length): Completion {
    const words = this.#split(line.slice(0, cursor))
    const word = (words.at(-1)?.end === cursor ? words.pop() : undefined) ?? { text: '', column: cursor, end: cursor }
    const [first, ...before] = words
    if (first === undefined) return { from: word.column, candidates: this.#commandCandidates(word.text) }
    const [hit, ...others] = this.#match(first.text)
    const command = others.length === 0 ? hit : undefined
    if (command === undefined) return { from: word.column, candidates: [] }
    return completeWord(word, before, command.parameters, this.#style.namesArguments)
  }

  /** Whether a line should not be kept: it begins with a space, or there is a key in it. */
  holdsSecret(line: string): boolean {
    const [first, ...words] = this.#split(line)
    if (line.startsWith(' ') || first === undefined) return line.startsWith(' ')
    return this.#match(first.text).some(({ parameters }) => holdsKey(words, parameters, this.#style.namesArguments))
  }

  #split(line: string): Word[] {
    const words = splitWords(line)
    if (words.length > 0 && words[0]?.text === this.#style.programName) words.shift()
    return words
  }

  #matchName(typed: string): Match | undefined {
    if (this.#commands.get(typed)?.isExtra === true) return { rule: 'exact', hits: [typed] }
    return matchCommand(typed, this.#names, this.#style.announcesMatches)
  }

  #match(typed: string): Command<C>[] {
    const hits = this.#matchName(typed)?.hits ?? []
    return hits.flatMap(hit => this.#commands.get(hit) ?? [])
  }

  /** The command that was meant; tells which ones may have been. Throws ConsoleError where that is not one. */
  #find(typed: string, position?: number): Command<C> {
    const match = this.#matchName(typed)
    if (match === undefined) throw this.#unknown(typed, position)
    const hits = match.hits.join(' ')
    if (this.#style.announcesMatches) this.#print(`* ${match.rule}: ${hits}`)
    const [hit = '', ...others] = match.hits
    const command = this.#commands.get(hit)
    if (command && others.length === 0) return command
    throw new ConsoleError(`ambigious command: ${visible(typed)} (possible: ${hits})`, at(position))
  }

  /** The message of the testing shell is known to scripts: what may have been meant is left to `get_error`. */
  #unknown(typed: string, position?: number): ConsoleError {
    const suggestion = suggest(typed, this.#names)
    const message = `no such command: ${visible(typed)}`
    if (suggestion === undefined) return new ConsoleError(message, at(position))
    return this.#style.announcesMatches
      ? new ConsoleError(message, { ...at(position), cause: new ConsoleError(`the nearest name is ${suggestion}`) })
      : new ConsoleError(`${message}, did you mean ${suggestion}?`, at(position))
  }

  #commandCandidates(typed: string): Candidate[] {
    return this.#match(typed).map(({ name, help }) => ({ text: name, meta: help.split('\n', 1)[0] ?? '' }))
  }

  #makeHelp(): Command<C> {
    const type = { ...text, candidates: () => this.#commandCandidates('') }
    return {
      name: 'help',
      parameters: [{ name: 'topic', type, required: false, fallback: '' }],
      help: [
        'Says what a command is for and which arguments it takes, those that may be left',
        'away with a question mark; without a command, which ones there are.',
      ].join('\n'),
      example: 'help',
      run: ({ topic }) => this.#printAll(this.#help(String(topic))),
    }
  }

  #help(topic: string): string[] {
    const list = `available commands: ${this.#names.join(' ')}`
    if (topic === '') return [list]
    if (this.#match(topic).length === 0) return [`no such command: ${visible(topic)}`, list]
    return describeCommand(this.#find(topic))
  }

  #makeGetError(): Command<C> {
    return {
      name: 'get_error',
      parameters: [],
      help: 'Says why the last command failed: what was typed, the error, and what caused it.',
      example: 'get_error',
      run: () => this.#printAll(this.#failure ? explain(this.#failure) : ['no errors']),
    }
  }

  #printAll(lines: readonly string[]): void {
    for (const line of lines) this.#print(line)
  }
}

function at(position: number | undefined): { readonly position?: number } {
  return position === undefined ? {} : { position }
}
