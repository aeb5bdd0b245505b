import type { Command } from '../line/command.ts'
import type { ShellContext } from './context.ts'
import { command } from './define.ts'

/** The ways out of a shell; Ctrl-D is another one. */
export const leaveCommands: readonly Command<ShellContext>[] = ['EOF', 'exit'].map(name =>
  command(name, {
    help: 'Leaves this shell, as Ctrl-D does.',
    example: name,
    run(_, { print, leave }) {
      print('exiting')
      leave()
    },
  }),
)
