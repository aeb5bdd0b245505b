import type { Clock } from '../transport/clock.ts'
import type { Network } from '../transport/connection.ts'
import type { Random } from '../transport/random.ts'
import type { KeySource, LineSink } from './terminal/line-reader.ts'

/** What a command needs of the world around it. */
export interface Environment {
  /** Writes a line to the standard output. */
  readonly print: (line: string) => void
  /** Writes a line to the standard error output. */
  readonly printError: (line: string) => void
  /** The standard input: what somebody types, or a pipe. */
  readonly input: KeySource
  /** The standard output, for what has to move the cursor. */
  readonly output: LineSink
  /** Folder in which the lines that somebody has typed are kept; undefined: nowhere. */
  readonly historyFolder?: string
  /** Whether the standard output shows colours. */
  readonly colors: boolean
  /** Resolves when the user wants the command to end. */
  readonly interrupted: Promise<void>
  /** Lets Ctrl-C end something within the command instead: `within` does so and returns whether there was anything to end. */
  readonly onInterrupt: (within: () => boolean) => void
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
}
