import type { Clock } from '../transport/clock.ts'
import type { Network } from '../transport/connection.ts'
import type { Random } from '../transport/random.ts'

/** What a command needs of the world around it. */
export interface Environment {
  /** Writes a line to the standard output. */
  readonly print: (line: string) => void
  /** Writes a line to the standard error output. */
  readonly printError: (line: string) => void
  /** Whether the standard output shows colours. */
  readonly colors: boolean
  /** Resolves when the user wants the command to end. */
  readonly interrupted: Promise<void>
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
}
