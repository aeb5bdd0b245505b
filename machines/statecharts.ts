import type { AnyStateMachine } from 'xstate'
import { accountMachine } from './account.machine.ts'
import { bootstrapMachine } from './bootstrap.machine.ts'
import { clientMachine } from './client.machine.ts'
import { firmwareUpdateMachine } from './firmware-update.machine.ts'
import { softwareManagementMachine } from './software-management.machine.ts'

/** Every chart of the engine, the outermost first; `id` is its name, `root.description` says what it is for. */
export const statecharts: readonly AnyStateMachine[] = [
  clientMachine,
  bootstrapMachine,
  accountMachine,
  firmwareUpdateMachine,
  softwareManagementMachine,
]
