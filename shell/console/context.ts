import type { ServerConsole } from '../../server/console/console.ts'
import type { Clock } from '../../transport/clock.ts'
import type { Command } from '../line/command.ts'
import type { Progress } from '../terminal/progress.ts'
import type { ListenDefaults } from './listening.ts'

/** What the commands of the testing shell work with. */
export interface ShellContext {
  readonly console: ServerConsole
  readonly clock: Clock
  readonly defaults: ListenDefaults
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Writes a line, or several. */
  readonly print: (text: string) => void
  /** Shows how far something is. */
  readonly progress: (label: string) => Progress
  /** Lets the command count as failed, though all that there is to say about it was said. */
  readonly fail: () => void
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
