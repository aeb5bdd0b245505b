import { describe, expect, test } from 'vitest'
import { type AnyStateNode, createMachine } from 'xstate'
import { getStateNodes } from 'xstate/graph'
import { mermaid } from '../../machines/diagram.ts'
import { statecharts } from '../../machines/statecharts.ts'

/** The lines Mermaid is given; a label holds nothing that Mermaid reads as syntax. */
const id = String.raw`\w+`
const label = String.raw`[^\s:;#"{}%][^:;#"{}%]*`
const grammar = {
  open: new RegExp(`^state "(?:${label})" as (${id}) \\{$`),
  close: /^\}$/,
  divider: /^--$/,
  arrow: new RegExp(`^(${id}|\\[\\*\\]) --> (${id}|\\[\\*\\])(?: : ${label})?$`),
  line: new RegExp(`^(${id}) : ${label}$`),
}
type Kind = keyof typeof grammar

/** Reads a diagram as strictly as it is written. Returns the states with the state around each, and the arrows. */
function parse(text: string) {
  const [header, ...lines] = text.split('\n')
  expect(header).toBe('stateDiagram-v2')
  const parents = new Map<string, string>()
  const arrows: { from: string; to: string; within: string }[] = []
  const around: string[] = ['']
  for (const line of lines) {
    const code = line.trim()
    const kind = (Object.keys(grammar) as Kind[]).find(name => grammar[name].test(code))
    expect(kind, `"${code}" is a line of a state diagram`).toBeDefined()
    if (kind === 'close') around.pop()
    expect(line, 'is indented by its depth').toBe('  '.repeat(around.length) + code)
    const [, first = '', second = ''] = (kind && grammar[kind].exec(code)) ?? []
    const within = around.at(-1) ?? 'nothing'
    if (kind === 'arrow') arrows.push({ from: first, to: second, within })
    if (kind === 'open' || kind === 'line') {
      expect(parents.get(first) ?? within, `${first} stands in one place`).toBe(within)
      parents.set(first, within)
    }
    if (kind === 'open') around.push(first)
  }
  expect(around).toEqual([''])
  return { parents, arrows }
}

const isInside = (parents: ReadonlyMap<string, string>, inner: string, outer: string): boolean =>
  inner === outer || (parents.has(inner) && isInside(parents, parents.get(inner) as string, outer))

const idOf = ({ path }: AnyStateNode) => path.join('_')

describe.each(statecharts.map(chart => [chart.id, chart] as const))('the diagram of %s', (name, chart) => {
  const nodes = getStateNodes(chart)
  const { parents, arrows } = parse(mermaid(chart))

  test('shows every state in its place', () => {
    // What holds in every state, if anything does, stands in a box of its own.
    const boxId = name.replaceAll('-', '_')
    const box = parents.has(boxId) ? { [boxId]: '' } : {}
    const places = nodes.map(node => [idOf(node), idOf(node.parent as AnyStateNode)])
    expect(Object.fromEntries(parents)).toEqual({ ...box, ...Object.fromEntries(places) })
  })

  test('has arrows between states that it shows, never into the state they come from', () => {
    expect(arrows.length).toBeGreaterThan(nodes.length)
    for (const { from, to, within } of arrows) {
      for (const end of [from, to].filter(state => state !== '[*]')) expect(parents.has(end), end).toBe(true)
      // An arrow that names a state of another place would move it, except on the outermost level.
      if (within !== '') for (const end of [from, to]) expect(['[*]', ...childrenOf(within)]).toContain(end)
      if (from !== to) expect(isInside(parents, from, to) || isInside(parents, to, from)).toBe(false)
    }
  })

  function childrenOf(state: string): string[] {
    return [...parents].filter(([, parent]) => parent === state).map(([child]) => child)
  }

  test('names every event, guard, delay and invoked effect', () => {
    const text = mermaid(chart)
    for (const node of [chart.root, ...nodes]) {
      for (const { src } of node.invoke) expect(text).toContain(`invokes ${src as string}`)
      for (const event of node.ownEvents.filter(type => !type.startsWith('xstate.'))) expect(text).toContain(event)
      for (const { delay } of node.after) expect(text).toContain(`after ${delay as string}`)
      for (const { guard } of node.always ?? []) if (typeof guard === 'string') expect(text).toContain(`[${guard}]`)
    }
  })

  test('is the same for the chart read back from its JSON, as an editor does', () => {
    const copy = createMachine(JSON.parse(JSON.stringify(chart.config)), chart.implementations as object)
    expect(mermaid(copy)).toBe(mermaid(chart))
  })
})

test('the diagram of the client tells that it spawns accounts', () => {
  const [client] = statecharts
  expect(client && mermaid(client)).toContain('client : spawns account')
})

test('regions stand beside each other; what stays inside of a state stands in its box', () => {
  const chart = createMachine({
    id: 'lamp',
    initial: 'on',
    states: {
      on: {
        type: 'parallel',
        exit: 'fade',
        on: { reset: '.colour.white', tick: [{ guard: 'isLate', target: 'off' }, { actions: 'count' }] },
        states: {
          colour: {
            initial: 'white',
            states: { white: { on: { next: 'red' } }, red: { on: { again: { target: 'red', reenter: true } } } },
          },
          power: { initial: 'low', states: { low: { on: { red: '#lamp.on.colour.red', restart: '#lamp.on' } } } },
        },
      },
      off: { type: 'final', invoke: { src: 'cooling' } },
    },
    after: { 500: '.off' },
  })
  const text = mermaid(chart)
  parse(text)
  expect(text.split('\n')).toEqual([
    'stateDiagram-v2',
    '  lamp : in every state of lamp',
    '  lamp : after 500 ms → off',
    '  [*] --> on',
    '  state "on<br/>exit / fade<br/>reset → white<br/>tick [else] / count" as on {',
    '    state "colour" as on_colour {',
    '      [*] --> on_colour_white',
    '      on_colour_white : white',
    '      on_colour_red : red',
    '      on_colour_white --> on_colour_red : next',
    '      on_colour_red --> on_colour_red : again',
    '    }',
    '    --',
    '    state "power" as on_power {',
    '      [*] --> on_power_low',
    '      on_power_low : low',
    '      on_power_low : restart → on',
    '    }',
    '  }',
    '  off : off',
    '  off : invokes cooling',
    '  on --> off : tick [isLate]',
    '  off --> [*]',
    '  on_power_low --> on_colour_red : red',
  ])
})
