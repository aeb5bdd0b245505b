import { formatText } from '../../objects/formats/text.ts'
import type { Value } from '../../objects/value.ts'
import { visible } from '../line/visible.ts'

/** What programs read: texts, numbers, and what is made of them. */
export type Answer = { readonly [name: string]: unknown }

/** Where a shell writes: lines for people, or one JSON object each for programs. */
export class Output {
  readonly isJson: boolean
  readonly #print: (line: string) => void

  constructor(print: (line: string) => void, isJson: boolean) {
    this.#print = print
    this.isJson = isJson
  }

  /** The answer of a command; people get the lines. */
  answer(answer: Answer, lines: readonly string[]): void {
    if (this.isJson) this.object(answer)
    else for (const line of lines) this.#print(visible(line, Number.POSITIVE_INFINITY))
  }

  /** Where there is JSON only. */
  object(answer: Answer): void {
    this.#print(JSON.stringify(answer, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)))
  }
}

/** A value as JSON has it: an integer that JSON would round, bytes and an object link as in a device file, as text. */
export function jsonValue(value: Value): unknown {
  return typeof value === 'bigint' || typeof value === 'object' ? formatText(value) : value
}

/** Columns of equal width, and nothing behind the last. */
export function table(rows: readonly (readonly string[])[], gap = '  '): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd(),
  )
}
