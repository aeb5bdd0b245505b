import { ConsoleError } from '../../server/console/console-error.ts'

/** Bytes of the longest script that is read. */
export const maximumScriptLength = 16_777_216

/** UTF-16 code units of the longest line; the content of a message takes up to four for each byte. */
export const maximumLineLength = 1_048_576

/** A line of a script or of a pipe. */
export interface ScriptLine {
  readonly text: string
  /** From 1. */
  readonly number: number
}

/** The lines of a script that say something: neither blank ones nor comments, which begin with `#`. Throws ConsoleError. */
export function parseScript(script: string): ScriptLine[] {
  if (script.length > maximumScriptLength) throw new ConsoleError('the script is too long')
  const lines = script.split(/\r?\n/).map((text, index) => ({ text, number: index + 1 }))
  for (const { text, number } of lines) checkLineLength(text.length, number)
  return lines.filter(({ text }) => !/^\s*(?:#|$)/.test(text))
}

/** Throws ConsoleError for a line of more than {@link maximumLineLength}. */
export function checkLineLength(length: number, number: number): void {
  if (length > maximumLineLength)
    throw new ConsoleError(`line ${number} is longer than ${maximumLineLength} characters`)
}
