import { expect } from 'vitest'
import type {
  Actor,
  AnyStateMachine,
  AnyTransitionDefinition,
  EventFromLogic,
  InputFrom,
  InspectionEvent,
  SnapshotFrom,
} from 'xstate'
import { adjacencyMapToArray, getAdjacencyMap, getShortestPaths, getStateNodes } from 'xstate/graph'
import type { Site } from './account-actor.ts'

type Inspect = (event: InspectionEvent) => void

/** How a chart is walked: what may happen to it, and how the test brings that about on a live actor. */
export interface ChartWalk<TMachine extends AnyStateMachine> {
  readonly machine: TMachine
  readonly input: InputFrom<TMachine>
  /** What may happen in a situation. */
  events(snapshot: SnapshotFrom<TMachine>): EventFromLogic<TMachine>[]
  /** What tells situations apart; times and counts do not. */
  situation(snapshot: SnapshotFrom<TMachine>): string
  start(inspect: Inspect): { readonly site: Site; readonly actor: Actor<TMachine> }
  perform(event: EventFromLogic<TMachine>, site: Site, actor: Actor<TMachine>): void
  /** Stops the actor, however far it came. */
  stop(site: Site, actor: Actor<TMachine>): void
}

/**
 * Goes every way that leads from one situation of the chart to the next, the shortest way there first, with a live actor
 * each. Expects that actor and chart agree on every step, that nothing is left over at the end, and that every state and
 * every transition was taken. Returns the counts, as a line.
 */
export function walkChart<TMachine extends AnyStateMachine>(walk: ChartWalk<TMachine>): string {
  // XState's graph functions know the types of a named machine only.
  const machine: AnyStateMachine = walk.machine
  const situation = (snapshot: unknown) => walk.situation(snapshot as SnapshotFrom<TMachine>)
  const model = {
    input: walk.input,
    events: (snapshot: unknown) => walk.events(snapshot as SnapshotFrom<TMachine>),
    serializeState: situation,
    stopWhen: ({ status }: SnapshotFrom<AnyStateMachine>) => status !== 'active',
  }
  const nodes = [machine.root, ...getStateNodes(machine)]
  const transitions = nodes.flatMap(node => [...node.transitions.values()].flat().concat(node.always ?? []))
  const shortest = new Map(getShortestPaths(machine, model).map(path => [situation(path.state), path.steps]))
  const edges = adjacencyMapToArray(getAdjacencyMap(machine, model))
  const taken = new Set<AnyTransitionDefinition>()
  const visited = new Set<string>()
  const inspect: Inspect = inspected => {
    if (inspected.type !== '@xstate.microstep') return
    const { _transitions: microstep, snapshot } = inspected
    for (const transition of microstep) taken.add(transition)
    const { _nodes: active } = snapshot as SnapshotFrom<AnyStateMachine>
    for (const { id } of active) visited.add(id)
  }

  for (const { state: source, event: lastEvent, nextState } of edges) {
    const steps = shortest.get(situation(source)) ?? []
    const { site, actor } = walk.start(inspect)
    for (const { event, state } of [...steps, { event: lastEvent, state: nextState }]) {
      if (event.type !== 'xstate.init') walk.perform(event as EventFromLogic<TMachine>, site, actor)
      expect(situation(actor.getSnapshot()), `after ${event.type}`).toBe(situation(state))
    }
    walk.stop(site, actor)
    expect(site.runningNames).toEqual([])
    expect(site.clock.pendingTimers).toBe(0)
  }

  expect(nodes.map(({ id }) => id).filter(id => !visited.has(id))).toEqual([])
  expect(transitions.filter(transition => !taken.has(transition))).toEqual([])
  const leaves = nodes.filter(({ type }) => type === 'atomic' || type === 'final').length
  return `${machine.id}: ${edges.length} paths over ${shortest.size} situations; ${leaves} states, ${transitions.length} transitions`
}
