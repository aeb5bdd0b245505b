import { test } from 'vitest'
import type { SnapshotFrom } from 'xstate'
import type { BootstrapInput } from '../../machines/bootstrap-context.ts'
import { cause, type EffectName, simulatedBootstrapMachine } from '../helpers/account-actor.ts'
import { eventsOf, walkChart } from '../helpers/chart-walk.ts'

const machine = simulatedBootstrapMachine

const events = eventsOf(machine, {
  'connect.failed': [{ cause }],
  'connection.lost': [{ cause }],
  'bootstrap.failed': [{ cause }],
  'transfer.finished': [{ accounts: [{ shortServerId: 1, lifetimeSeconds: 300 }], bootstrapAccounts: [] }],
  'transfer.refused': [{ cause }],
  'retry.scheduled': [{ delayMs: 1000, atMs: 1000 }],
})

/** Whose outcome an event is, by the first word of its name. */
const reporters: Readonly<Record<string, EffectName>> = {
  connect: 'bootstrapConnection',
  connection: 'bootstrapConnection',
  transfer: 'bootstrapConnection',
  silence: 'silence',
  pack: 'bootstrapPack',
  timer: 'timer',
  retry: 'retryDelay',
}

function situation({ value, context }: SnapshotFrom<typeof machine>): unknown {
  const { accounts, failedInRound, failedAttempts, succeeded, pack, inVain, retryAtMs } = context
  const order = accounts.map(({ securityInstanceId }) => securityInstanceId)
  return [value, order, failedInRound, failedAttempts, succeeded, pack, inVain, retryAtMs !== undefined]
}

const first = { securityInstanceId: 0, holdOffSeconds: 0 }
const second = { securityInstanceId: 4, holdOffSeconds: 60 }
const retry = { initialDelaySeconds: 2, maximumDelaySeconds: 60, attempts: 2 }
const inputs: BootstrapInput[] = [
  { accounts: [first, second], retry },
  { accounts: [second], retry, pack: true },
  { accounts: [first], retry, inVain: 1 },
]

test('every path through the bootstrap chart, taken by a live bootstrap, ends without a leftover', () => {
  const counts = walkChart({
    machine,
    beginnings: inputs.map(input => ({ input, events: () => events })),
    situation,
    reporter: ({ type }, snapshot) => {
      // Either request may fail.
      if (type.startsWith('bootstrap.'))
        return { name: snapshot.matches({ trying: 'packing' }) ? 'bootstrapPack' : 'bootstrapRequest' }
      const name = reporters[type.split('.')[0] ?? '']
      return name && { name }
    },
    stop: (_, actor) => actor.stop(),
  })
  console.log(counts)
})
