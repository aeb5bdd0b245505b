import type { Readable } from 'node:stream'
import type { Clock } from '../../transport/clock.ts'
import type { Completion } from '../line/completion.ts'
import type { Progress } from './progress.ts'

/** Where the lines of a shell come from: a person at a terminal, a pipe, a script. */
export interface LineReader {
  /** Whether a person sits there. */
  readonly isInteractive: boolean
  /** Number of the line that was read last, from 1; 0 before. */
  readonly lineNumber: number
  /**
   * The next line, undefined at the end of the input or once closed. One at a time. Rejects with ConsoleError for a line
   * that is too long.
   */
  question(prompt: string): Promise<string | undefined>
  /** Writes a line; above the prompt and what is typed there, where there is one. */
  print(line: string): void
  /** Runs a command. Ctrl-C aborts its signal; what is typed meanwhile is for the next question. */
  during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
  /** Ctrl-C: ends the command that runs. False: none does, or it is being ended already. */
  interrupt(): boolean
  /** Shows how far a command is, on a terminal. */
  progress(label: string): Progress
  /** Ends a question and gives the terminal back. */
  close(): void
}

/** A terminal of which keys can be read. */
export interface KeySource extends Readable {
  readonly isTTY?: boolean
  setRawMode?(isRaw: boolean): unknown
}

/** Where lines are written to. */
export interface LineSink extends NodeJS.WritableStream {
  readonly isTTY?: boolean
  /** Width of the window. */
  readonly columns?: number
}

export interface LineReaderOptions {
  readonly input: KeySource
  readonly output: LineSink
  /** Whether the output shows colours. */
  readonly colors: boolean
  readonly clock: Clock
  /** Where lines are kept for the next time; undefined: nowhere. */
  readonly historyFile?: string
  /** What can be typed at the cursor. */
  readonly complete?: (line: string, cursor: number) => Completion
  /** Lines that should not be kept. */
  readonly holdsSecret?: (line: string) => boolean
}
