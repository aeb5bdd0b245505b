import type { LineReader, LineReaderOptions } from './line-reader.ts'
import { PlainReader } from './plain-reader.ts'
import { readLines } from './read-lines.ts'
import { TerminalReader } from './terminal-reader.ts'

/** Reads with editing where both input and output are a terminal that can move its cursor, plain lines otherwise. */
export function openLineReader(options: LineReaderOptions): LineReader {
  const { input, output } = options
  return input.isTTY && output.isTTY && input.setRawMode && process.env['TERM'] !== 'dumb'
    ? new TerminalReader(options)
    : new PlainReader(readLines(input), output, () => input.destroy())
}
