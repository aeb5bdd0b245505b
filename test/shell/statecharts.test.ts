import { expect, test } from 'vitest'
import { createMachine } from 'xstate'
import { clientMachine } from '../../machines/client.machine.ts'
import { mermaid } from '../../machines/diagram.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'
import { startCommand } from '../helpers/terminal.ts'

const names = 'client, bootstrap, account, firmware-update, software-management'

async function run(command: string) {
  const terminal = startCommand(simulatedWorld(), command)
  const exitCode = await terminal.exitCode
  return { exitCode, output: terminal.lines.join('\n'), errors: terminal.errors }
}

test('lwm2m statecharts lists them, a line each', async () => {
  const { exitCode, output, errors } = await run('statecharts')
  expect([exitCode, errors]).toEqual([0, []])
  const lines = output.split('\n')
  expect(lines.map(line => line.split(/ +/)[0]).join(', ')).toBe(names)
  expect(lines[0]).toMatch(/^client {14}Bootstraps when .*\.$/)
  expect(lines.at(-1)).toMatch(/^software-management One package of software: .*\.$/)
})

test.each(['statecharts client', 'statecharts --mermaid client'])('lwm2m %s prints a diagram', async command => {
  expect(await run(command)).toEqual({ exitCode: 0, output: mermaid(clientMachine), errors: [] })
})

test('lwm2m statecharts --json prints what createMachine takes', async () => {
  const { exitCode, output } = await run('statecharts --json client')
  expect(exitCode).toBe(0)
  const copy = createMachine(JSON.parse(output), clientMachine.implementations as object)
  expect([copy.id, mermaid(copy)]).toEqual(['client', mermaid(clientMachine)])
})

test.each([
  ['statecharts nobody', `error: there is no statechart 'nobody'. There are: ${names}`],
  ['statecharts --json toString', `error: there is no statechart 'toString'. There are: ${names}`],
  ['statecharts --json', `error: which statechart? There are: ${names}`],
  ['statecharts --json --mermaid client', "error: option '--json' cannot be used with option '--mermaid'"],
])('lwm2m %s gives one line and exit code 1', async (command, line) => {
  expect(await run(command)).toEqual({ exitCode: 1, output: '', errors: [line] })
})
