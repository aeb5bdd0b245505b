import { text } from '../../shell/line/argument-types.ts'
import type { Command } from '../../shell/line/command.ts'
import { CommandLine } from '../../shell/line/command-line.ts'
import { openLineReader } from '../../shell/terminal/open-line-reader.ts'
import { systemClock } from '../../transport/clock.ts'

/** A shell with three commands, for a test that types into it. */
interface Context {
  readonly signal: AbortSignal
  readonly leave: () => void
}

const commands: Command<Context>[] = [
  {
    name: 'wait',
    parameters: [],
    help: 'Waits until it is interrupted.',
    run: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        reader.print('waiting')
        const timer = systemClock.setTimeout(() => {}, 60_000)
        signal.addEventListener('abort', () => {
          systemClock.clearTimeout(timer)
          reject(signal.reason as Error)
        })
      }),
  },
  {
    name: 'later',
    parameters: [{ name: 'what', type: text, required: true }],
    help: 'Prints something after its prompt came back.',
    run: ({ what }) => void systemClock.setTimeout(() => reader.print(String(what)), 100),
  },
  {
    name: 'exit',
    parameters: [],
    help: 'Leaves.',
    run: (_, { leave }) => leave(),
  },
]

const [historyFile] = process.argv.slice(2)
const commandLine = new CommandLine(commands, line => reader.print(line))
const reader = openLineReader({
  input: process.stdin,
  output: process.stdout,
  colors: true,
  clock: systemClock,
  ...(historyFile !== undefined && { historyFile }),
  complete: (line, cursor) => commandLine.complete(line, cursor),
  holdsSecret: line => commandLine.holdsSecret(line),
})

for (let line = await reader.question('[demo] $ '); line !== undefined; line = await reader.question('[demo] $ ')) {
  const typed = line
  await reader.during(signal => commandLine.execute(typed, { signal, leave: () => reader.close() }))
}
reader.close()
