import type { LineSink } from './line-reader.ts'

const eraseToEnd = '\u001b[K'
const defaultWidth = 80

/** The last line of a terminal, written again and again. */
export class LiveLine {
  readonly #output: LineSink

  constructor(output: LineSink) {
    this.#output = output
  }

  show(text: string): void {
    // A line that is full would begin the next one.
    this.#output.write(`\r${text.slice(0, (this.#output.columns ?? defaultWidth) - 1)}${eraseToEnd}`)
  }

  /** Takes it away. */
  end(): void {
    this.#output.write(`\r${eraseToEnd}`)
  }
}
