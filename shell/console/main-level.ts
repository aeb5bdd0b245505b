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
import type { Level } from './context.ts'

/** The shell that the others are entered from. An empty line receives what has come. */
export const mainLevel: Level = {
  suffix: '',
  commands: [
    ...requestCommands,
    ...clientRequestCommands,
    ...responseCommands,
    ...packetCommands,
    ...bootstrapCommands,
    ...sessionCommands,
    ...settingCommands,
    ...inspectionCommands,
    ...transferCommands,
    ...shellCommands,
  ],
  async emptyLine({ console, signal }) {
    if (console.isOpen) await console.receiveWaiting(signal)
  },
}
