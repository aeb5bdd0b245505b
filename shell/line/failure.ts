import { visible } from './visible.ts'

/** A command that failed. */
export interface Failure {
  readonly error: Error
  /** The line that was typed; undefined where it should not be shown again. */
  readonly line: string | undefined
  /** The column that is to blame. */
  readonly position: number | undefined
}

const longestMessage = 4000

/** More causes than this say nothing more. */
const maximumCauses = 8

const visibleBefore = 60
const visibleAfter = 40

/** What is known of a failure, line by line: what was typed with the place that is to blame, the error, what caused it. */
export function explain({ error, line, position }: Failure): string[] {
  const typed = line === undefined ? [] : position === undefined ? [`  ${visible(line)}`] : pointAt(line, position)
  const lines = [...typed, describe(error)]
  let told = error.message
  let { cause } = error
  for (let depth = 0; depth < maximumCauses && cause instanceof Error; depth++) {
    // Most messages quote what caused them.
    if (!told.includes(cause.message)) lines.push(`  because: ${describe(cause)}`)
    told = cause.message
    cause = cause.cause
  }
  return lines
}

/** The part of a line around a column, and a mark below it. */
function pointAt(line: string, position: number): string[] {
  const start = position > visibleBefore ? position - visibleBefore : 0
  const before = (start > 0 ? '…' : '') + visible(line.slice(start, position))
  return [`  ${before}${visible(line.slice(position, position + visibleAfter))}`, `  ${' '.repeat(before.length)}^`]
}

function describe(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' && error.code !== 'CONSOLE' ? ` (${error.code})` : ''
  return error.message === '' ? error.name : `${visible(error.message, longestMessage)}${code}`
}
