import { ServerConsole } from '../../server/console/console.ts'
import { ConsoleError } from '../../server/console/console-error.ts'
import { messageKind } from '../../server/console/message-kind.ts'
import type { ReceivedPacket } from '../../transport/coap/packet.ts'
import { CommandLine } from '../line/command-line.ts'
import type { Completion } from '../line/completion.ts'
import { explain } from '../line/failure.ts'
import { testingStyle } from '../line/style.ts'
import { visible } from '../line/visible.ts'
import type { LineReader } from '../terminal/line-reader.ts'
import { listen } from './commands/sessions.ts'
import type { Level, ShellContext, World } from './context.ts'
import { KnownPaths } from './known-paths.ts'
import { defaultPort, type ListenDefaults } from './listening.ts'
import { mainLevel } from './main-level.ts'
import type { Output } from './output.ts'

export interface TestingShellOptions {
  readonly world: World
  readonly reader: LineReader
  readonly output: Output
  readonly defaults: ListenDefaults
  /** Whether each line is asked for by a prompt. */
  readonly prompts: boolean
  /** Whether each line is shown behind its prompt, as where somebody types it. */
  readonly echoes: boolean
}

/** Whether it waits for a client before it reads, and on which port. */
export type ShellStart = { readonly listens: false } | { readonly listens: true; readonly port: number | undefined }

/** Of a line that is shown. */
const longestEcho = 10_000

interface RunningLevel extends Level {
  readonly commandLine: CommandLine<ShellContext>
}

/** The testing shell: reads lines, runs their commands and tells what happens. */
export class TestingShell {
  readonly #options: TestingShellOptions
  readonly #console: ServerConsole
  readonly #paths = new KnownPaths()
  /** The shell that runs comes last. */
  readonly #levels: RunningLevel[] = []
  /** Whom `listen` has found last. */
  #client = ''
  #hasFailed = false
  /** Whether the command that runs has failed without an error. */
  #isAtFault = false
  /** Whether nothing was to come, and nothing came. */
  #isSilent = false
  /** Whether failures are told with what has caused them. */
  #isDebugging = false

  constructor(options: TestingShellOptions) {
    this.#options = options
    const { world, output } = options
    this.#console = new ServerConsole(world, {
      waiting: port => output.waiting(port),
      sent: (packet, kind) => output.sent(packet, kind),
      received: arrival => this.#tellArrival(arrival),
      mismatch: (report, isFault) => {
        output.mismatch(report)
        if (isFault) this.#isAtFault = true
        else this.#isSilent = true
      },
      unanswered: () => {
        output.text('response not received')
        if (!this.#isSilent) this.#isAtFault = true
      },
      failed: error => this.#tellFailure(error),
    })
    this.#enter(mainLevel(this.#paths.type))
  }

  /** What can be typed at the cursor. */
  complete(line: string, cursor: number): Completion {
    return this.#top?.commandLine.complete(line, cursor) ?? { from: cursor, candidates: [] }
  }

  /** Whether a line should not be kept. */
  holdsSecret(line: string): boolean {
    return this.#top?.commandLine.holdsSecret(line) ?? true
  }

  /**
   * Runs until somebody leaves or the input ends. Resolves with whether no command has failed and all was as expected.
   */
  async run(start: ShellStart): Promise<boolean> {
    if (start.listens) await this.#listenFirst(start.port)
    for (let top = this.#top; top !== undefined; top = this.#top) {
      const line = await this.#read(top)
      if (line === undefined) this.#leave()
      else if (!isComment(line)) await this.#execute(line, top)
    }
    await this.#console.close()
    return !this.#hasFailed
  }

  get #top(): RunningLevel | undefined {
    return this.#levels.at(-1)
  }

  /** Undefined: there are no more. */
  async #read({ suffix, commandLine }: RunningLevel): Promise<string | undefined> {
    const { reader, output, prompts, echoes } = this.#options
    try {
      const line = await reader.question(prompts ? `[Lwm2mCmd${suffix}]${this.#client} $ ` : '')
      // A script that is shown to others must not show them its keys.
      if (echoes && line !== undefined)
        reader.print(commandLine.holdsSecret(line.trim()) ? '(a line with a key)' : visible(line, longestEcho))
      return line
    } catch (error) {
      if (!(error instanceof ConsoleError)) throw error
      output.text(error.message)
      this.#hasFailed = true
      return ''
    }
  }

  async #execute(line: string, { commandLine }: RunningLevel): Promise<void> {
    const { reader, output } = this.#options
    const isOk = await this.#attempt(signal => commandLine.execute(line, this.#context(signal)))
    output.done(reader.lineNumber, isOk, commandLine.lastError)
  }

  /** Whether it has done what it should, and nothing else went wrong meanwhile. */
  async #attempt(work: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
    this.#isAtFault = false
    this.#isSilent = false
    const isDone = await this.#options.reader.during(work)
    const isOk = isDone && !this.#isAtFault
    if (!isOk) this.#hasFailed = true
    return isOk
  }

  async #listenFirst(port: number | undefined): Promise<void> {
    const { defaults, output } = this.#options
    await this.#attempt(async signal => {
      try {
        await listen({ port }, this.#context(signal))
        return true
      } catch (error) {
        if (signal.aborted) return true
        if (!(error instanceof ConsoleError)) throw error
        output.text(`could not listen on port ${port ?? defaultPort(defaults)} (${error.message})`)
        output.text('use "listen" command to start the server')
        return false
      }
    })
  }

  #context(signal: AbortSignal): ShellContext {
    const { world, output, defaults, reader } = this.#options
    return {
      console: this.#console,
      world,
      defaults,
      output,
      signal,
      print: text => output.text(text),
      progress: label => reader.progress(label),
      fail: () => {
        this.#isAtFault = true
      },
      showClient: () => {
        const { port, address } = this.#console.client ?? {}
        this.#client = address === undefined ? '' : ` port: ${port}, client: ${address.host}:${address.port}`
      },
      debug: isOn => {
        this.#isDebugging = isOn
      },
      tellFailure: error => this.#tellFailure(error),
      enter: level => this.#enter(level),
      leave: () => this.#leave(),
    }
  }

  #enter(level: Level): void {
    const print = (text: string) => this.#options.output.text(text)
    this.#levels.push({ ...level, commandLine: new CommandLine(level.commands, print, testingStyle, level.emptyLine) })
  }

  #leave(): void {
    const { output } = this.#options
    const result = this.#levels.pop()?.result
    if (result === undefined) return
    try {
      output.text(result())
    } catch (error) {
      if (!(error instanceof ConsoleError)) throw error
      output.text(error.message)
      this.#isAtFault = true
    }
  }

  #tellArrival(arrival: ReceivedPacket): void {
    const { output } = this.#options
    output.received(arrival)
    if (arrival.kind === 'message') this.#paths.learn(arrival.packet)
    const isPackRequest = arrival.kind === 'message' && messageKind(arrival.packet) === 'bootstrapPackRequest'
    if (isPackRequest) output.text('Received Bootstrap Pack Request')
  }

  #tellFailure(error: Error): void {
    const lines = this.#isDebugging ? explain({ error, line: undefined, position: undefined }) : [error.message]
    for (const line of lines) this.#options.output.text(line)
  }
}

function isComment(line: string): boolean {
  return line.trimStart().startsWith('#')
}
