import type { ArgumentType } from '../line/argument-type.ts'
import { list } from '../line/collection-types.ts'
import type { Command } from '../line/command.ts'
import { bootstrapCommands } from './commands/bootstrap.ts'
import { clientRequestCommands } from './commands/client-requests.ts'
import { inspectionCommands } from './commands/inspection.ts'
import { packetCommands } from './commands/packets.ts'
import { requestCommands } from './commands/requests.ts'
import { responseCommands } from './commands/responses.ts'
import { sessionCommands } from './commands/sessions.ts'
import { settingCommands } from './commands/settings.ts'
import { shellCommands } from './commands/shells.ts'
import { transferCommands } from './commands/transfers.ts'
import type { Level, ShellContext } from './context.ts'

/**
 * The shell that the others are entered from; what it asks of a client is completed with the paths of `path`. An empty line
 * receives what has come.
 */
export function mainLevel(path: ArgumentType<string>): Level {
  return {
    suffix: '',
    commands: [
      ...[...requestCommands, ...transferCommands].map(command => withPaths(command, path)),
      ...clientRequestCommands,
      ...responseCommands,
      ...packetCommands,
      ...bootstrapCommands,
      ...sessionCommands,
      ...settingCommands,
      ...inspectionCommands,
      ...shellCommands,
    ],
    async emptyLine({ console, signal }) {
      if (console.isOpen) await console.receiveWaiting(signal)
    },
  }
}

function withPaths(command: Command<ShellContext>, path: ArgumentType<string>): Command<ShellContext> {
  const types: Readonly<Record<string, ArgumentType<unknown>>> = { path, paths: list(path) }
  const parameters = command.parameters.map(parameter => ({
    ...parameter,
    type: types[parameter.name] ?? parameter.type,
  }))
  return { ...command, parameters }
}
