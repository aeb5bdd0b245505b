import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { payload } from './ends.ts'

const patienceMs = 10_000

/** A program of others as a child process: what goes into it, what comes out of it, and waiting for that. */
export class PeerProcess {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #name: string
  readonly #waiting = new Set<() => void>()
  #output: Buffer = Buffer.alloc(0)
  /** Where in the output the next of {@link prints} may begin. */
  #printed = 0
  #errors = ''
  #closed = false

  constructor(command: string, args: readonly string[]) {
    this.#name = [command, ...args].join(' ')
    this.#process = spawn(command, args)
    this.#process.stdout.on('data', (bytes: Buffer) => {
      this.#output = Buffer.concat([this.#output, bytes])
      this.#changed()
    })
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
      this.#changed()
    })
    this.#process.on('close', () => {
      this.#closed = true
      this.#changed()
    })
    // Whoever writes to a program that has ended learns so from what it awaits.
    this.#process.stdin.on('error', () => {})
  }

  write(bytes: Uint8Array): void {
    this.#process.stdin.write(bytes)
  }

  /** Waits until its output has a match, on one stream or the other. */
  says(pattern: RegExp): Promise<string> {
    return this.#until(
      () => (pattern.exec(this.#output.toString('latin1')) ?? pattern.exec(this.#errors))?.[0],
      String(pattern),
    )
  }

  /** Waits until these bytes are on its standard output, behind those that were awaited before. */
  async prints(bytes: Uint8Array): Promise<void> {
    const at = await this.#until(() => {
      const found = this.#output.indexOf(bytes, this.#printed)
      return found < 0 ? undefined : found
    }, `${bytes.length} bytes`)
    this.#printed = at + bytes.length
  }

  /** Sends something again and again until it is on its standard output: a datagram may be lost. */
  async hears(send: () => void, bytes: Uint8Array): Promise<void> {
    send()
    const timer = setInterval(send, 500)
    try {
      await this.prints(bytes)
    } finally {
      clearInterval(timer)
    }
  }

  /** Sends bytes of these sizes, and waits for each until it is back. */
  async echoes(sizes: readonly number[]): Promise<void> {
    for (const size of sizes) {
      this.write(payload(size))
      await this.prints(payload(size))
    }
  }

  async ended(): Promise<void> {
    await this.#until(() => this.#closed || undefined, 'its end')
  }

  /** Ends its standard input, of which the programs here end their session and themselves. */
  async finish(): Promise<void> {
    this.#process.stdin.end()
    await this.ended()
  }

  async stop(): Promise<void> {
    if (this.#closed) return
    this.#process.kill('SIGKILL')
    await once(this.#process, 'close')
  }

  get #all(): string {
    return `${this.#output.toString('latin1')}${this.#errors}`.slice(-4_000)
  }

  #changed(): void {
    for (const check of this.#waiting) check()
  }

  async #until<T>(found: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(check)
      }
      const check = () => {
        const result = found()
        if (result === undefined && !this.#closed) return
        done()
        if (result === undefined) reject(new Error(`${this.#name} ended before ${what}:\n${this.#all}`))
        else resolve(result)
      }
      const timer = setTimeout(() => {
        done()
        reject(new Error(`${this.#name}: no ${what} within ${patienceMs} ms:\n${this.#all}`))
      }, patienceMs)
      this.#waiting.add(check)
      check()
    })
  }
}
