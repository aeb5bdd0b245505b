import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** Programs start slowly on a machine with other work. */
const patienceMs = 30_000

/** The command line of `lwm2m`, in any folder. */
export const lwm2m = [
  process.execPath,
  '--import',
  import.meta.resolve('tsx'),
  join(import.meta.dirname, '../../shell/main.ts'),
]

/** A program that somebody writes lines to, with what it has written so far. */
export class Program {
  /** Resolves with the exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #watchers = new Set<() => void>()
  #output = ''
  #errors = ''

  constructor([file = '', ...args]: readonly string[], options: { readonly cwd?: string } = {}) {
    this.#child = spawn(file, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
    this.ended = once(this.#child, 'close').then(([code]) => code as number | null)
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
      for (const look of this.#watchers) look()
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
  }

  get output(): string {
    return this.#output
  }

  get errors(): string {
    return this.#errors
  }

  type(...lines: readonly string[]): void {
    this.#child.stdin.write(lines.map(line => `${line}\n`).join(''))
  }

  endInput(): void {
    this.#child.stdin.end()
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Resolves once the output has this; rejects when the program ends before, or takes too long. */
  sees(text: string | RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${why} before ${text}:\n${this.#output}${this.#errors}`))
      const timer = setTimeout(fail, patienceMs, 'nothing more came')
      const look = () => {
        const isThere = typeof text === 'string' ? this.#output.includes(text) : text.test(this.#output)
        if (!isThere) return
        clearTimeout(timer)
        this.#watchers.delete(look)
        resolve()
      }
      this.#watchers.add(look)
      look()
      void this.ended.then(code => fail(`ended with ${code}`))
    })
  }

  /** Ends it, if it still runs. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }
}
