import { ServerConsole } from '../../server/console/console.ts'
import { messageKind } from '../../server/console/message-kind.ts'
import type { Packet } from '../../transport/coap/packet.ts'
import { CommandLine } from '../line/command-line.ts'
import type { Completion } from '../line/completion.ts'
import { visible } from '../line/visible.ts'
import type { LineReader } from '../terminal/line-reader.ts'
import { listen } from './commands/sessions.ts'
import type { Level, ShellContext, World } from './context.ts'
import type { ListenDefaults } from './listening.ts'
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

interface RunningLevel extends Level {
  readonly commandLine: CommandLine<ShellContext>
}

/** The testing shell: reads lines, runs their commands and tells what happens. */
export class TestingShell {
  readonly #options: TestingShellOptions
  readonly #console: ServerConsole
  /** The shell that runs comes last. */
  readonly #levels: RunningLevel[] = []
  /** Whom `listen` has found last. */
  #client = ''
  #hasFailed = false
  /** Whether the command that runs has failed without an error. */
  #isAtFault = false
  /** Whether nothing was to come, and nothing came. */
  #isSilent = false

  constructor(options: TestingShellOptions) {
    this.#options = options
    const { world, output } = options
    this.#console = new ServerConsole(world, {
      waiting: port => output.waiting(port),
      sent: (packet, kind) => output.sent(packet, kind),
      received: arrival => {
        output.received(arrival)
        if (arrival.kind === 'message') this.#announce(arrival.packet)
      },
      mismatch: (report, isFault) => {
        output.mismatch(report)
        if (isFault) this.#isAtFault = true
        else this.#isSilent = true
      },
      unanswered: () => {
        output.text('response not received')
        if (!this.#isSilent) this.#isAtFault = true
      },
      failed: error => output.text(error.message),
    })
    this.#enter(mainLevel)
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
   * Runs until somebody leaves or the input ends; with `listens` it waits for a client first. Resolves with whether no
   * command has failed and all was as expected.
   */
  async run({ listens = false } = {}): Promise<boolean> {
    if (listens) await this.#listenFirst()
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
      if (echoes && line !== undefined) reader.print(commandLine.holdsSecret(line.trim()) ? '(a line with a key)' : visible(line, longestEcho))
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

  async #listenFirst(): Promise<void> {
    await this.#attempt(async signal => {
      try {
        await listen(startRequest, this.#context(signal))
      } catch (error) {
        if (signal.aborted) return true
        const { message } = error as Error
        this.#options.output.text(`could not listen on port ${}`)
      }
      return true
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
      enter: level => this.#enter(level),
      leave: () => this.#leave(),
    }
  }

  #enter(level: Level): void {
    const print = (text: string) => this.#options.output.text(text)
    this.#levels.push({ ...level, commandLine: new CommandLine(level.commands, print, testingStyle, level.emptyLine) })
  }

  #leave(): void {
    const left = this.#levels.pop()
    if (left?.result !== undefined) this.#options.output.text(left.result())
  }

  /** What a client begins is told apart from what it asks for. */
  #announce(packet: Packet): void {
    if (messageKind(packet) === 'bootstrapPackRequest') this.#options.output.text('Received Bootstrap Pack Request')
  }
}
