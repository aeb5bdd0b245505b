import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition, UnknownAction } from 'xstate'

/**
 * The chart as a Mermaid `stateDiagram-v2`. An arrow is labelled `event [guard]`; what Mermaid cannot draw stands in the
 * box of its state: what runs while it lasts, and transitions that stay inside of it. Equal charts give equal text.
 */
export function mermaid(machine: AnyStateMachine): string {
  const { root } = machine
  // A box beside the chart: a frame around it could not have arrows into itself.
  const everywhere = [...spawned(machine).map(name => `spawns ${name}`), ...linesOf(root)]
  const box =
    everywhere.length === 0
      ? []
      : describe(machine.id.replaceAll('-', '_'), [`in every state of ${machine.id}`, ...everywhere])
  const lines = [
    ...box,
    ...contents(root),
    ...allArrows(root)
      .filter(arrow => !isLocal(arrow))
      .map(drawArrow),
  ]
  return ['stateDiagram-v2', ...lines.map(indent)].join('\n')
}

interface Arrow {
  readonly source: AnyStateNode
  readonly target: AnyStateNode
  readonly label: string
}

/** What stands between the braces of a state. */
function contents(node: AnyStateNode): string[] {
  const children = childrenOf(node)
  if (node.type === 'parallel') {
    return children.flatMap((region, index) => (index === 0 ? state(region) : ['--', ...state(region)]))
  }
  const [initial] = node.initial.target ?? []
  return [
    ...(initial === undefined ? [] : [`[*] --> ${idOf(initial)}`]),
    ...children.flatMap(state),
    ...children.flatMap(arrowsOf).filter(isLocal).map(drawArrow),
    ...children.filter(({ type }) => type === 'final').map(child => `${idOf(child)} --> [*]`),
  ]
}

function state(node: AnyStateNode): string[] {
  const lines = [node.key, ...linesOf(node)]
  if (childrenOf(node).length === 0) return describe(idOf(node), lines)
  return [`state "${lines.join('<br/>')}" as ${idOf(node)} {`, ...contents(node).map(indent), '}']
}

/** The first line is the title of the box. */
function describe(id: string, lines: readonly string[]): string[] {
  return lines.map(line => `${id} : ${line}`)
}

/** What is told of a state in words. */
function linesOf(node: AnyStateNode): string[] {
  return [
    ...actionsLine('entry', node.entry),
    ...actionsLine('exit', node.exit),
    ...node.invoke.map(({ src }) => `invokes ${src as string}`),
    ...transitionsOf(node).flatMap(({ transition, label }) => {
      if (transition.target === undefined) {
        return transition.actions.length === 0 ? [`ignores ${label}`] : actionsLine(label, transition.actions)
      }
      return targetsOf(transition)
        .filter(target => !isDrawable(node, target))
        .map(target => `${label} → ${target.key}`)
    }),
  ]
}

/** XState's own actions are the timers behind `after`. */
function actionsLine(cause: string, actions: readonly UnknownAction[]): string[] {
  const names = actions.map(action => nameOf(action) ?? '').filter(name => !name.startsWith('xstate.'))
  return names.length === 0 ? [] : [`${cause} / ${names.join(', ')}`]
}

function arrowsOf(source: AnyStateNode): Arrow[] {
  return transitionsOf(source).flatMap(({ transition, label }) =>
    targetsOf(transition)
      .filter(target => isDrawable(source, target))
      .map(target => ({ source, target, label })),
  )
}

function allArrows(node: AnyStateNode): Arrow[] {
  return [...arrowsOf(node), ...childrenOf(node).flatMap(allArrows)]
}

function drawArrow({ source, target, label }: Arrow): string {
  return `${idOf(source)} --> ${idOf(target)}${label === '' ? '' : ` : ${label}`}`
}

/** Inside of a state Mermaid takes every state that an arrow names for a child; only the outermost level is free of this. */
function isLocal({ source, target }: Arrow): boolean {
  return source.parent === target.parent && source.parent?.type !== 'parallel'
}

/** Mermaid ties the arrows of a state that holds others to one of these, so that one into itself would mislead. */
function isDrawable(source: AnyStateNode, target: AnyStateNode): boolean {
  return source === target ? childrenOf(source).length === 0 : !holds(source, target) && !holds(target, source)
}

/** The targets; of one that holds the source, the state that is entered first. */
function targetsOf({ source, target = [] }: AnyTransitionDefinition): AnyStateNode[] {
  return target.map(node => {
    let entered: AnyStateNode = node
    while (holds(entered, source) && entered.type === 'compound') entered = entered.initial.target[0] as AnyStateNode
    return entered
  })
}

function holds(outer: AnyStateNode, { parent }: AnyStateNode): boolean {
  return parent !== undefined && (parent === outer || holds(outer, parent))
}

interface LabelledTransition {
  readonly transition: AnyTransitionDefinition
  /** `event [guard]`; the last of several without a guard is `[else]`. */
  readonly label: string
}

function transitionsOf(node: AnyStateNode): LabelledTransition[] {
  return [...node.transitions.values(), node.always ?? []].flatMap(alternatives =>
    alternatives.map((transition: AnyTransitionDefinition, index) => {
      const guard = nameOf(transition.guard) ?? (index > 0 ? 'else' : undefined)
      const label = [eventName(transition), guard && `[${guard}]`].filter(Boolean).join(' ')
      return { transition, label }
    }),
  )
}

function eventName({ eventType, delay }: AnyTransitionDefinition & { readonly delay?: string | number }): string {
  if (delay !== undefined) return `after ${typeof delay === 'number' ? `${delay} ms` : delay}`
  return eventType.replace(/^xstate\./, '')
}

function nameOf(reference: unknown): string | undefined {
  if (reference === undefined || typeof reference === 'string') return reference
  return (reference as { readonly type?: string }).type
}

/** The actors of the machine that no state invokes: its actions start them. */
function spawned({ root, implementations }: AnyStateMachine): string[] {
  const invoked = new Set(invocations(root))
  return Object.keys(implementations.actors).filter(name => !invoked.has(name))
}

function invocations(node: AnyStateNode): unknown[] {
  return [...node.invoke.map(({ src }) => src), ...childrenOf(node).flatMap(invocations)]
}

function childrenOf({ states }: AnyStateNode): AnyStateNode[] {
  return Object.values(states)
}

function idOf({ path }: AnyStateNode): string {
  return path.join('_')
}

function indent(line: string): string {
  return `  ${line}`
}
