import { expect, test } from 'vitest'
import type { Actor, EventFromLogic, SnapshotFrom } from 'xstate'
import { accountId } from '../../machines/client.machine.ts'
import { answerRegister, createClient, type Site, simulatedClientMachine } from '../helpers/account-actor.ts'
import { walkChart } from '../helpers/chart-walk.ts'

type Machine = typeof simulatedClientMachine
type Event = EventFromLogic<Machine>

const first = { shortServerId: 1, lifetimeSeconds: 300 }
const second = { shortServerId: 2, lifetimeSeconds: 0 }

/** The payloads of the events that have one. */
const payloads: Record<string, object[]> = {
  start: [{ accounts: [] }, { accounts: [first] }, { accounts: [first, second] }],
  'update.requested': [{}, { shortServerId: 2 }],
  'lifetime.changed': [{ shortServerId: 1, lifetimeSeconds: 60 }],
}

/** The machine's own events; an account is done only when it was told to stop. */
function events({ value, context: { running } }: SnapshotFrom<Machine>): Event[] {
  const stopping = value === 'stopping' ? running : []
  return simulatedClientMachine.events.flatMap(type =>
    type === 'xstate.done.actor.*'
      ? stopping.map(shortServerId => ({
          type: `xstate.done.actor.${accountId(shortServerId)}` as const,
          actorId: accountId(shortServerId),
          output: { shortServerId },
        }))
      : (payloads[type] ?? [{}]).map(payload => ({ type, ...payload }) as Event),
  )
}

/** Brings about on the live actor what the event stands for. Every server answers a Register, and none a De-register. */
function perform(event: Event, site: Site, actor: Actor<Machine>): void {
  if ('output' in event) site.effect('deregister', event.output.shortServerId).report({ type: 'deregister.done' })
  else actor.send(event)
  const { children, context } = actor.getSnapshot()
  for (const id of context.running) {
    if (children[accountId(id)]?.getSnapshot().matches({ online: 'connecting' })) answerRegister(site, id)
  }
}

function stop(site: Site, actor: Actor<Machine>): void {
  actor.send({ type: 'stop' })
  for (const effect of site.running) if (effect.name === 'deregister') effect.report({ type: 'deregister.done' })
  expect(actor.getSnapshot()).toMatchObject({ value: 'stopped', children: {} })
}

test('every path through the client chart, taken by a live client and its accounts, ends without a leftover', () => {
  const counts = walkChart({
    machine: simulatedClientMachine,
    input: undefined,
    events,
    situation: ({ value, context }) => JSON.stringify([value, context]),
    start: inspect => createClient({ inspect }),
    perform,
    stop,
  })
  console.log(counts)
})
