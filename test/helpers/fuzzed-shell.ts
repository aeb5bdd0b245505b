import type { Command } from '../../shell/line/command.ts'
import type { SimulatedClock } from '../../transport/simulated-clock.ts'

/** What came of fuzzed lines. */
export interface Fuzzed {
  lines: number
  /** How often each error came. */
  readonly errors: Map<string, number>
}

const stepMs = 100
const steps = 400
/** What a disk needs in which no time passes; more for commands that read files, so that a session repeats. */
const turns = 3
const turnsWithDisk = 2_000
/** Seconds, on any machine. */
const turnsAfterInterrupt = 1_000_000

/** Lets time pass until a command is over; one that goes on gets a Ctrl-C. Rejects where that does not end it. */
export async function patience(
  clock: SimulatedClock,
  line: string,
  { interrupt, isOver }: { readonly interrupt: () => void; readonly isOver: () => boolean },
): Promise<void> {
  const still = /file|path|^\s*(?:[fwb]|obj)/.test(line) ? turnsWithDisk : turns
  for (let turn = 0; turn < still; turn++) {
    await clock.advance(0)
    if (isOver()) return
  }
  for (let step = 0; step < steps; step++) {
    await clock.advance(stepMs)
    if (isOver()) return
  }
  interrupt()
  for (let turn = 0; turn < turnsAfterInterrupt; turn++) {
    await clock.advance(0)
    if (isOver()) return
  }
  throw new Error('it hangs')
}

const moving = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u

/** What is wrong with texts for people; undefined: nothing. */
export function textFault(texts: readonly string[]): string | undefined {
  return texts.some(text => moving.test(text.replace(/[\t\n\r\v\f]/g, ''))) ? 'the cursor is moved' : undefined
}

/** Whether an error names neither an argument nor the command, nor a state that needs no name; undefined: it does. */
export function faultOfText(error: string, commands: readonly Command<never>[], states: RegExp): string | undefined {
  if (states.test(error)) return undefined
  const words = new Set(error.match(/\w+/g))
  const isNamed = commands.some(
    ({ name, parameters }) => words.has(name) || parameters.some(one => words.has(one.name)),
  )
  return isNamed ? undefined : `names nothing: ${error}`
}
