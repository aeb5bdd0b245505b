import type { ServerConsole } from '../../server/console/console.ts'
import type { Environment } from '../environment.ts'
import type { Command } from '../line/command.ts'
import type { Progress } from '../terminal/progress.ts'
import type { ListenDefaults } from './listening.ts'
import type { Output } from './output.ts'

/** What a shell needs from outside. */
export type World = Pick<Environment, 'clock' | 'random' | 'network'>

/** What the commands of the testing shell work with. */
export interface ShellContext {
  readonly console: ServerConsole
  readonly world: World
  readonly defaults: ListenDefaults
  /** Where what happens is told. */
  readonly output: Output
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Tells a line, or several, for people. */
  readonly print: (text: string) => void
  /** Shows how far something is. */
  readonly progress: (label: string) => Progress
  /** Lets the command count as failed, though all that there is to say about it was said. */
  readonly fail: () => void
  /** Whether failures that nobody asked for are told with what has caused them. */
  readonly debug: (isOn: boolean) => void
  /** Tells a failure that nobody asked for. */
  readonly tellFailure: (error: Error) => void
  /** Shows in the prompt whom `listen` has found. */
  readonly showClient: () => void
  /** Goes on in another shell, which comes back to this one. */
  readonly enter: (level: Level) => void
  /** Leaves the shell that runs. */
  readonly leave: () => void
}

/** A shell, or one within it. */
export interface Level {
  /** Follows the name of the shell in the prompt: nothing, `/TLV`. */
  readonly suffix: string
  readonly commands: readonly Command<ShellContext>[]
  /** What is told at its end. */
  readonly result?: () => string
  /** What an empty line does; undefined: nothing. */
  readonly emptyLine?: (context: ShellContext) => Promise<void>
}
