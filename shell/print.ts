import pc from 'picocolors'
import type { Environment } from './environment.ts'

/** Writes what happens, a line each: the time of day, an arrow for the way it went, a text. */
export class Log {
  readonly #environment: Environment
  readonly #colors: ReturnType<typeof pc.createColors>

  constructor(environment: Environment) {
    this.#environment = environment
    this.#colors = pc.createColors(environment.colors)
  }

  /** Something this end sent. */
  sent(text: string): void {
    this.#line(this.#colors.cyan('→'), text)
  }

  /** Something the other end sent. */
  received(text: string): void {
    this.#line(this.#colors.green('←'), text)
  }

  /** Something that went wrong. */
  failed(text: string): void {
    this.#line(this.#colors.red('✗'), text)
  }

  note(text: string): void {
    this.#line(' ', text)
  }

  #line(sign: string, text: string): void {
    const { print, clock } = this.#environment
    const timeOfDay = new Date(clock.now()).toISOString().slice(11, 23)
    print(`${this.#colors.dim(timeOfDay)} ${sign} ${printable(text)}`)
  }
}

const longestText = 500

/** What others sent must neither move the cursor, nor turn the writing direction, nor fill the screen. */
function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
  return clean.length > longestText ? `${clean.slice(0, longestText)}…` : clean
}
