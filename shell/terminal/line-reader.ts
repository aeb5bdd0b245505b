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
  /** Gives the terminal back. */
  close(): void
}
