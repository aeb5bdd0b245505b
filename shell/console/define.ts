import { ConsoleError } from '../../server/console/console-error.ts'
import type { ArgumentType } from '../line/argument-type.ts'
import type { Command } from '../line/command.ts'
import type { ShellContext } from './context.ts'

/** A parameter without its name: its values are of `T`, also when it was not given. */
export interface Slot<T> {
  readonly type: ArgumentType<unknown>
  readonly isRequired: boolean
  /** Nothing but its absence says that it was not given. */
  readonly fallback: T | undefined
}

type Slots = Readonly<Record<string, Slot<unknown>>>
type Values<S extends Slots> = { readonly [K in keyof S]: S[K] extends Slot<infer T> ? T : never }

export interface CommandDefinition<S extends Slots> {
  /** Sentences for people. */
  readonly help: string
  /** A line that could be typed. */
  readonly example: string
  /** As in {@link Command}. */
  readonly isExtra?: boolean
  /** In the order of their places. */
  readonly parameters?: S
  run(args: Values<S>, context: ShellContext): Promise<void> | void
}

export function required<T>(type: ArgumentType<T>): Slot<T> {
  return { type, isRequired: true, fallback: undefined }
}

export function optional<T>(type: ArgumentType<T>): Slot<T | undefined>
export function optional<T>(type: ArgumentType<T>, fallback: T): Slot<T>
export function optional<T>(type: ArgumentType<T>, fallback?: T): Slot<T | undefined> {
  return { type, isRequired: false, fallback }
}

/** A command whose values have the types of its parameters. */
export function command<S extends Slots = Slots>(
  name: string,
  definition: CommandDefinition<S>,
): Command<ShellContext> {
  const { help, example, isExtra = false, parameters } = definition
  return {
    name,
    help,
    example,
    isExtra,
    parameters: Object.entries(parameters ?? {}).map(([parameter, { type, isRequired, fallback }]) => ({
      name: parameter,
      type,
      required: isRequired,
      ...(fallback !== undefined && { fallback }),
    })),
    run: (args, context) => definition.run(args as Values<S>, context),
  }
}

/** Runs what an argument is needed for; its errors name it. */
export function withArgument<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof ConsoleError)) throw cause
    throw new ConsoleError(`${name}: ${cause.message}`, { cause })
  }
}
