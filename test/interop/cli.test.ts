import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'

const running: ChildProcess[] = []

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

/** A program as a user starts it, its output gathered. */
function start(file: string, args: readonly string[]) {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  const watchers = new Set<() => void>()
  const output = { out: '', err: '' }
  for (const [name, stream] of [
    ['out', child.stdout],
    ['err', child.stderr],
  ] as const) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
      for (const check of watchers) check()
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    output,
    /** Resolves with the exit code, null when a signal ended it. */
    ended,
    signal: (name: NodeJS.Signals) => child.kill(name),
    /** Resolves with the match once the standard output has it; rejects when the program ends before. */
    sees: (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve, reject) => {
        const check = () => {
          const match = pattern.exec(output.out)
          if (match === null) return
          watchers.delete(check)
          resolve(match)
        }
        watchers.add(check)
        check()
        void ended.then(code => reject(new Error(`ended with ${code} before ${pattern}: ${output.out}${output.err}`)))
      }),
  }
}

const lwm2m = (...args: string[]) => start(process.execPath, ['--import', 'tsx', 'shell/main.ts', ...args])

async function startServer(...options: string[]) {
  const server = lwm2m('server', '--listen', '0', '--host', '127.0.0.1', ...options)
  const [, port] = await server.sees(/listening on 127\.0\.0\.1:(\d+)/)
  return { server, port: port as string, uri: `coap://127.0.0.1:${port}` }
}

const oneLine = (text: string) => text.trimEnd().split('\n').length === 1

test('a device registers with a server, is seen, and Ctrl-C de-registers it', async () => {
  const { server, uri } = await startServer()
  const client = lwm2m('client', '--server', uri, '--endpoint', 'dev1', '--lifetime', '60')
  await client.sees(/← registered with .* for 60 s/)
  await server.sees(/← dev1 registered from 127\.0\.0\.1:\d+/)
  client.signal('SIGINT')
  await server.sees(/← dev1 de-registered/)
  expect(await client.ended).toBe(0)
  server.signal('SIGTERM')
  expect(await server.ended).toBe(0)
  expect(client.output.err + server.output.err).toBe('')
})

test('a device bootstraps, registers, is killed, and goes on where it was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lwm2m-cli-'))
  const { server, uri } = await startServer()
  const accounts = join(folder, 'accounts.json')
  writeFileSync(accounts, JSON.stringify({ clients: { '*': { servers: [{ uri, shortServerId: 1 }] } } }))
  const bootstrap = await startServer('--bootstrap', accounts)
  const state = join(folder, 'state')
  const options = ['--bootstrap', bootstrap.uri, '--endpoint', 'dev1', '--queue-mode', '--state', state]
  const first = lwm2m('client', ...options)
  await bootstrap.server.sees(/← dev1 is bootstrapped/)
  await first.sees(/← registered with server 1 /)
  await server.sees(/← dev1 registered/)
  await expect.poll(() => readFileSync(state, 'utf8')).toContain('"location":["rd"')
  first.signal('SIGKILL')
  const second = lwm2m('client', ...options)
  await second.sees(/← updated at server 1/)
  expect(second.output.out).not.toContain('bootstrapped')
  second.signal('SIGINT')
  await server.sees(/← dev1 de-registered/)
  expect(await second.ended).toBe(0)
  rmSync(folder, { recursive: true })
})

test('a bad server URI: one line, exit code 1', async () => {
  const { ended, output } = lwm2m('client', '--server', 'http://localhost', '--endpoint', 'dev1')
  expect(await ended).toBe(1)
  expect(output.err).toMatch(/^error: "http:\/\/localhost" is no server URI/)
  expect(oneLine(output.err)).toBe(true)
})

test('a port in use: one line, exit code 1', async () => {
  const { port } = await startServer()
  const { ended, output } = lwm2m('server', '--listen', port, '--host', '127.0.0.1')
  expect(await ended).toBe(1)
  expect(output.err).toBe(`error: 127.0.0.1 port ${port} is in use by another process\n`)
})

test('a port where nothing listens, with --once: one line for the attempt, exit code 1', async () => {
  const { ended, output } = lwm2m('client', '--server', 'coap://127.0.0.1:9', '--endpoint', 'dev1', '--once')
  expect(await ended).toBe(1)
  expect(output.out).toMatch(/✗ not registered with coap:\/\/127\.0\.0\.1:9: .*nothing listens there.*; giving up\n$/)
  expect(output.out.match(/✗/g)).toHaveLength(1)
})

test.runIf(process.platform === 'linux')('output that a full disk does not take: one line, exit code 1', async () => {
  const command = `exec '${process.execPath}' --import tsx shell/main.ts statecharts client > /dev/full`
  const { ended, output } = start('sh', ['-c', command])
  expect(await ended).toBe(1)
  expect(output.err).toBe('error: the output cannot be written: no space left on device\n')
})

test('a name that nobody has: an attempt after the other until Ctrl-C', async () => {
  const { ended, output, sees, signal } = lwm2m('client', '--server', 'coap://nobody.invalid', '--endpoint', 'dev1')
  const attempt = '✗ cannot reach coap://nobody\\.invalid: .* cannot be resolved; next try in \\d+\\.\\d s\n'
  await sees(new RegExp(`(.*${attempt}){2}`))
  signal('SIGINT')
  expect(await ended).toBe(0)
  expect(output.err).toBe('')
})

test('a second Ctrl-C ends a client at once that waits for a dead server to de-register it', async () => {
  const { server, uri } = await startServer()
  const client = lwm2m('client', '--server', uri, '--endpoint', 'dev1')
  await client.sees(/← registered/)
  server.signal('SIGSTOP')
  client.signal('SIGINT')
  await client.sees(/→ de-register/)
  client.signal('SIGINT')
  expect(await client.ended).toBe(130)
  server.signal('SIGCONT')
})

test('npm start: the main job from registration to three notifications and more, exit code 0', async () => {
  const { ended, output } = start('npm', ['start'])
  expect(await ended).toBe(0)
  for (const message of ['POST /rd?', 'GET /3/0 ', 'PUT /1/0/1 ', 'PUT /3303/0/5700?pmin=1&pmax=3 ', 'DELETE /rd/']) {
    expect(output.out).toContain(message)
  }
  const [, notifications] = /\ndone: \d+ operations, (\d+) notifications, \d+ bytes\n$/.exec(output.out) ?? []
  expect(Number(notifications)).toBeGreaterThanOrEqual(3)
})

test('npm start -- --forever: goes on until Ctrl-C', async () => {
  // Without npm between, which hands on no signal.
  await start('npm', ['run', 'build']).ended
  const { ended, output, sees, signal } = start(process.execPath, ['dist/examples/quick-start.js', '--forever'])
  await sees(/observe 6 /)
  signal('SIGINT')
  expect(await ended).toBe(0)
  expect(output.out).toMatch(/\ndone: \d+ operations, \d+ notifications, \d+ bytes\n$/)
})

test('the example of reporting: an observation, what was kept while offline, two Sends of a time series, exit code 0', async () => {
  await start('npm', ['run', 'build']).ended
  const { ended, output } = start(process.execPath, ['dist/examples/reporting.js'])
  expect(await ended).toBe(0)
  const timed = String.raw`-?[\d.]+ \([\d.]+ s\)`
  expect(output.out).toMatch(/ {3}\/3304\/0\/5700 = 45\n/)
  expect(output.out).toMatch(new RegExp(` {3}/3303/0/5700 = ${timed}(, ${timed}){3,}\\n`))
  expect(output.out.match(new RegExp(` {3}/3316/0/5700 = ${timed}(, ${timed}){2,}\\n`, 'g'))).toHaveLength(2)
  expect(output.out).toMatch(/\ndone\n$/)
})
