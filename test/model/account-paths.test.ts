import { expect, test } from 'vitest'
import type { AnyTransitionDefinition, EventFromLogic, InspectionEvent, SnapshotFrom } from 'xstate'
import { adjacencyMapToArray, getAdjacencyMap, getShortestPaths, getStateNodes } from 'xstate/graph'
import type { AccountOutcome } from '../../machines/effects.ts'
import {
  cause,
  type EffectName,
  location,
  type Site,
  simulatedAccountMachine,
  startAccount,
} from '../helpers/account-actor.ts'

type Snapshot = SnapshotFrom<typeof simulatedAccountMachine>
type Event = EventFromLogic<typeof simulatedAccountMachine>

const machine = simulatedAccountMachine
const nodes = [machine.root, ...getStateNodes(machine)]
const transitions = nodes.flatMap(node => [...node.transitions.values()].flat().concat(node.always ?? []))

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

/** What tells states apart; times and counts do not. */
function serializeState({ value, context }: Snapshot): string {
  const { causes, lifetimeSeconds, updateDueMs } = context
  return JSON.stringify([value, causes, lifetimeSeconds, updateDueMs !== undefined])
}

const model = {
  events,
  serializeState,
  stopWhen: ({ status }: Snapshot) => status !== 'active',
  input: { shortServerId: 1, lifetimeSeconds: 300 },
}

/** Brings about on the live actor what the event stands for. */
function perform(
  event: Event | { type: 'xstate.init' },
  site: Site,
  actor: ReturnType<typeof startAccount>['actor'],
): void {
  if (event.type === 'xstate.init') return
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

test('every path through the account chart, taken by a live account, ends without a leftover', () => {
  const shortest = new Map(getShortestPaths(machine, model).map(path => [serializeState(path.state), path.steps]))
  const edges = adjacencyMapToArray(getAdjacencyMap(machine, model))
  const taken = new Set<AnyTransitionDefinition>()
  const visited = new Set<string>()
  const inspect = (inspected: InspectionEvent) => {
    if (inspected.type !== '@xstate.microstep') return
    const { _transitions: microstep } = inspected
    for (const transition of microstep) taken.add(transition)
  }

  for (const { state: source, event: lastEvent, nextState } of edges) {
    const steps = shortest.get(serializeState(source)) ?? []
    const { site, actor } = startAccount(model.input, { inspect })
    for (const { event, state } of [...steps, { event: lastEvent, state: nextState }]) {
      perform(event, site, actor)
      expect(serializeState(actor.getSnapshot()), `after ${event.type}`).toBe(serializeState(state))
      const { _nodes: active } = actor.getSnapshot()
      for (const node of active) visited.add(node.id)
    }
    if (actor.getSnapshot().status === 'active') actor.send({ type: 'stop' })
    for (const effect of site.running) if (effect.name === 'deregister') effect.report({ type: 'deregister.done' })
    expect(actor.getSnapshot().status).toBe('done')
    expect(site.runningNames).toEqual([])
    expect(site.clock.pendingTimers).toBe(0)
  }

  const leaves = nodes.filter(({ type }) => type === 'atomic' || type === 'final').length
  console.log(
    `account: ${edges.length} paths over ${shortest.size} situations; ${leaves} states, ${transitions.length} transitions`,
  )
  expect(nodes.map(({ id }) => id).filter(id => !visited.has(id))).toEqual([])
  expect(transitions.filter(transition => !taken.has(transition))).toEqual([])
})
