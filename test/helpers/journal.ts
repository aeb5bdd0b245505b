import type { Clock } from '../../transport/clock.ts'

const keptNotes = 40

/** What happened of late, and the first thing that was not as it must be. */
export class Journal {
  readonly #clock: Clock
  readonly #notes: string[] = []
  #violation: string | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The first violation and what led to it, one line each. */
  get violation(): string | undefined {
    return this.#violation
  }

  note(what: string): void {
    if (this.#notes.length === 2 * keptNotes) this.#notes.splice(0, keptNotes)
    this.#notes.push(`${new Date(this.#clock.now()).toISOString()} ${what}`)
  }

  expect(condition: boolean, otherwise: string): void {
    if (condition || this.#violation !== undefined) return
    this.note(otherwise)
    this.#violation = this.#notes.slice(-keptNotes).join('\n')
  }
}
