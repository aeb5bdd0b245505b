import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { Screen } from '../helpers/screen.ts'

/**
 * Runs a program on a pseudo-terminal, which Node itself cannot open: keys come in by standard input, what the program
 * writes goes out, and the file descriptor 3 takes new widths of the window, a line each.
 */
const relay = `
import fcntl, os, pty, select, struct, sys, termios
def resize(terminal, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
pid, master = pty.fork()
if pid == 0:
    resize(0, int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
sources = [0, 3, master]
while True:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:
            data = b''
        if source == master:
            if not data:
                sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            os.write(1, data)
        elif not data:
            sources.remove(source)
        elif source == 3:
            resize(master, int(data.split()[-1]))
        else:
            os.write(master, data)
`

/** Programs start slowly on a machine with other work. */
const patienceMs = 20_000

/** The program that a {@link PseudoTerminal} needs. */
export const pseudoTerminalProgram = 'python3'

/** A program on a terminal of its own, with somebody who types and looks. */
export class PseudoTerminal {
  /** Resolves with the exit code of the program. */
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  readonly #screen: Screen
  readonly #watchers = new Set<() => void>()
  #written = ''

  /** `command` runs a program with its arguments, in a window of so many columns. */
  constructor(command: readonly string[], columns: number, env: NodeJS.ProcessEnv = {}) {
    this.#screen = new Screen(columns)
    this.#child = spawn(pseudoTerminalProgram, ['-c', relay, String(columns), ...command], {
      stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
      env: { ...process.env, TERM: 'xterm', ...env },
    })
    this.ended = once(this.#child, 'close').then(([code]) => code as number | null)
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#written += text
      this.#screen.write(text)
      for (const look of this.#watchers) look()
    })
  }

  /** What the person sees. */
  get text(): string {
    return this.#screen.text
  }

  /** All that the program wrote, as it wrote it. */
  get written(): string {
    return this.#written
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys)
  }

  /** Changes the width of the window; resolves when the program has drawn itself anew. */
  async resize(columns: number): Promise<void> {
    const drawn = once(this.#child.stdout as Readable, 'data')
    this.#screen.columns = columns
    const control = this.#child.stdio[3] as Writable
    control.write(`${columns}\n`)
    await drawn
  }

  /**
   * Resolves once the screen ends with this text, or has what the pattern finds; rejects when the program ends before, or takes
   * too long.
   */
  shows(end: string | RegExp): Promise<void> {
    const isThere = () => (typeof end === 'string' ? this.text.endsWith(end) : end.test(this.text))
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${why} before\n${String(end)}\nbut with\n${this.text}`))
      const timer = setTimeout(fail, patienceMs, 'nothing more came')
      const look = () => {
        if (!isThere()) return
        clearTimeout(timer)
        this.#watchers.delete(look)
        resolve()
      }
      this.#watchers.add(look)
      look()
      void this.ended.then(code => fail(`ended with ${code}`))
    })
  }

  /** Ends the program, which sees its terminal go. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
