import { appendFileSync, chmodSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'

/** Lines kept; the oldest go first. */
const maximumLines = 1000

/** UTF-16 code units of the longest line that is kept. */
const longestLine = 4096

const ownerOnly = 0o600

/** The lines that were typed, kept in a file for the next time, if it can be written. */
export class History {
  /** The newest comes first. */
  readonly #lines: string[]
  #file: string | undefined

  /** `file`: one line each, the oldest first; only its owner can read it. Shells that run side by side share it. */
  constructor(file?: string) {
    this.#file = file
    this.#lines = this.#read()
  }

  /** The newest comes first. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** Keeps a line, unless it is blank or the same as the one before. */
  add(line: string): void {
    if (line.trim() === '' || line === this.#lines[0] || line.length > longestLine || /[\r\n]/.test(line)) return
    this.#lines.unshift(line)
    this.#lines.splice(maximumLines)
    this.#access(file => appendFileSync(file, `${line}\n`, { mode: ownerOnly }))
  }

  #read(): string[] {
    const text = this.#access(file => {
      const stats = statSync(file, { throwIfNoEntry: false })
      if (stats === undefined) return ''
      // A pipe or a device may never end.
      if (!stats.isFile() || stats.size > 2 * maximumLines * longestLine) this.#file = undefined
      if (this.#file === undefined) return ''
      chmodSync(file, ownerOnly)
      return readFileSync(file, 'utf8')
    })
    const lines = (text ?? '').split('\n').filter(line => line !== '' && line.length <= longestLine)
    const kept = lines.slice(-maximumLines)
    if (kept.length < lines.length) this.#write(kept)
    return kept.reverse()
  }

  /** Puts the file in the place of the one before, so that it is never there by half. */
  #write(lines: readonly string[]): void {
    this.#access(file => {
      const next = `${file}.${process.pid}`
      try {
        writeFileSync(next, lines.map(line => `${line}\n`).join(''), { mode: ownerOnly, flag: 'wx' })
        renameSync(next, file)
      } catch (error) {
        rmSync(next, { force: true })
        throw error
      }
    })
  }

  /** Without the file, lines are kept as long as the shell runs. */
  #access<T>(work: (file: string) => T): T | undefined {
    try {
      return this.#file === undefined ? undefined : work(this.#file)
    } catch {
      this.#file = undefined
      return undefined
    }
  }
}
