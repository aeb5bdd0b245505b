import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'

/** What a prompt looks like that waits for a line. */
const waitingPrompt = /\[Lwm2mCmd(?:\/\w+)?\](?: port: \d+, client: \S+)? \$ $/

const promptTimeoutMs = 30_000
const exitTimeoutMs = 5_000

/** A shell that is fed through a pipe. */
export class ShellProcess {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #watchers = new Set<() => void>()
  readonly #closed: Promise<unknown>
  #output = ''
  #taken = 0
  #hasEnded = false

  constructor(command: readonly string[]) {
    const [file = '', ...args] = command
    this.#child = spawn(file, args, { env: { ...process.env, NO_COLOR: '1' } })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
        this.#look()
      })
    }
    // Whoever types into a shell that has ended finds out by its prompt, which does not come.
    this.#child.stdin.on('error', () => {})
    this.#closed = once(this.#child, 'close').then(() => {
      this.#hasEnded = true
      this.#look()
    })
  }

  /** What was printed and not taken yet. */
  get pending(): string {
    return this.#output.slice(this.#taken)
  }

  /** What was printed, and forgets it. */
  take(): string {
    const text = this.pending
    this.#taken = this.#output.length
    return text
  }

  type(text: string): void {
    this.#child.stdin.write(text)
  }

  end(): void {
    this.#child.stdin.end()
  }

  interrupt(): void {
    this.#child.kill('SIGINT')
  }

  /** Resolves once a line is waited for, the shell has ended, or neither comes; with whether a line is waited for. */
  prompts(): Promise<boolean> {
    return this.prints(waitingPrompt)
  }

  /** Resolves once what is pending matches, the shell has ended, or nothing comes; with whether it matches. */
  prints(pattern: RegExp): Promise<boolean> {
    const isThere = () => pattern.test(this.pending)
    return this.#until(() => isThere() || this.#hasEnded, promptTimeoutMs).then(isThere)
  }

  /** Resolves with the exit code; undefined when it has not ended in time and had to be killed. */
  async exitCode(timeoutMs = exitTimeoutMs): Promise<number | undefined> {
    await this.#until(() => this.#hasEnded, timeoutMs)
    if (!this.#hasEnded) this.#child.kill('SIGKILL')
    await this.#closed
    return this.#child.exitCode ?? undefined
  }

  #look(): void {
    for (const watcher of this.#watchers) watcher()
  }

  #until(isSo: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise(resolve => {
      const look = () => {
        if (isSo()) finish()
      }
      const finish = () => {
        clearTimeout(timer)
        this.#watchers.delete(look)
        resolve()
      }
      const timer = setTimeout(finish, timeoutMs)
      this.#watchers.add(look)
      look()
    })
  }
}
