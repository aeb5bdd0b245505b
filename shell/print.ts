import pc from 'picocolors'
import type { Environment } from './environment.ts'

const signs = { sent: '→', received: '←', failed: '✗', note: ' ' }

/** Writes what happens, a line each: the time of day, an arrow for the way it went, a text; or a JSON object. */
export class Log {
  readonly isJson: boolean
  readonly #environment: Environment
  readonly #colors: ReturnType<typeof pc.createColors>

  constructor(environment: Environment, { isJson = false } = {}) {
    this.isJson = isJson
    this.#environment = environment
    this.#colors = pc.createColors(environment.colors)
  }

  /** Something this end sent. */
  sent(text: string): void {
    this.#line('sent', text, this.#colors.cyan)
  }

  /** Something the other end sent. */
  received(text: string): void {
    this.#line('received', text, this.#colors.green)
  }

  /** Something that went wrong. */
  failed(text: string): void {
    this.#line('failed', text, this.#colors.red)
  }

  note(text: string): void {
    this.#line('note', text, String)
  }

  /** Where there is JSON only: one object, with its time. */
  object(members: object): void {
    this.#environment.print(JSON.stringify({ time: this.#time, ...members }))
  }

  get #time(): string {
    return new Date(this.#environment.clock.now()).toISOString()
  }

  #line(kind: keyof typeof signs, text: string, color: (text: string) => string): void {
    if (this.isJson) return this.object({ [kind]: text })
    const timeOfDay = this.#time.slice(11, 23)
    this.#environment.print(`${this.#colors.dim(timeOfDay)} ${color(signs[kind])} ${printable(text)}`)
  }
}

const longestText = 500

/** What others sent must neither move the cursor, nor turn the writing direction, nor fill the screen. */
function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
  return clean.length > longestText ? `${clean.slice(0, longestText)}…` : clean
}
