import { expect, test } from 'vitest'
import type { AnyActor, SnapshotFrom } from 'xstate'
import { type AccountInput, isNothing } from '../../machines/account-context.ts'
import { cause, type EffectName, location, type Site, simulatedAccountMachine } from '../helpers/account-actor.ts'
import { eventsOf, walkChart } from '../helpers/chart-walk.ts'

const machine = simulatedAccountMachine

const farMs = 1_000_000_000

const events = eventsOf(machine, {
  'connect.succeeded': [{ atMs: 0 }, { atMs: farMs }],
  'connect.failed': [{ cause }],
  'connection.lost': [{ cause }],
  'register.created': [{ location, atMs: 0 }],
  'register.rejected': [{ responseCode: 0x8c }, { responseCode: 0x83 }],
  'register.timedOut': [{ cause }],
  'update.changed': [{ atMs: 0 }],
  'update.rejected': [{ responseCode: 0x84 }],
  'update.timedOut': [{ cause }],
  'deregister.failed': [{ cause }],
  'retry.scheduled': [{ delayMs: 1000, atMs: 1000 }],
  'lifetime.changed': [{ lifetimeSeconds: 300 }],
  'binding.changed': [{ binding: 'U' }],
  disable: [{}, { untilMs: farMs }],
  resume: [{}, { retryFailed: true }],
})

/** Whose outcome an event is, by the first word of its name or by all of it. */
const reporters: Readonly<Record<string, EffectName>> = {
  connect: 'connection',
  connection: 'connection',
  register: 'register',
  'update.changed': 'update',
  'update.rejected': 'update',
  'update.timedOut': 'update',
  deregister: 'deregister',
  window: 'awakeWindow',
  timer: 'timer',
  retry: 'retryDelay',
}

function situation({ value, context }: SnapshotFrom<typeof machine>): unknown {
  const { location: kept, stopping, disabled, failedAttempts, retryAtMs, versions, updateDueMs } = context
  const { initialDelaySeconds, causes, sentCauses } = context
  return [
    value,
    kept.length,
    stopping,
    disabled !== undefined,
    failedAttempts,
    retryAtMs !== undefined,
    versions.length,
    updateDueMs !== undefined,
    initialDelaySeconds,
    isNothing(causes),
    sentCauses !== undefined,
  ]
}

/** However far it came, it ends within five seconds, and tells so once. */
function stop(site: Site, actor: AnyActor): void {
  if (actor.getSnapshot().status === 'active') actor.send({ type: 'stop' })
  site.find('deregister')?.report({ type: 'deregister.done' })
  site.clock.advanceSync(5_000)
  expect(actor.getSnapshot().status).toBe('done')
  expect(site.events.filter(({ type }) => type === 'DISCONNECT')).toHaveLength(1)
}

const limited = { initialDelaySeconds: 2, maximumDelaySeconds: 60, attempts: 2 }
const account = { shortServerId: 1, lifetimeSeconds: 300, versions: ['1.0'], retry: limited } as const
const registration = { location, version: '1.0', registeredUntilMs: 300_000 } as const

const inputs: AccountInput[] = [
  { ...account, versions: ['1.1', '1.0'], initialDelaySeconds: 10, awakeSeconds: 93 },
  { ...account, lifetimeSeconds: 0, disabled: {} },
  { ...account, saved: registration },
]

test('every path through the account chart, taken by a live account, ends without a leftover', () => {
  const counts = walkChart({
    machine,
    beginnings: inputs.map(input => ({ input, events: () => events })),
    situation,
    reporter: ({ type }) => {
      const name = reporters[type] ?? reporters[type.split('.')[0] ?? '']
      return name && { name }
    },
    stop,
  })
  console.log(counts)
}, 60_000)
