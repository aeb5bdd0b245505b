import { expect, test } from 'vitest'
import type { AnyStateNode, UnknownAction } from 'xstate'
import { getStateNodes } from 'xstate/graph'
import { statecharts } from '../../machines/statecharts.ts'

/** XState's own actions behind `after`. */
const timerActions = ['xstate.raise', 'xstate.cancel']

const nameOf = (thing: UnknownAction | string | { type: string } | undefined): unknown =>
  typeof thing === 'string' || thing === undefined ? thing : 'type' in thing ? thing.type : 'a function'

function namesOf(node: AnyStateNode) {
  const transitions = [...node.transitions.values()].flat().concat(node.always ?? [])
  const actions = [...node.entry, ...node.exit, ...transitions.flatMap(transition => transition.actions)]
  return {
    actions: actions.map(nameOf).filter(name => !timerActions.includes(String(name))),
    guards: transitions.map(({ guard }) => nameOf(guard as { type: string } | undefined)).filter(Boolean),
    actors: node.invoke.map(({ src }) => src),
    delays: node.after.map(({ delay }) => delay),
  }
}

test.each(statecharts.map(machine => [machine.id, machine] as const))(
  'every action, guard, delay and actor of the %s chart is a name of its implementations',
  (_, machine) => {
    const { actions, guards, delays, actors } = machine.implementations
    const nodes = [machine.root, ...getStateNodes(machine)]
    expect(nodes.length).toBeGreaterThan(4)
    for (const names of nodes.map(namesOf)) {
      for (const name of names.actions) expect(Object.keys(actions)).toContain(name)
      for (const name of names.guards) expect(Object.keys(guards)).toContain(name)
      for (const name of names.delays) expect(Object.keys(delays)).toContain(name)
      for (const name of names.actors) expect(Object.keys(actors)).toContain(name)
    }
  },
)
