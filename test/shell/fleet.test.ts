import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { OptionsError } from '../../client/options-error.ts'
import { checkOpenFiles, openFileLimit } from '../../shell/open-files.ts'
import { serverSite } from '../helpers/site.ts'
import { startCommand } from '../helpers/terminal.ts'

const command = 'fleet --server coap://10.0.0.2 --endpoint-prefix dev'
const masterKey = '000102030405060708090a0b0c0d0e0f'

const endpointsOf = ({ server }: Awaited<ReturnType<typeof serverSite>>) =>
  [...server.registrations.values()].map(({ endpoint }) => endpoint)

test('devices register, are told of every few seconds, de-register at the end, and are summed up', async () => {
  const site = await serverSite()
  const fleet = startCommand(site, `${command} --count 20 --start-over 10 --duration 60 --lifetime 60`)
  await site.clock.advance(20_000)
  expect(site.server.registrations.size).toBe(20)
  expect(await site.clock.until(fleet.exitCode)).toBe(0)
  expect(site.server.registrations.size).toBe(0)
  expect(fleet.output).toEqual([
    '  starting 20 devices, dev0 first, with coap://10.0.0.2',
    '  11 of 20 devices run, 11 registered, 0 updates, 0 failures',
    expect.stringMatching(/^ {2}20 of 20 devices run, 20 registered, \d+ updates, 0 failures$/),
    expect.stringMatching(/^ {2}20 of 20 devices run, 20 registered, \d+ updates, 0 failures$/),
    'devices   20 of 20 registered, 20 of them at the end',
    'time      60.0 s',
    'Register  20: half within 0.0 ms, 90 % 0.0 ms, 99 % 0.0 ms, all 0.0 ms',
    expect.stringMatching(/^Update {4}\d+: half within 0\.0 ms, /),
    'failures  none',
    expect.stringMatching(/^memory {4}\d+\.\d MB, \d+\.\d kB a device$/),
    expect.stringMatching(/^CPU {7}\d+\.\d s, \d+ % of one processor$/),
  ])
  expect(fleet.errors).toEqual([])
})

test('devices that do not register: counted by cause, exit code 1', async () => {
  const site = await serverSite({ server: { maximumRegistrations: 3 } })
  const fleet = startCommand(site, `${command} --count 5 --start-over 0 --duration 3`)
  expect(await site.clock.until(fleet.exitCode)).toBe(1)
  expect(fleet.output).toContain('devices   3 of 5 registered, 3 of them at the end')
  expect(fleet.output).toContainEqual(
    expect.stringMatching(/^failures {2}\d × REGISTRATION_FAILURE 5\.03 Service Unavailable: the server refused/),
  )
})

test('Ctrl-C de-registers them, exit code 0', async () => {
  const site = await serverSite()
  const fleet = startCommand(site, `${command} --count 5 --start-over 10`)
  await site.clock.advance(5_000)
  expect(endpointsOf(site)).toEqual(['dev0', 'dev1', 'dev2'])
  fleet.interrupt()
  expect(await site.clock.until(fleet.exitCode)).toBe(0)
  expect(endpointsOf(site)).toEqual([])
})

test('shards: each device in one of them', async () => {
  const site = await serverSite()
  const shards = ['1/3', '2/3', '3/3'].map(shard =>
    startCommand(site, `${command} --count 10 --start-over 0 --shard ${shard}`),
  )
  await site.clock.advance(1_000)
  expect(endpointsOf(site).toSorted()).toEqual(Array.from({ length: 10 }, (_, index) => `dev${index}`))
  expect(shards.map(({ output }) => output[0])).toEqual([
    '  starting 3 devices, dev0 first, with coap://10.0.0.2',
    '  starting 3 devices, dev3 first, with coap://10.0.0.2',
    '  starting 4 devices, dev6 first, with coap://10.0.0.2',
  ])
  for (const shard of shards) shard.interrupt()
  for (const shard of shards) expect(await site.clock.until(shard.exitCode)).toBe(0)
})

test('on a terminal: one line that changes', async () => {
  const site = await serverSite()
  let shown = ''
  const output = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, columns: 40 })
  output.on('data', (text: string) => {
    shown += text
  })
  const fleet = startCommand(site, `${command} --count 4 --start-over 1 --duration 2`, { output })
  expect(await site.clock.until(fleet.exitCode)).toBe(0)
  expect(shown).toContain('\r0 of 4 devices run, 0 registered, 0 upd\u001b[K')
  expect(shown).toContain('\r4 of 4 devices run, 4 registered, 0 upd\u001b[K')
  expect(shown.endsWith('\r\u001b[K')).toBe(true)
  expect(fleet.output[1]).toBe('devices   4 of 4 registered, 4 of them at the end')
})

test('--json: one object a line', async () => {
  const site = await serverSite()
  const fleet = startCommand(site, `${command} --count 2 --start-over 0 --duration 30 --lifetime 30 --json`)
  expect(await site.clock.until(fleet.exitCode)).toBe(0)
  const lines = fleet.lines.map(line => JSON.parse(line) as object)
  expect(lines).toContainEqual(
    expect.objectContaining({ progress: expect.objectContaining({ count: 2, registered: 2 }) }),
  )
  expect(lines.at(-1)).toMatchObject({
    summary: { count: 2, registered: 2, everRegistered: 2, failures: [], register: { count: 2 } },
    usage: { elapsedMs: 30_000, cpuMs: expect.any(Number), residentBytes: expect.any(Number) },
  })
})

test('a key for each device, which a server derives from the same master key', async () => {
  const site = await serverSite()
  const folder = mkdtempSync(join(tmpdir(), 'lwm2m-fleet-'))
  const file = join(folder, 'master.hex')
  writeFileSync(file, `${masterKey}\n`)
  const server = startCommand(site, `server --listen coaps://10.0.0.3 --psk-master-key-file ${file} --max-clients 2`)
  while (server.lines.length === 0) await site.clock.advance(0)
  const fleet = startCommand(
    site,
    `fleet --server coaps://10.0.0.3 --count 3 --start-over 1 --psk-master-key ${masterKey} --cid`,
  )
  while (server.lines.length < 4) await site.clock.advance(100)
  fleet.interrupt()
  expect(await site.clock.until(fleet.exitCode)).toBe(0)
  expect(server.output).toContainEqual(
    expect.stringMatching(/^← urn:dev:os:fleet-1 registered from .* as urn:dev:os:fleet-1, /),
  )
  expect(server.output).toContainEqual(expect.stringMatching(/^✗ refused POST \/rd.* as urn:dev:os:fleet-2, 5\.03/))
  server.interrupt()
  await site.clock.until(server.exitCode)
  rmSync(folder, { recursive: true })
})

test.each([
  ['--count 5', "error: required option '--server <uri>' not specified"],
  ['--server coap://h', "error: required option '--count <devices>' not specified"],
  ['--server coap://h --count 0', /--count.* argument '0' is invalid\. Write a whole number from 1 to 10000000\.$/],
  ['--server coap://h --count 5 --shard 3/2', /argument '3\/2' is invalid\. Write I\/N: 1\/3, 2\/3 and 3\/3 for three/],
  ['--server coap://h --count 2 --shard 1/3', 'error: 2 devices are too few for 3 shards'],
  [
    '--server coap://h --count 2 --start-over 9 --duration 8',
    'error: --duration is 8 s, but the devices start over 9 s; write a longer one, or --start-over',
  ],
  [
    '--server coap://h --count 500 --duration 2',
    'error: --duration is 2 s, but the devices start over 2.5 s; write a longer one, or --start-over',
  ],
  ['--server coaps://h --count 2', 'error: coaps://h needs --psk-master-key or --psk-master-key-file'],
  [
    `--server coap://h --count 2 --psk-master-key ${masterKey}`,
    'error: coap://h is not secured, but there is a key; write coaps://',
  ],
  ['--server coap://h --count 2 --cid', /--cid needs --psk-master-key; /],
  [
    '--server coaps://h --count 2 --psk-master-key 0g',
    'error: --psk-master-key is no key: write 1 to 64 bytes as hexadecimal digits, two each',
  ],
  ['--server coap://h --count 2 --objects /nowhere/a', 'error: --objects /nowhere/a: no such file or directory'],
])('lwm2m fleet %s: one line, exit code 1', async (options, message) => {
  const fleet = startCommand(await serverSite(), `fleet ${options}`)
  expect(await fleet.exitCode).toBe(1)
  expect(fleet.errors).toEqual([typeof message === 'string' ? message : expect.stringMatching(message)])
})

test('a server with two kinds of keys: one line', async () => {
  const server = startCommand(
    await serverSite(),
    `server --listen coaps://h --psk-master-key ${masterKey} --psk-identity a --psk-key 00`,
  )
  expect(await server.exitCode).toBe(1)
  expect(server.errors).toEqual(['error: --psk-master-key excludes --psk-identity, --cert and --rpk-key'])
})

test('a bootstrap server, which registers nobody, with a number of clients: one line', async () => {
  const server = startCommand(await serverSite(), 'server --listen 0 --bootstrap a --max-clients 2')
  expect(await server.exitCode).toBe(1)
  expect(server.errors).toEqual([
    "error: option '--max-clients <count>' cannot be used with option '--bootstrap <file>'",
  ])
})

test('more devices than the process may have sockets: what to do', () => {
  expect(() => checkOpenFiles(5_000, 1_024)).toThrow(
    new OptionsError(
      '5000 devices need 5050 open files, and the limit of this process is 1024 (ulimit -Hn): ' +
        'raise it, as root with "ulimit -n 5050", or run 6 processes with --shard 1/6 and so on',
    ),
  )
  expect(() => checkOpenFiles(974, 1_024)).not.toThrow()
  expect(openFileLimit()).toBeGreaterThan(0)
})
