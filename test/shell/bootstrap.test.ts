import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { encodeBootstrapPackRequest, encodeBootstrapRequest } from '../../transport/lwm2m/bootstrap-request.ts'
import { bootstrapSite, response } from '../helpers/bootstrap-site.ts'
import { startCommand } from '../helpers/terminal.ts'

const directory = mkdtempSync(join(tmpdir(), 'lwm2m-bootstrap-'))
afterAll(() => rmSync(directory, { recursive: true }))

function file(name: string, content: string): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

const servers = [{ uri: 'coap://10.0.0.2', shortServerId: 1, lifetimeSeconds: 60 }]
const config = file('good.json', JSON.stringify({ clients: { dev1: { servers, pack: true }, dev2: { servers } } }))

/** `lwm2m server --bootstrap`, and a device that knows it; the server of the site itself stays out of it. */
async function commandSite(answer?: () => ReturnType<typeof response>) {
  const site = await bootstrapSite()
  const server = startCommand(site, `server --listen 5783 --host 10.0.0.3 --bootstrap ${config}`)
  // It reads its file first.
  while (server.lines.length === 0) await site.clock.advance(0)
  const device = await site.device({ remote: { host: '10.0.0.3', port: 5783 }, ...(answer && { answer }) })
  return { ...site, server, device }
}

test('clients are bootstrapped, and each step is told in a line', async () => {
  const { clock, server, device } = await commandSite()
  await device.bootstrap({ endpoint: 'dev1', preferredContentFormat: 112 })
  server.interrupt()
  expect(await clock.until(server.exitCode)).toBe(0)
  expect(server.output).toEqual([
    '  listening on 10.0.0.3:5783 for clients to bootstrap: dev1 dev2',
    expect.stringMatching(/^← dev1 asked for bootstrap from 10\.0\.0\.1:\d+, preferring SenML CBOR$/),
    '→ dev1 Bootstrap-Discover /: 2.05 Content',
    '→ dev1 Bootstrap-Delete /0: 2.02 Deleted',
    '→ dev1 Bootstrap-Delete /1: 2.02 Deleted',
    '→ dev1 Bootstrap-Write /0/1: 2.04 Changed',
    '→ dev1 Bootstrap-Write /1/0: 2.04 Changed',
    '→ dev1 Bootstrap-Finish: 2.04 Changed',
    '← dev1 is bootstrapped',
    '  closed',
  ])
})

test('a client that refuses, one that nobody knows, and a pack', async () => {
  const { clock, server, device } = await commandSite(() => response(0x85))
  await device.bootstrap({ endpoint: 'dev2' })
  await device.send(encodeBootstrapRequest({ endpoint: 'dev\u202e9' }))
  await device.send(encodeBootstrapRequest({}))
  await device.send(encodeBootstrapPackRequest({ endpoint: 'dev1' }))
  await clock.advance(0)
  const address = `10\\.0\\.0\\.1:\\d+`
  expect(server.output.slice(1)).toEqual([
    expect.stringMatching(`^← dev2 asked for bootstrap from ${address}$`),
    '→ dev2 Bootstrap-Discover /: 4.05 Method Not Allowed',
    '✗ dev2 is not bootstrapped: bootstrapDiscover /: 4.05 Method Not Allowed',
    expect.stringMatching(
      `^✗ refused dev\\?9 at ${address}: 4.00 Bad Request, nothing is configured for this endpoint$`,
    ),
    expect.stringMatching(
      `^✗ refused a client without a name at ${address}: 4.00 Bad Request, the ep parameter is missing$`,
    ),
    expect.stringMatching(`^→ dev1 Bootstrap-Pack to ${address}$`),
  ])
  server.interrupt()
  await clock.until(server.exitCode)
})

/** The exit code and the lines of a command that ends by itself. */
async function failed(path: string) {
  const site = await bootstrapSite()
  const command = startCommand(site, `server --listen 5783 --bootstrap ${path}`)
  const exitCode = await command.exitCode
  return { exitCode, output: command.output, errors: command.errors }
}

const large = file('large.json', '')
truncateSync(large, 50_000_000)

test.each([
  [join(directory, 'missing.json'), 'no such file or directory'],
  [directory, 'is a directory'],
  [large, 'the document is longer than 4 MB'],
  [file('bad.json', '{"clients": {"*": {"key": "s3cret"'), 'line 1, column 35: JSON: "}" expected'],
  [
    file('wrong.json', '{"clients": {"*": {"servers": [{"uri": 5, "shortServerId": 1}]}}}'),
    'clients["*"].servers[0].uri is not a text',
  ],
])('a file that cannot be used gives one line and exit code 1: %s', async (path, why) => {
  expect(await failed(path)).toEqual({ exitCode: 1, output: [], errors: [`error: ${path}: ${why}`] })
})
