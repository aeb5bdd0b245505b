import { expect, test } from 'vitest'
import type { Actor, EventFromLogic } from 'xstate'
import type { AccountOutcome } from '../../machines/effects.ts'
import {
  cause,
  type EffectName,
  location,
  type Site,
  simulatedAccountMachine,
  startAccount,
} from '../helpers/account-actor.ts'
import { walkChart } from '../helpers/chart-walk.ts'

type Machine = typeof simulatedAccountMachine
type Event = EventFromLogic<Machine>

const machine = simulatedAccountMachine
const input = { shortServerId: 1, lifetimeSeconds: 300 }

/** The payloads of the events that have one; a lifetime of 0 needs no Update. */
const payloads: Record<string, object[]> = {
  'connect.failed': [{ cause }],
  'connection.lost': [{ cause }],
  'register.created': [{ location, atMs: 0 }],
  'register.rejected': [{ responseCode: 0x80 }],
  'register.timedOut': [{ cause }],
  'update.changed': [{ atMs: 0 }],
  'update.rejected': [{ responseCode: 0x84 }],
  'update.timedOut': [{ cause }],
  'deregister.failed': [{ cause }],
  'retry.scheduled': [{ delayMs: 1000 }],
  'lifetime.changed': [{ lifetimeSeconds: 0 }, { lifetimeSeconds: 300 }],
}

/** The machine's own events, its delays included. */
const events = machine.events.flatMap(type => (payloads[type] ?? [{}]).map(payload => ({ type, ...payload }) as Event))

/** Brings about on the live actor what the event stands for. */
function perform(event: Event, site: Site, actor: Actor<Machine>): void {
  const [subject] = event.type.split('.')
  if (event.type.startsWith('xstate.after.')) {
    if (JSON.stringify(actor.getSnapshot().value).includes('gathering')) site.clock.advanceSync(100)
  } else if (subject === 'timer') {
    // Only one timer runs at a time, and what follows it sets none.
    if (site.runningNames.some(name => name.toLowerCase().endsWith('timer'))) site.clock.advanceSync(1_000_000)
  } else if (subject === 'retry') {
    // The retry timer has reported the delay when it started.
  } else {
    const name = (subject?.startsWith('connect') ? 'connection' : subject) as EffectName
    const effect = [...site.running].find(running => running.name === name)
    if (effect === undefined || event.type === 'update.requested') actor.send(event)
    else effect.report(event as AccountOutcome)
  }
}

function stop(site: Site, actor: Actor<Machine>): void {
  if (actor.getSnapshot().status === 'active') actor.send({ type: 'stop' })
  for (const effect of site.running) if (effect.name === 'deregister') effect.report({ type: 'deregister.done' })
  expect(actor.getSnapshot().status).toBe('done')
}

test('every path through the account chart, taken by a live account, ends without a leftover', () => {
  const counts = walkChart({
    machine,
    input,
    events: () => events,
    situation: ({ value, context: { causes, lifetimeSeconds, updateDueMs } }) =>
      JSON.stringify([value, causes, lifetimeSeconds, updateDueMs !== undefined]),
    start: inspect => startAccount(input, { inspect }),
    perform,
    stop,
  })
  console.log(counts)
})
