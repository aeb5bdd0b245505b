/** How far something is. */
export interface Progress {
  /** `total` 0: not known. */
  update(done: number, total: number): void
  end(): void
}

/** Where nobody looks. */
export const silence: Progress = { update() {}, end() {} }

const longestBar = 40

/** A bar in the last line of a terminal. */
export class ProgressBar implements Progress {
  readonly #label: string
  readonly #draw: (line: string | undefined) => void
  readonly #width: () => number
  #line = ''

  /** `draw` puts a line in the place of the one before; undefined: takes it away. */
  constructor(label: string, width: () => number, draw: (line: string | undefined) => void) {
    this.#label = label
    this.#width = width
    this.#draw = draw
  }

  update(done: number, total: number): void {
    const line = this.#bar(done, total).slice(0, Math.max(1, this.#width() - 1))
    if (line === this.#line) return
    this.#line = line
    this.#draw(line)
  }

  end(): void {
    this.#draw(undefined)
  }

  #bar(done: number, total: number): string {
    if (!(total > 0)) return `${this.#label} ${size(done)}`
    const share = Math.min(1, Math.max(0, done / total))
    const numbers = `${Math.floor(share * 100)} % of ${size(total)}`
    const length = Math.min(longestBar, this.#width() - this.#label.length - numbers.length - 5)
    if (length < 5) return `${this.#label} ${numbers}`
    const filled = Math.round(share * length)
    return `${this.#label} [${'='.repeat(filled)}${' '.repeat(length - filled)}] ${numbers}`
  }
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
