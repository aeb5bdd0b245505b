import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline'
import pc from 'picocolors'
import type { Candidate } from '../line/argument-type.ts'
import { formatCandidates } from './columns.ts'
import { History } from './history.ts'
import { Interrupts } from './interrupts.ts'
import type { LineReader, LineReaderOptions } from './line-reader.ts'
import { type Progress, ProgressBar } from './progress.ts'
import { TypedInput } from './typed-input.ts'

/** A second Ctrl-C within this time is one of somebody who wants to leave. */
const secondInterruptMs = 2000

/** Where a terminal does not tell. */
const usualColumns = 80

/** Reads what a person types, with editing, history and completion. The terminal is in raw mode until it is closed. */
export class TerminalReader implements LineReader {
  readonly isInteractive = true
  readonly #options: LineReaderOptions
  readonly #history: History
  readonly #interrupts = new Interrupts()
  readonly #input: TypedInput
  #editor: Interface | undefined
  #bar: string | undefined
  #lastInterruptMs = Number.NEGATIVE_INFINITY
  #lineNumber = 0
  #isClosed = false

  constructor(options: LineReaderOptions) {
    this.#options = options
    this.#history = new History(options.historyFile)
    options.input.setRawMode?.(true)
    this.#input = new TypedInput(options.input, () => this.#interrupts.interrupt())
  }

  get lineNumber(): number {
    return this.#lineNumber
  }

  question(prompt: string): Promise<string | undefined> {
    return new Promise(resolve => {
      if (this.#isClosed || this.#input.isAtEnd) resolve(undefined)
      else this.#edit(prompt, resolve)
    })
  }

  print(line: string): void {
    const { output } = this.#options
    const rows = this.#editor?.getCursorPos().rows ?? 0
    if (this.#editor || this.#bar !== undefined) this.#erase(rows)
    // The editor draws its line so many rows above the cursor.
    output.write(`${line}\n${'\n'.repeat(rows)}`)
    if (this.#editor) this.#editor.prompt(true)
    else if (this.#bar !== undefined) output.write(this.#bar)
  }

  during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#interrupts.during(work)
  }

  interrupt(): boolean {
    return this.#interrupts.interrupt()
  }

  progress(label: string): Progress {
    return new ProgressBar(
      label,
      () => this.#columns,
      line => {
        if (this.#editor) return
        if (line !== undefined || this.#bar !== undefined) this.#erase(0)
        this.#bar = line
        if (line !== undefined) this.#options.output.write(line)
      },
    )
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#interrupts.interrupt()
    this.#editor?.close()
    this.#input.destroy()
    this.#options.input.setRawMode?.(false)
  }

  get #columns(): number {
    return this.#options.output.columns || usualColumns
  }

  /** An editor for each line, since Ctrl-D at a prompt ends the editor for good, and what asks next may be another shell. */
  #edit(prompt: string, resolve: (line: string | undefined) => void): void {
    const { output, colors, holdsSecret } = this.#options
    const editor = createInterface({
      input: this.#input,
      output,
      terminal: true,
      prompt: pc.createColors(colors).bold(prompt),
      history: [...this.#history.lines],
      completer: (typed: string) => this.#complete(typed),
    })
    this.#editor = editor
    const finish = (line: string | undefined) => {
      this.#input.hold()
      this.#editor = undefined
      resolve(line)
    }
    const leave = () => {
      output.write('\n')
      finish(undefined)
    }
    editor
      .once('close', leave)
      .once('line', line => {
        editor.off('close', leave).close()
        this.#lineNumber++
        if (!holdsSecret?.(line)) this.#history.add(line)
        finish(line)
      })
      .on('SIGINT', () => this.#interruptTyping(editor))
    editor.prompt()
    this.#input.open(text => editor.write(text))
  }

  #interruptTyping(editor: Interface): void {
    if (editor.line !== '') {
      editor.write(null, { ctrl: true, name: 'e' })
      editor.write(null, { ctrl: true, name: 'u' })
      return
    }
    const nowMs = this.#options.clock.now()
    if (nowMs - this.#lastInterruptMs < secondInterruptMs) this.print('Ctrl-D or "exit" leaves')
    this.#lastInterruptMs = nowMs
  }

  /** What completes the text before the cursor, and which part of it that replaces; where nothing does, shows what may follow. */
  #complete(typed: string): [string[], string] {
    const { from, candidates } = this.#options.complete?.(typed, typed.length) ?? { from: 0, candidates: [] }
    const replaced = typed.slice(from)
    const texts = candidates.map(({ text }) => text)
    const [only] = texts
    if (only !== undefined && texts.length === 1 && only !== replaced) return [[completed(only)], replaced]
    const common = commonBegin(texts)
    if (common.length > replaced.length || (common !== '' && !replaced.startsWith(common))) return [texts, replaced]
    this.#show(candidates)
    return [[], replaced]
  }

  #show(candidates: readonly Candidate[]): void {
    const lines = formatCandidates(candidates, this.#columns)
    if (lines.length > 0) this.print(lines.join('\n'))
  }

  /** Clears the line at the bottom, of which the cursor is so many rows below its first. */
  #erase(rows: number): void {
    const { output } = this.#options
    cursorTo(output, 0)
    moveCursor(output, 0, -rows)
    clearScreenDown(output)
  }
}

/** A word that is whole is followed by the next one; a name, a call and a folder go on. */
function completed(text: string): string {
  return /[=(,/]$/.test(text) ? text : `${text} `
}

function commonBegin(texts: readonly string[]): string {
  const [first = '', ...others] = texts
  let length = first.length
  for (const text of others) while (!text.startsWith(first.slice(0, length))) length--
  return first.slice(0, length)
}
