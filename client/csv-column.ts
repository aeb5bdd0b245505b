export interface CsvCell {
  readonly text: string
  /** From 1. */
  readonly line: number
}

/**
 * The cells of one column of a table (RFC 4180): by its name in the first line, or by its number, from 1, of a table without
 * names. Blank lines are passed over; undefined where a line does not have the column.
 */
export function csvColumn(table: string, column: string | number): CsvCell[] | undefined {
  const rows = splitRows(table.startsWith('\ufeff') ? table.slice(1) : table)
  const index = typeof column === 'number' ? column - 1 : (rows.shift()?.cells.indexOf(column) ?? -1)
  const cells: CsvCell[] = []
  for (const { cells: row, line } of rows) {
    const text = row[index]
    if (text === undefined) return undefined
    cells.push({ text, line })
  }
  return cells
}

interface Row {
  readonly cells: readonly string[]
  readonly line: number
}

/** A cell, in quotes that are doubled inside of it or up to the next comma, and what ends it. */
const cellPattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y

function splitRows(table: string): Row[] {
  const rows: Row[] = []
  let cells: string[] = []
  let line = 1
  let firstLine = 1
  cellPattern.lastIndex = 0
  while (cellPattern.lastIndex < table.length || cells.length > 0) {
    const match = cellPattern.exec(table)
    // A quote in the middle of a cell: what is left cannot be told apart.
    if (match === null) return [...rows, { cells: [], line }]
    const [whole, quoted, plain = '', end = ''] = match
    cells.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'))
    line += whole.split('\n').length - 1
    if (end === ',') continue
    if (cells.length > 1 || cells[0] !== '') rows.push({ cells, line: firstLine })
    cells = []
    firstLine = line
  }
  return rows
}
