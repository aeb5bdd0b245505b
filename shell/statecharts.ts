import { mermaid } from '../machines/diagram.ts'
import { statecharts } from '../machines/statecharts.ts'
import type { Environment } from './environment.ts'

export interface StatechartsArguments {
  readonly name?: string | undefined
  readonly json?: true
  readonly mermaid?: true
}

type Output = Pick<Environment, 'print' | 'printError'>

/**
 * `lwm2m statecharts`: lists the statecharts, or prints the named one as a Mermaid diagram or as the JSON that
 * `createMachine` and Stately's editor take. Returns the exit code.
 */
export function runStatecharts(args: StatechartsArguments, { print, printError }: Output): number {
  const { name } = args
  if (name === undefined && args.json === undefined && args.mermaid === undefined) {
    const width = Math.max(...statecharts.map(({ id }) => id.length)) + 1
    for (const { id, root } of statecharts) print(`${id.padEnd(width)}${root.description}`)
    return 0
  }
  const chart = statecharts.find(({ id }) => id === name)
  if (chart === undefined) {
    const fault = name === undefined ? 'which statechart?' : `there is no statechart '${name}'.`
    printError(`error: ${fault} There are: ${statecharts.map(({ id }) => id).join(', ')}`)
    return 1
  }
  print(args.json === true ? JSON.stringify(chart.config, undefined, 2) : mermaid(chart))
  return 0
}
