import type { ArgumentType } from './argument-type.ts'

export interface Parameter {
  readonly name: string
  readonly type: ArgumentType<unknown>
  /** Whether it has to be given. */
  readonly required: boolean
  /** What it is when it is not given; shown by nobody, since commands have their own defaults. */
  readonly fallback?: unknown
  /** Which words it takes by their place, for a flag such as `-x` that may be left away; undefined: every word. */
  takes?(word: string): boolean
}

/** A command of a shell; `C` is what its commands work with. */
export interface Command<C> {
  readonly name: string
  /** Whether it is only meant by its whole name, and is not in the list of commands: no abbreviation changes its meaning. */
  readonly isExtra?: boolean
  readonly parameters: readonly Parameter[]
  /** Sentences for people; empty: none. */
  readonly help: string
  /** A line that could be typed. */
  readonly example?: string
  /** Values by parameter name; those that were not given are absent, unless they have a `fallback`. */
  run(args: Readonly<Record<string, unknown>>, context: C): Promise<void> | void
}
