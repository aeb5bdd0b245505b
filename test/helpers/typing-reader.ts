import { Interrupts } from '../../shell/terminal/interrupts.ts'
import type { LineReader } from '../../shell/terminal/line-reader.ts'
import { silence } from '../../shell/terminal/progress.ts'

/** Somebody who types what a test says, looks at what is printed, and can press Ctrl-C. */
export class TypingReader implements LineReader {
  readonly isInteractive = true
  readonly printed: string[] = []
  readonly #interrupts = new Interrupts()
  #answer: ((line: string | undefined) => void) | undefined
  #lineNumber = 0

  get lineNumber(): number {
    return this.#lineNumber
  }

  /** Whether it is asked for a line. */
  get isAsked(): boolean {
    return this.#answer !== undefined
  }

  question(): Promise<string | undefined> {
    return new Promise(resolve => {
      this.#answer = resolve
    })
  }

  /** Types a line; undefined: Ctrl-D. */
  type(line: string | undefined): void {
    const answer = this.#answer
    this.#answer = undefined
    this.#lineNumber++
    answer?.(line)
  }

  print(line: string): void {
    this.printed.push(line)
  }

  during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#interrupts.during(work)
  }

  progress() {
    return silence
  }

  /** Ctrl-C. */
  interrupt(): boolean {
    return this.#interrupts.interrupt()
  }

  close(): void {
    this.#interrupts.interrupt()
  }
}
