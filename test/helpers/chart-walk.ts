import { expect } from 'vitest'
import {
  type AnyActor,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  createActor,
  type EventFromLogic,
  type EventObject,
  type InputFrom,
  type InspectionEvent,
  type SnapshotFrom,
} from 'xstate'
import { adjacencyMapToArray, getAdjacencyMap, getStateNodes } from 'xstate/graph'
import { type EffectName, place, Site } from './account-actor.ts'

/** How a chart is walked: what may happen to it from which beginnings. The chart says what follows. */
export interface ChartWalk<TMachine extends AnyStateMachine> {
  readonly machine: TMachine
  /** From each of these a walk begins. */
  readonly beginnings: readonly Beginning<TMachine>[]
  /** What tells situations apart; times do not. */
  situation(snapshot: SnapshotFrom<TMachine>): unknown
  /** Whose outcome an event is; of no effect: a command or a delay. */
  reporter(
    event: EventFromLogic<TMachine>,
    snapshot: SnapshotFrom<TMachine>,
  ): { readonly name: EffectName; readonly shortServerId?: number } | undefined
  /** Ends what the actor is at, however far it came, and tells whether it did so properly. */
  stop(site: Site, actor: AnyActor): void
}

interface Beginning<TMachine extends AnyStateMachine> {
  readonly input: InputFrom<TMachine>
  /** What may happen in a situation. */
  events(snapshot: SnapshotFrom<TMachine>): readonly EventFromLogic<TMachine>[]
}

/** The machine's own events, its delays included, each with the payloads it may come with: none when nothing is said. */
export function eventsOf<TMachine extends AnyStateMachine>(
  { events }: TMachine,
  payloads: Readonly<Record<string, readonly object[]>>,
): EventFromLogic<TMachine>[] {
  expect(Object.keys(payloads).filter(type => !events.includes(type))).toEqual([])
  return events.flatMap((type: string) =>
    (payloads[type] ?? [{}]).map(payload => ({ type, ...payload }) as EventFromLogic<TMachine>),
  )
}

/**
 * Goes every way that leads from one situation of the chart to the next, the shortest way there first, with a live actor
 * each; what leaves a situation as it is happens to one actor in turn. Expects that actor and chart agree on every step,
 * that nothing is left over at the end, and that every state and every transition was taken. Returns the counts, as a line.
 */
export function walkChart<TMachine extends AnyStateMachine>(walk: ChartWalk<TMachine>): string {
  const { machine } = walk
  const nodes = [machine.root, ...getStateNodes(machine)]
  const transitions = nodes.flatMap(node => [...node.transitions.values()].flat().concat(node.always ?? []))
  const progress = new Progress()
  let paths = 0
  let situations = 0
  for (const beginning of walk.beginnings) {
    const ways = waysOf(walk, beginning)
    for (const way of ways.paths) replay(walk, beginning, way, progress)
    paths += ways.paths.length
    situations += ways.situations
  }
  expect(nodes.map(({ id }) => id).filter(id => !progress.visited.has(id))).toEqual([])
  expect(transitions.filter(transition => !progress.taken.has(transition)).map(describeTransition)).toEqual([])
  const leaves = nodes.filter(({ type }) => type === 'atomic' || type === 'final').length
  return `${machine.id}: ${paths} paths over ${situations} situations; ${leaves} states, ${transitions.length} transitions`
}

interface Step {
  readonly event: EventObject
  /** The situation after it. */
  readonly after: string
}

/** The ways through the graph that XState makes of the chart. */
function waysOf<TMachine extends AnyStateMachine>(walk: ChartWalk<TMachine>, beginning: Beginning<TMachine>) {
  // XState's graph functions know the types of a named machine only.
  const machine: AnyStateMachine = walk.machine
  const situation = (snapshot: unknown) => JSON.stringify(walk.situation(snapshot as SnapshotFrom<TMachine>))
  const model = {
    input: beginning.input,
    limit: 1e6,
    events: (snapshot: unknown) => [...beginning.events(snapshot as SnapshotFrom<TMachine>)],
    serializeState: situation,
    stopWhen: ({ status }: AnyMachineSnapshot) => status !== 'active',
  }
  // XState goes breadth first: the way by which it comes to a situation for the first time is a shortest one.
  const shortest = new Map<string, Step[]>()
  const idle = new Map<string, Step[]>()
  const paths: Step[][] = []
  for (const { state, event, nextState } of adjacencyMapToArray(getAdjacencyMap(machine, model))) {
    const before = situation(state)
    const after = situation(nextState)
    const wayThere = shortest.get(before) ?? []
    if (shortest.size === 0) shortest.set(before, [])
    if (after === before) {
      idle.set(before, [...(idle.get(before) ?? wayThere), { event, after }])
    } else {
      const path = [...wayThere, { event, after }]
      paths.push(path)
      if (!shortest.has(after)) shortest.set(after, path)
    }
  }
  return { paths: [...paths, ...idle.values()], situations: shortest.size }
}

/** What the live actors came by. */
class Progress {
  readonly taken = new Set<AnyTransitionDefinition>()
  readonly visited = new Set<string>()

  watch(machine: AnyStateMachine, inspected: InspectionEvent): void {
    if (inspected.type !== '@xstate.microstep') return
    const { snapshot, _transitions: microstep } = inspected
    const { _nodes: active, machine: source } = snapshot as AnyMachineSnapshot
    if (source !== machine) return
    for (const transition of microstep) {
      this.taken.add(transition)
      // A state that is left as soon as the machine starts shows nowhere else.
      this.visited.add(transition.source.id)
    }
    for (const { id } of active) this.visited.add(id)
  }
}

function replay<TMachine extends AnyStateMachine>(
  walk: ChartWalk<TMachine>,
  { input }: Beginning<TMachine>,
  steps: readonly Step[],
  progress: Progress,
): void {
  const machine: AnyStateMachine = walk.machine
  const site = new Site(true)
  const inspect = (inspected: InspectionEvent) => progress.watch(machine, inspected)
  const actor: AnyActor = createActor(machine, { id: machine.id, clock: site.clock, input, inspect })
  place(actor, site)
  for (const { event, after } of steps) {
    if (event.type !== 'xstate.init') perform(walk, event as EventFromLogic<TMachine>, site, actor)
    const situation = JSON.stringify(walk.situation(actor.getSnapshot() as SnapshotFrom<TMachine>))
    if (situation !== after) {
      expect(situation, steps.map(step => JSON.stringify(step.event)).join('\n')).toBe(after)
    }
  }
  walk.stop(site, actor)
  if (site.running.size > 0) expect(site.runningNames).toEqual([])
  if (site.clock.pendingTimers > 0) expect(site.clock.pendingTimers).toBe(0)
}

/** Brings about on the live actor what the event stands for: time passes, an effect that runs reports, a command comes. */
function perform<TMachine extends AnyStateMachine>(
  walk: ChartWalk<TMachine>,
  event: EventFromLogic<TMachine>,
  site: Site,
  actor: AnyActor,
): void {
  if (event.type.startsWith('xstate.after.')) {
    const { _nodes: active, context } = actor.getSnapshot() as AnyMachineSnapshot
    const delay = active.flatMap(({ after }) => after).find(({ eventType }) => eventType === event.type)?.delay
    if (delay === undefined) return
    const resolve: unknown = typeof delay === 'string' ? walk.machine.implementations.delays[delay] : delay
    site.clock.advanceSync(typeof resolve === 'function' ? resolve({ context }) : resolve)
    return
  }
  const source = walk.reporter(event, actor.getSnapshot() as SnapshotFrom<TMachine>)
  if (source === undefined) actor.send(event)
  else site.find(source.name, source.shortServerId)?.report(event)
}

function describeTransition({ source, eventType, guard }: AnyTransitionDefinition): string {
  return `${source.id} ${eventType} ${JSON.stringify(guard)}`
}
