import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { simulatedWorld } from '../../helpers/simulated-world.ts'
import { pace, startShell } from '../../helpers/testing-shell.ts'

function scriptFile(...lines: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'lwm2m-script-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'test.nsh')
  writeFileSync(file, lines.join('\r\n'))
  return file
}

async function runScript(...lines: string[]) {
  const world = simulatedWorld()
  const shell = startShell(world, [], ['--script', scriptFile(...lines)])
  return { exitCode: await pace(world, shell.exitCode), output: shell.output }
}

async function runPipe(lines: readonly string[], ...args: string[]) {
  const world = simulatedWorld()
  const shell = startShell(world, lines, args)
  return { exitCode: await pace(world, shell.exitCode), output: shell.output }
}

test('a script shows its lines; comments and blank lines do nothing', async () => {
  expect(await runScript('# a comment', '', '  # another one', 'sleep 0.5', 'exit', 'no such command')).toEqual({
    exitCode: 0,
    output: `[Lwm2mCmd] $ # a comment
[Lwm2mCmd] $${' '}
[Lwm2mCmd] $   # another one
[Lwm2mCmd] $ sleep 0.5
* exact: sleep
[Lwm2mCmd] $ exit
* exact: exit
exiting
`,
  })
})

test('a script does not show keys', async () => {
  const { output } = await runScript('listen psk_identity=user psk_key=secret ca_file=x')
  expect(output).not.toContain('secret')
  expect(output).toContain('(a line with a key)\n* exact: listen\n')
})

test('a command of a script that fails: exit code 1, after all the others', async () => {
  const { exitCode, output } = await runScript('nonsense', 'help exit')
  expect(exitCode).toBe(1)
  expect(output).toContain('\nARGUMENTS: exit')
})

test('a request of a script that nobody answers: exit code 1, unless nothing was expected', async () => {
  expect((await runScript('connect 10.0.0.9', 'read /3')).exitCode).toBe(1)
  expect((await runScript('connect 10.0.0.9', 'expect None', 'read /3')).exitCode).toBe(0)
  expect((await runScript('connect 10.0.0.9', 'expect Lwm2mReset(ANY)', 'recv 1')).exitCode).toBe(1)
})

test('commands from a pipe tell by their exit code only when they should', async () => {
  expect((await runPipe(['nonsense'])).exitCode).toBe(0)
  expect((await runPipe(['nonsense'], '--strict')).exitCode).toBe(1)
  expect((await runPipe(['sleep 0'], '--strict')).exitCode).toBe(0)
})

test('a script that is not there: a line, exit code 1', async () => {
  const shell = startShell(simulatedWorld(), [], ['--script', '/nowhere/test.nsh'])
  expect(await shell.exitCode).toBe(1)
  expect(shell.errors).toEqual(['error: /nowhere/test.nsh: no such file or directory'])
})

test('a port that is taken is told before the first prompt', async () => {
  const world = simulatedWorld()
  await world.network.listen({ host: '0.0.0.0', port: 9024 }, () => {})
  const shell = startShell(world, ['listen 9024'], ['-l', '9024', '--strict'])
  expect(await pace(world, shell.exitCode)).toBe(1)
  expect(shell.output).toBe(`0.0.0.0 port 9024 is in use
could not listen on port 9024 (0.0.0.0 port 9024 is in use)
use "listen" command to start the server
[Lwm2mCmd] $ listen 9024
* exact: listen
0.0.0.0 port 9024 is in use
0.0.0.0 port 9024 is in use (try "get_error" for details)
[Lwm2mCmd] $ `)
})

test('SIGINT ends the command that runs; lines from a pipe go on', async () => {
  const world = simulatedWorld()
  const shell = startShell(world, ['sleep 1000', 'listen', 'exit'])
  for (let count = 0; count < 2; count++) {
    await world.clock.advance(10)
    shell.interrupt()
  }
  expect(await pace(world, shell.exitCode)).toBe(0)
  expect(shell.output).toBe(`[Lwm2mCmd] $ sleep 1000
* exact: sleep
interrupted (try "get_error" for details)
[Lwm2mCmd] $ listen
* exact: listen
waiting for a client on port 5683 ...
[Lwm2mCmd] $ exit
* exact: exit
exiting
`)
})

test('SIGINT ends a script with the command that runs', async () => {
  const world = simulatedWorld()
  const shell = startShell(world, [], ['--script', scriptFile('sleep 1000', 'exit')])
  while (!shell.output.includes('* exact: sleep')) await world.clock.advance(0)
  shell.interrupt()
  expect(await pace(world, shell.exitCode)).toBe(1)
  expect(shell.output).toBe(`[Lwm2mCmd] $ sleep 1000
* exact: sleep
interrupted (try "get_error" for details)
`)
})

test('events as JSON', async () => {
  const { output } = await runPipe(
    ['connect 10.0.0.9', String.raw`notify \x01 21.5`, 'nonsense', 'expect None', 'recv 1'],
    '--json',
    '--strict',
  )
  const events = output.split('\n').filter(line => line.startsWith('{'))
  expect(events.map(event => JSON.parse(event) as unknown)).toEqual([
    { event: 'output', text: '* exact: connect' },
    { event: 'output', text: 'new remote endpoint: 10.0.0.9:5683' },
    { event: 'done', line: 1, ok: true },
    { event: 'output', text: '* exact: notify' },
    {
      event: 'sent',
      summary: String.raw`Notify (NON_CONFIRMABLE, seq , token \x01) 21.5`,
      packet: {
        type: 'NON_CONFIRMABLE',
        code: '2.05 (RES_CONTENT)',
        messageId: 4920,
        token: '01',
        options: [],
        payload: '32312e35',
      },
    },
    { event: 'done', line: 2, ok: true },
    { event: 'output', text: 'no such command: nonsense (try "get_error" for details)' },
    { event: 'done', line: 3, ok: false, error: 'no such command: nonsense' },
    { event: 'output', text: '* exact: expect' },
    { event: 'output', text: 'Expecting: None' },
    { event: 'done', line: 4, ok: true },
    { event: 'output', text: '* exact: recv' },
    {
      event: 'mismatch',
      report: '*** unexpected message ***\nno message expected\n--- GOT ---\nNone\n--- EXPECTED ---\nNone\n------',
    },
    { event: 'done', line: 5, ok: true },
    { event: 'ended', exitCode: 1 },
  ])
})
