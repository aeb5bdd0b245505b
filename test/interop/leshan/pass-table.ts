import { it } from 'vitest'

/**
 * `✓` all of it holds, `◐` all but what a limit of the peer excludes, `✗` not, `–` the specification has no such case; blank
 * while its test has not run.
 */
export type Mark = '✓' | '◐' | '✗' | '–' | ' '

/** Results by row and column, in a cell one mark for each of the cases that the title names. */
export class PassTable {
  readonly #title: string
  readonly #cases: readonly string[]
  readonly #columns: readonly string[]
  readonly #rows = new Map<string, Map<string, Mark>>()

  constructor(title: string, cases: readonly string[], columns: readonly string[]) {
    this.#title = title
    this.#cases = cases
    this.#columns = columns
  }

  mark(row: string, column: string, name: string, mark: Mark): void {
    const marks = this.#rows.get(row) ?? new Map<string, Mark>()
    this.#rows.set(row, marks.set(key(column, name), mark))
  }

  /** A test that leaves its mark: `passed`, or ✗. */
  test(row: string, column: string, name: string, passed: Mark, run: () => Promise<void>): void {
    this.mark(row, column, name, ' ')
    it(`${this.#title}: ${name}`, async ({ task }) => {
      this.mark(row, column, name, '✗')
      await run()
      // A soft expectation does not throw.
      if (task.result?.state !== 'fail') this.mark(row, column, name, passed)
    })
  }

  toString(): string {
    const width = Math.max(this.#cases.length, ...this.#columns.map(column => column.length)) + 2
    const first = Math.max(0, ...[...this.#rows.keys()].map(row => row.length)) + 2
    const line = (row: string, cells: readonly string[]) =>
      `  ${row.padEnd(first)}${cells.map(cell => cell.padEnd(width)).join('')}`.trimEnd()
    const cell = (marks: ReadonlyMap<string, Mark>, column: string) =>
      this.#cases.map(name => marks.get(key(column, name)) ?? ' ').join('')
    return [
      `${this.#title}: ${this.#cases.join(', ')}`,
      line('', this.#columns),
      ...[...this.#rows].map(([row, marks]) =>
        line(
          row,
          this.#columns.map(column => cell(marks, column)),
        ),
      ),
      '',
    ].join('\n')
  }
}

function key(column: string, name: string): string {
  return `${column}: ${name}`
}
