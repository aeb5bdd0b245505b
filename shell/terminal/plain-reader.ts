import type { ScriptLine } from '../line/script.ts'
import { Interrupts } from './interrupts.ts'
import type { LineReader } from './line-reader.ts'
import { type Progress, silence } from './progress.ts'

/** Reads what nobody types: a pipe or a script. Prompts are written, lines are not. */
export class PlainReader implements LineReader {
  readonly isInteractive = false
  readonly #lines: Iterator<ScriptLine> | AsyncIterator<ScriptLine>
  readonly #output: Pick<NodeJS.WritableStream, 'write'>
  readonly #release: () => void
  readonly #interrupts = new Interrupts()
  #isClosed = false
  #lineNumber = 0

  /** `release` lets go of where the lines come from, also while one is waited for. */
  constructor(
    lines: Iterable<ScriptLine> | AsyncIterable<ScriptLine>,
    output: Pick<NodeJS.WritableStream, 'write'>,
    release: () => void = () => {},
  ) {
    this.#lines = Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]()
    this.#output = output
    this.#release = release
  }

  get lineNumber(): number {
    return this.#lineNumber
  }

  async question(prompt: string): Promise<string | undefined> {
    if (this.#isClosed) return undefined
    if (prompt !== '') this.#output.write(prompt)
    try {
      const { done, value } = await this.#lines.next()
      if (done || this.#isClosed) return undefined
      this.#lineNumber = value.number
      return value.text
    } catch (error) {
      if (this.#isClosed) return undefined
      throw error
    }
  }

  print(line: string): void {
    this.#output.write(`${line}\n`)
  }

  during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#interrupts.during(work)
  }

  interrupt(): boolean {
    return this.#interrupts.interrupt()
  }

  progress(): Progress {
    return silence
  }

  /** Ends the command that runs, too: the rest of a script is not for a world in which one of its commands was interrupted. */
  close(): void {
    this.#isClosed = true
    this.#interrupts.interrupt()
    this.#release()
  }
}
