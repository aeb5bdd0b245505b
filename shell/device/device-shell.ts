import { errorCode } from '../../client/file-system.ts'
import { ConsoleError } from '../../server/console/console-error.ts'
import type { Clock } from '../../transport/clock.ts'
import { CommandLine } from '../line/command-line.ts'
import type { Completion } from '../line/completion.ts'
import { deviceStyle } from '../line/style.ts'
import type { LineReader } from '../terminal/line-reader.ts'
import type { DeviceContext } from './context.ts'
import type { Device } from './device.ts'
import { lifecycleCommands } from './lifecycle-commands.ts'
import type { Output } from './output.ts'
import { statusCommands } from './status-commands.ts'
import { treeCommands } from './tree-commands.ts'
import { valueCommands } from './value-commands.ts'

const prompt = 'lwm2m> '

/** The shell of a device: commands, one a line. */
export class DeviceShell {
  readonly #device: Device
  readonly #output: Output
  readonly #clock: Clock
  readonly #commandLine: CommandLine<DeviceContext>
  /** What the command line has to say of the command that runs. */
  #said: string[] = []
  #hasLeft = false

  constructor(device: Device, output: Output, clock: Clock) {
    this.#device = device
    this.#output = output
    this.#clock = clock
    const commands = [valueCommands, treeCommands, lifecycleCommands, statusCommands].flatMap(make => make(device))
    this.#commandLine = new CommandLine(commands, line => this.#said.push(line), {
      ...deviceStyle,
      programName: 'lwm2m',
    })
  }

  complete(line: string, cursor: number): Completion {
    return this.#commandLine.complete(line, cursor)
  }

  holdsSecret(line: string): boolean {
    return this.#commandLine.holdsSecret(line)
  }

  /**
   * Runs the commands of a reader up to `exit` or its end. Resolves with the exit code, 1 when nobody sat there and a command
   * failed; undefined when there was no input at all.
   */
  async run(reader: LineReader): Promise<number | undefined> {
    let isGood = true
    while (!this.#hasLeft) {
      const line = await this.#next(reader)
      if (line === undefined) break
      // What cannot be read ends the input.
      if (line instanceof ConsoleError) return this.#failed('', line.message)
      if (!(await reader.during(signal => this.execute(line, signal)))) isGood = false
    }
    if (reader.isInteractive) return 0
    if (reader.lineNumber === 0) return undefined
    return isGood ? 0 : 1
  }

  /** Runs one line; blank ones and comments, which begin with `#`, do nothing. Resolves with whether all went well. */
  async execute(line: string, signal: AbortSignal): Promise<boolean> {
    if (/^\s*(?:#|$)/.test(line)) return true
    this.#said = []
    const isGood = await this.#commandLine.execute(line, {
      device: this.#device,
      output: this.#output,
      clock: this.#clock,
      signal,
      leave: () => {
        this.#hasLeft = true
      },
    })
    if (!isGood) this.#failed(line, this.#said.join('\n'))
    else if (this.#said.length > 0) this.#output.answer({ text: this.#said.join('\n') }, this.#said)
    return isGood
  }

  #failed(line: string, error: string): 1 {
    const command = this.holdsSecret(line) ? '' : line.trim()
    this.#output.answer({ error, command }, [error])
    return 1
  }

  async #next(reader: LineReader): Promise<string | undefined | ConsoleError> {
    try {
      return await reader.question(reader.isInteractive ? prompt : '')
    } catch (error) {
      if (error instanceof ConsoleError) return error
      // A directory, or a socket whose other end is gone, is as good as its end.
      if (errorCode(error) !== '') return undefined
      throw error
    }
  }
}
