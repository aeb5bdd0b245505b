import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
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

describe('lwm2m certs', () => {
  const certificates = join(directory, 'certs')

  /** Its commands, the server first, on the hosts of the simulated network. */
  async function printed(about: string) {
    const { command } = world()
    const certs = startedCerts ?? (await command(`certs ${certificates}`))
    startedCerts = certs
    const from = certs.lines.indexOf(`# ${about}`) + 1
    return certs.lines
      .slice(from, from + 2)
      .map(line =>
        line
          .replace('lwm2m ', '')
          .replace('--listen 5684', '--listen 5684 --host 127.0.0.1')
          .replace('//localhost', '//127.0.0.1'),
      ) as [string, string]
  }

  let startedCerts: Awaited<ReturnType<ReturnType<typeof world>['command']>> | undefined

  test.each([
    ['certificates', 'urn:dev:os:1'],
    ['raw public keys', '[0-9a-f]{64}'],
  ])('%s: the commands that it prints work', async (about, identity) => {
    const [serverLine, clientLine] = await printed(about)
    const { clock, command } = world()
    const server = await command(serverLine)
    const client = await command(clientLine)
    expect(client.output[1]).toMatch(/^← registered with coaps:\/\/127\.0\.0\.1 at /)
    expect(server.output[1]).toMatch(new RegExp(`^← urn:dev:os:1 registered from .* as ${identity}, LwM2M 1`))
    for (const one of [client, server]) {
      one.interrupt()
      expect(await clock.until(one.exitCode)).toBe(0)
      expect(one.errors).toEqual([])
    }
  })

  test.each([
    ['--usage 1 needs --ca', '--cert C --key K --server-cert A --usage 1'],
    ['--usage needs --server-cert', '--cert C --key K --ca A --usage 1'],
    ['--cert needs --server-cert or --ca, to know the server by', '--cert C --key K'],
    ['K and A do not go together: the private key does not belong to the public key', '--cert A --key K --ca A'],
    ['K: malformed: no CERTIFICATE in the PEM text', '--cert K --key K --ca A'],
    ['C: malformed: no PRIVATE KEY in the PEM text', '--cert C --key C --ca A'],
    ['a device has one --rpk-peer, the server', '--rpk-key K --rpk-peer P --rpk-peer P'],
    ['C: unusable: no PUBLIC KEY in the PEM text', '--rpk-key K --rpk-peer C'],
  ])('error: %s', async (message, options) => {
    await printed('certificates')
    const files = { C: 'urn-dev-os-1.pem', K: 'urn-dev-os-1.key', A: 'ca.pem', P: 'server-rpk.pub' } as const
    const named = (text: string) =>
      text.replace(/\b[CKAP]\b/g, letter => join(certificates, files[letter as keyof typeof files]))
    const { command } = world()
    const client = await command(`client --endpoint a --server coaps://127.0.0.1 ${named(options)}`)
    expect(await client.exitCode).toBe(1)
    expect(client.errors).toEqual([`error: ${named(message)}`])
  })
})
