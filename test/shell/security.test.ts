import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { simulatedWorld } from '../helpers/simulated-world.ts'
import { startCommand } from '../helpers/terminal.ts'

const directory = mkdtempSync(join(tmpdir(), 'lwm2m-security-'))
afterAll(() => rmSync(directory, { recursive: true }))

const key = '000102030405060708090a0b0c0d0e0f'
const keyFile = join(directory, 'key')
writeFileSync(keyFile, `${key}\n`)

/** Commands in one world, each once it has written its first line. */
function world() {
  const site = simulatedWorld()
  return {
    ...site,
    command: async (line: string) => {
      const command = startCommand(site, line)
      while (command.lines.length === 0 && command.errors.length === 0) await site.clock.advance(0)
      await site.clock.advance(1_000)
      return command
    },
  }
}

test('a device and a server with a key: registered, and told as whom', async () => {
  const { clock, command } = world()
  const server = await command(
    `server --listen 5684 --host 10.0.0.2 --psk-identity me --psk-key-file ${keyFile} --cid 4`,
  )
  const client = await command(`client --server coaps://10.0.0.2 --endpoint dev1 --psk-identity me --psk-key ${key}`)
  expect(client.output[1]).toMatch(/^← registered with coaps:\/\/10\.0\.0\.2 at /)
  expect(server.output[1]).toMatch(/^← dev1 registered from 10\.0\.0\.1:\d+ as me, LwM2M 1\.2, /)
  for (const one of [client, server]) {
    one.interrupt()
    expect(await clock.until(one.exitCode)).toBe(0)
    expect(one.errors).toEqual([])
    expect(one.output.join('\n')).not.toContain(key)
  }
  expect(server.output.slice(2)).toEqual(['← dev1 de-registered', '  closed; clients registered: 0'])
})

test('another key: a line at either end that names the cause', async () => {
  const { clock, command } = world()
  const server = await command(`server --listen 5684 --host 10.0.0.2 --psk-identity me --psk-key ${key}`)
  const client = await command(
    `client --server coaps://10.0.0.2 --endpoint a --psk-identity me --psk-key 0${'1'.repeat(31)} --once`,
  )
  await clock.advance(10_000)
  expect(await clock.until(client.exitCode)).toBe(1)
  expect(client.output[1]).toMatch(
    /^✗ cannot reach coaps:\/\/10\.0\.0\.2: .*its key for this identity is another one; giving up$/,
  )
  expect(server.output[1]).toMatch(/^✗ .*its pre-shared key is not ours$/)
  server.interrupt()
  await clock.until(server.exitCode)
})

test('a bootstrap server with a key', async () => {
  const { clock, command } = world()
  const config = join(directory, 'bootstrap.json')
  const security = { mode: 'psk', identity: 'me', key: { hex: key } }
  const servers = [{ uri: 'coaps://10.0.0.2', shortServerId: 1, security }]
  writeFileSync(config, JSON.stringify({ clients: { dev1: { servers, identity: 'me' } } }))
  const psk = `--psk-identity me --psk-key ${key}`
  const server = await command(`server --listen 5684 --host 10.0.0.2 ${psk}`)
  const bootstrap = await command(`server --listen 5684 --host 10.0.0.9 --bootstrap ${config} ${psk}`)
  const client = await command(`client --bootstrap coaps://10.0.0.9 --endpoint dev1 ${psk}`)
  await clock.advance(10_000)
  expect(client.output.some(line => line.startsWith('← registered with server 1'))).toBe(true)
  expect(bootstrap.output.at(-1)).toBe('← dev1 is bootstrapped')
  for (const one of [client, bootstrap, server]) {
    one.interrupt()
    expect(await clock.until(one.exitCode)).toBe(0)
  }
})

test('--keylog and --pcap: both warn, and only their owner may read the files', async () => {
  const { clock, command } = world()
  const keylog = join(directory, 'keys')
  const pcap = join(directory, 'a.pcap')
  const psk = `--psk-identity me --psk-key ${key}`
  const server = await command(`server --listen 5684 --host 10.0.0.2 ${psk}`)
  const client = await command(
    `client --server coaps://10.0.0.2 --endpoint dev1 ${psk} --keylog ${keylog} --pcap ${pcap}`,
  )
  await clock.advance(1_000)
  for (const one of [client, server]) {
    one.interrupt()
    expect(await clock.until(one.exitCode)).toBe(0)
  }
  expect(client.errors).toEqual([
    `warning: --keylog writes the secrets of each DTLS session to ${keylog}`,
    `warning: --pcap writes all that is sent and received to ${pcap}`,
  ])
  expect(readFileSync(keylog, 'utf8')).toMatch(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}\n$/)
  expect(readFileSync(pcap).readUInt32BE()).toBe(0xa1b2c3d4)
  for (const file of [keylog, pcap]) expect(statSync(file).mode & 0o777).toBe(0o600)
})
