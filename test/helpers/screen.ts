/** A command to the terminal: a number, a letter. */
const sequence = new RegExp(String.raw`${'\u001B'}\[([?\d;]*)([A-Za-z])`, 'y')

/** What a person sees of what is written to a terminal of so many columns; it has as many rows as it takes, and no colours. */
export class Screen {
  columns: number
  readonly #rows: string[][] = [[]]
  #row = 0
  #column = 0

  constructor(columns: number) {
    this.columns = columns
  }

  /** The rows that are not empty at the end, without the spaces at their ends. */
  get text(): string {
    return this.#rows
      .map(row =>
        Array.from(row, character => character ?? ' ')
          .join('')
          .trimEnd(),
      )
      .join('\n')
      .trimEnd()
  }

  /** Row and column of the cursor, from 0. */
  get cursor(): readonly [number, number] {
    return [this.#row, this.#column]
  }

  write(text: string): void {
    for (let at = 0; at < text.length; at++) {
      sequence.lastIndex = at
      const [whole, numbers = '', command = ''] = sequence.exec(text) ?? []
      if (whole !== undefined) {
        this.#command(command, numbers)
        at += whole.length - 1
      } else this.#put(text.charAt(at))
    }
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0
    // As a terminal in its usual mode: a new line begins at its begin.
    else if (character === '\n') this.#move(this.#row + 1, 0)
    else if (character >= ' ') {
      if (this.#column >= this.columns) this.#move(this.#row + 1, 0)
      this.#current[this.#column] = character
      this.#column++
    }
  }

  #command(command: string, numbers: string): void {
    const count = Number(numbers || 1)
    if (command === 'A') this.#move(this.#row - count, this.#column)
    else if (command === 'B') this.#move(this.#row + count, this.#column)
    else if (command === 'C') this.#move(this.#row, this.#column + count)
    else if (command === 'D') this.#move(this.#row, this.#column - count)
    else if (command === 'G') this.#move(this.#row, count - 1)
    else if (command === 'J' || command === 'K') {
      this.#current.length = Math.min(this.#current.length, this.#column)
      if (command === 'J') this.#rows.length = this.#row + 1
    }
  }

  #move(row: number, column: number): void {
    this.#row = Math.max(0, row)
    this.#column = Math.min(Math.max(0, column), this.columns - 1)
    while (this.#rows.length <= this.#row) this.#rows.push([])
  }

  get #current(): string[] {
    return this.#rows[this.#row] ?? []
  }
}
