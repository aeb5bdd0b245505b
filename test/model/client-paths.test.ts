import { expect, test } from 'vitest'
import type { AnyActor, EventFromLogic, SnapshotFrom } from 'xstate'
import { accountId, type ClientInput } from '../../machines/client-context.ts'
import { cause, lonelyClientMachine, type Site } from '../helpers/account-actor.ts'
import { eventsOf, walkChart } from '../helpers/chart-walk.ts'

const machine = lonelyClientMachine
type Event = EventFromLogic<typeof machine>
type Snapshot = SnapshotFrom<typeof machine>

const first = { shortServerId: 1, lifetimeSeconds: 300, priority: 1, failureBlock: true }
const second = { shortServerId: 2, lifetimeSeconds: 300, priority: 2, bootstrapOnFailure: false }
const bootstrap = { accounts: [{ securityInstanceId: 0, holdOffSeconds: 0 }] } as const
const expiry = { securityInstanceId: 0, atMs: 1 }

/** The events with their payloads, an account being done for each that runs. */
function eventsWith(start: ClientInput): (snapshot: Snapshot) => Event[] {
  const every = eventsOf(machine, {
    start: [start],
    'bootstrap.finished': [{ accounts: [first], bootstrapAccounts: bootstrap.accounts }],
    'xstate.done.actor.bootstrap': [{ output: { type: 'finished' } }, { output: { type: 'failed', cause } }],
    'account.registered': [{ shortServerId: 1 }, { shortServerId: 2 }],
    'account.failing': [{ shortServerId: 1 }, { shortServerId: 2 }],
    'account.exhausted': [{ shortServerId: 1 }, { shortServerId: 2 }],
    'accounts.changed': [{ accounts: [] }, { accounts: [second] }],
    'update.requested': [{ shortServerId: 1 }],
    'lifetime.changed': [{ shortServerId: 1, lifetimeSeconds: 300 }],
    'binding.changed': [{ shortServerId: 1, binding: 'U' }],
    'transmission.waiting': [{ shortServerId: 1 }],
    disable: [{ shortServerId: 2 }],
    enable: [{ shortServerId: 2 }],
    'xstate.done.actor.*': [1, 2].map(shortServerId => ({
      type: `xstate.done.actor.${accountId(shortServerId)}`,
      output: { shortServerId },
    })),
  })
  // An account says nothing before it runs nor after, and is done only when it was told to stop.
  return ({ value, context: { running, accounts } }) =>
    every.filter(event => {
      const id = accountOf(event)
      if (id === undefined) return true
      const isStopping = value === 'stopping' || !accounts.some(({ shortServerId }) => shortServerId === id)
      return running.includes(id) && (event.type.startsWith('account.') || isStopping)
    })
}

/** Which account tells this of itself. */
function accountOf(event: Event): number | undefined {
  // The end of the bootstrap, which has no such output, is none of the events that the chart lists by type.
  if ('output' in event) return event.output.shortServerId
  return event.type.startsWith('account.') && 'shortServerId' in event ? event.shortServerId : undefined
}

function situation({ value, context, children }: Snapshot): unknown {
  const { accounts, bootstrap: known, next, bootstrapsInVain, ...rest } = context
  return [
    value,
    rest,
    accounts.map(({ shortServerId, disabled }) => [shortServerId, disabled !== undefined]),
    known?.expiry,
    known !== undefined,
    next !== undefined,
    bootstrapsInVain > 0,
    Object.keys(children),
  ]
}

/** However far it came, it has stopped when its accounts have. */
function stop(site: Site, actor: AnyActor): void {
  actor.send({ type: 'stop' })
  for (const effect of site.running) {
    const { shortServerId = 0 } = effect.input
    if (effect.name === 'account')
      effect.report({ type: `xstate.done.actor.${accountId(shortServerId)}`, output: { shortServerId } })
  }
  const { value, children }: Snapshot = actor.getSnapshot()
  expect([value, children]).toEqual(['stopped', {}])
}

const starts: ClientInput[] = [
  { accounts: [] },
  { accounts: [], bootstrap, restartAfterSeconds: 60 },
  { accounts: [first, second], restartAfterSeconds: 60 },
  { accounts: [first, second], bootstrap: { ...bootstrap, expiry } },
]

test('every path through the client chart, taken by a live client, ends without a leftover', () => {
  const counts = walkChart({
    machine,
    beginnings: starts.map(start => ({ input: undefined, events: eventsWith(start) })),
    situation,
    reporter: event => {
      if (event.type === 'timer.due') return { name: 'timer' }
      const shortServerId = accountOf(event)
      if (shortServerId !== undefined) return { name: 'account', shortServerId }
      return event.type === 'bootstrap.finished' || 'output' in event ? { name: 'bootstrap' } : undefined
    },
    stop,
  })
  console.log(counts)
}, 60_000)
