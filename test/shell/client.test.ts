import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TransportError } from '../../transport/errors.ts'
import { serverSite } from '../helpers/site.ts'
import { startCommand } from '../helpers/terminal.ts'

const command = 'client --server coap://10.0.0.2 --endpoint dev1 --lifetime 60'

/** `lwm2m client` beside a server, after its first second. */
async function clientSite(line = command) {
  const site = await serverSite()
  const client = startCommand(site, line)
  await site.clock.advance(1_000)
  return { ...site, client }
}

test('the device registers with the given lifetime and de-registers on Ctrl-C', async () => {
  const { server, clock, client } = await clientSite()
  const registration = server.registrations.get('dev1')
  expect(registration?.lifetimeSeconds).toBe(60)
  client.interrupt()
  expect(await clock.until(client.exitCode)).toBe(0)
  expect(server.registrations.size).toBe(0)
  expect(client.output).toEqual([
    '  starting as dev1 with coap://10.0.0.2',
    `← registered with coap://10.0.0.2 at /rd/${registration?.location} for 60 s`,
    '→ de-register from coap://10.0.0.2',
    '  disconnected from coap://10.0.0.2',
  ])
  await server.close()
})

test('nothing is left when it has ended', async () => {
  const { server, clock, client } = await clientSite()
  client.interrupt()
  await clock.until(client.exitCode)
  await server.close()
  // What is left are the deduplication windows of peers and the like: all end by themselves.
  await clock.advance(600_000)
  expect(clock.pendingTimers).toBe(0)
})

test('what the server asks is shown, and the simulated device answers', async () => {
  const { server, clock, client } = await clientSite()
  const values: unknown[] = []
  await clock.until(server.execute('dev1', '/3/0/4'))
  const time = await clock.until(server.read('dev1', '/3/0/13'))
  expect(time.values).toEqual([{ path: [3, 0, 13], value: Math.floor(clock.now() / 1_000) }])
  server.observe('dev1', '/3303/0/5700').subscribe(notification => values.push(notification.values[0]?.value))
  await clock.advance(10_000)
  expect(new Set(values).size).toBeGreaterThanOrEqual(4)
  expect(client.output.slice(2, 6)).toEqual([
    '← POST /3/0/4',
    '→ 2.04 Changed',
    '← GET /3/0/13',
    expect.stringMatching(/^→ 2\.05 Content \(SenML CBOR, \d+ B\)$/),
  ])
  expect(client.output).toContain('  asked to reboot; a simulated device stays up')
  await server.close()
})

test('an Update is told with what it carries', async () => {
  const { server, clock, client } = await clientSite()
  await clock.until(server.write('dev1', '/1/0/1', 120))
  await clock.advance(5_000)
  expect(client.output.slice(-2)).toEqual(['→ update of lifetime at coap://10.0.0.2', '← updated at coap://10.0.0.2'])
  await server.close()
})

test('a lifetime of 0 is for ever', async () => {
  const { server, client } = await clientSite(command.replace('60', '0'))
  expect(server.registrations.get('dev1')?.lifetimeSeconds).toBe(0)
  expect(client.output.at(-1)).toMatch(/^← registered with .* for ever$/)
  await server.close()
})

test('the versions to register as', async () => {
  const { server } = await clientSite(`${command} --lwm2m 1.1,1.0`)
  expect(server.registrations.get('dev1')?.version).toBe('1.1')
  await server.close()
})

test('a silent host: one line an attempt with cause and next try, and it goes on', async () => {
  const { clock, network, client } = await clientSite(command.replace('10.0.0.2', '10.0.0.9'))
  await clock.advance(600_000)
  const [first, ...attempts] = client.output
  expect(first).toMatch(/^ {2}starting as /)
  expect(attempts.length).toBeGreaterThanOrEqual(3)
  for (const line of attempts) {
    expect(line).toMatch(
      /^✗ not registered with coap:\/\/10\.0\.0\.9: the peer did not acknowledge the message; next try in \d+\.\d s$/,
    )
  }
  client.interrupt()
  expect(await clock.until(client.exitCode)).toBe(0)
  network.clear()
})

test('a silent host with --once: one line, exit code 1', async () => {
  const { clock, client } = await clientSite(`${command.replace('10.0.0.2', '10.0.0.9')} --once`)
  expect(await clock.until(client.exitCode)).toBe(1)
  expect(client.output.slice(1)).toEqual([
    '✗ not registered with coap://10.0.0.9: the peer did not acknowledge the message; giving up',
  ])
})

test('an unresolvable host: one line an attempt with cause and next try; with --once it gives up', async () => {
  const site = await serverSite()
  site.network.connect = () =>
    Promise.reject(new TransportError('HOST_NOT_FOUND', 'the host name "h" cannot be resolved'))
  const client = startCommand(site, 'client --server coap://h --endpoint dev1')
  await site.clock.advance(60_000)
  const [first, ...attempts] = client.output
  expect(first).toMatch(/^ {2}starting as /)
  expect(attempts.length).toBeGreaterThanOrEqual(3)
  for (const line of attempts) {
    expect(line).toMatch(/^✗ cannot reach coap:\/\/h: the host name "h" cannot be resolved; next try in \d+\.\d s$/)
  }
  client.interrupt()
  expect(await site.clock.until(client.exitCode)).toBe(0)
  const once = startCommand(site, 'client --server coap://h --endpoint dev1 --once')
  expect(await site.clock.until(once.exitCode)).toBe(1)
  expect(once.output.slice(1)).toEqual(['✗ cannot reach coap://h: the host name "h" cannot be resolved; giving up'])
})

test('a server that refuses is told with its code', async () => {
  const site = await serverSite({ server: { maximumRegistrations: 0 } })
  const client = startCommand(site, `${command} --once`)
  expect(await site.clock.until(client.exitCode)).toBe(1)
  expect(client.output.slice(1)).toEqual(['✗ coap://10.0.0.2 refused to register: 5.03 Service Unavailable; giving up'])
  await site.server.close()
})

test('colours only where they are wanted', async () => {
  const site = await serverSite()
  const coloured = startCommand(site, command, { colors: true })
  const plain = startCommand(site, command)
  await site.clock.advance(1_000)
  const escape = '\u001b['
  expect(coloured.lines[0]).toContain(escape)
  expect(plain.lines[0]).not.toContain(escape)
  await site.server.close()
})

test('a damaged state is told and kept aside, and the device begins anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lwm2m-shell-'))
  const state = join(folder, 'state')
  writeFileSync(state, 'no state')
  const { server, clock, client } = await clientSite(`${command} --state ${state}`)
  expect(client.output.slice(0, 2)).toEqual([
    `✗ the state in ${state} is damaged: it is not JSON; it is kept as ${state}.damaged-1`,
    '  starting as dev1 with coap://10.0.0.2',
  ])
  expect(server.registrations.has('dev1')).toBe(true)
  client.interrupt()
  // What the disk takes to be safe, the clock does not know.
  await clock.advance(1_000)
  expect(await client.exitCode).toBe(0)
  expect(readFileSync(state, 'utf8')).toContain('"coap://10.0.0.2"')
  await server.close()
  rmSync(folder, { recursive: true })
})
