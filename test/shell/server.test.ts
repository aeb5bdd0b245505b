import { expect, test } from 'vitest'
import { ContentFormat } from '../../objects/formats/format.ts'
import { formatOf } from '../../objects/formats/formats.ts'
import type { PathValue } from '../../objects/path-value.ts'
import type { CoapMessage } from '../../transport/coap/message.ts'
import { CoapPeer } from '../../transport/coap/peer.ts'
import { decodeRegistered, encodeRegister, encodeSend, encodeUpdate } from '../../transport/lwm2m/uplink.ts'
import { notFound } from '../helpers/coap-site.ts'
import { openCoapStream } from '../helpers/coap-stream.ts'
import { serverSite } from '../helpers/site.ts'
import { startCommand } from '../helpers/terminal.ts'

const command = 'server --listen 5699 --host 10.0.0.3'

/** `lwm2m server`, and what a device needs to find it; the server of the site itself stays out of it. */
async function commandSite() {
  const site = await serverSite()
  const server = startCommand(site, command)
  await site.clock.advance(0)
  const peer = await site.peer({ host: '10.0.0.3', port: 5699 })
  return {
    ...site,
    server,
    peer,
    device: 'client --server coap://10.0.0.3:5699 --lifetime 60 --endpoint',
    /** Registers by hand. */
    register: async (endpoint: string, objectLinks: string) => {
      const message = encodeRegister({ endpoint, version: '1.1', lifetimeSeconds: 60, objectLinks })
      await site.clock.until(peer.request(message).response)
      await site.clock.advance(0)
    },
  }
}

test('clients come, update and go, and each is told in a line', async () => {
  const site = await commandSite()
  const { clock, server, device } = site
  const first = startCommand(site, `${device} dev1`)
  const second = startCommand(site, `${device} dev2`)
  await clock.advance(58_000)
  first.interrupt()
  expect(await clock.until(first.exitCode)).toBe(0)
  second.interrupt()
  expect(await clock.until(second.exitCode)).toBe(0)
  server.interrupt()
  expect(await clock.until(server.exitCode)).toBe(0)
  const registered = 'LwM2M 1.2, lifetime 60 s, objects /1 /1/0 /3 /3/0 /3303 /3303/0'
  expect(server.output).toEqual([
    '  listening on 10.0.0.3:5699',
    expect.stringMatching(`^← dev1 registered from 10\\.0\\.0\\.1:\\d+, ${registered}$`),
    expect.stringMatching(`^← dev2 registered from 10\\.0\\.0\\.1:\\d+, ${registered}$`),
    '← dev1 updated',
    '← dev2 updated',
    '← dev1 de-registered',
    '← dev2 de-registered',
    '  closed; clients registered: 0',
  ])
})

test('a Send is told in a line, with the times it carries', async () => {
  const site = await commandSite()
  await site.register('dev1', '</3303/0>')
  const send = (values: readonly PathValue[]) => {
    const payload = formatOf(ContentFormat.senmlCbor)?.encode([], values, { resource: () => undefined }) as Uint8Array
    return site.clock.until(site.peer.request(encodeSend({ contentFormat: ContentFormat.senmlCbor, payload })).response)
  }
  const path = [3303, 0, 5700]
  await send([{ path, value: 21.5 }])
  expect(site.server.output.at(-1)).toBe('← dev1 sent SenML CBOR: /3303/0/5700 21.5')
  await send([
    { path, value: 21.5, timeSeconds: 1_700_000_000.5 },
    { path: [3303, 0, 5701], value: 'K\u001b[2J', timeSeconds: 1e300 },
    { path: [4, 0, 9], value: new Uint8Array(3), timeSeconds: 1e300 },
    { path: [4, 0, 10], value: { objectId: 3, instanceId: 0 }, timeSeconds: 1e300 },
  ])
  expect(site.server.output.at(-1)).toBe(
    '← dev1 sent SenML CBOR: /3303/0/5700 21.5 at 2023-11-14T22:13:20.500Z, ' +
      '/3303/0/5701 K?[2J at 1e+300 s, /4/0/9 3 B at 1e+300 s, /4/0/10 3:0 at 1e+300 s',
  )
  await send(Array.from({ length: 25 }, (_, id) => ({ path: [3303, id, 5700], value: 1 })))
  expect(site.server.output.at(-1)).toMatch(/ \/3303\/19\/5700 1, and 5 more$/)
})

test('a request that is refused is told in a line, with the reason', async () => {
  const { clock, server, peer } = await commandSite()
  const register = { endpoint: 'x\u0007', version: '1.1', lifetimeSeconds: 60, objectLinks: '</3/0>' } as const
  await clock.until(peer.request(encodeRegister(register)).response)
  await clock.until(peer.request(encodeUpdate(['rd', 'nobody'], {})).response)
  await clock.advance(0)
  expect(server.output.slice(1)).toEqual([
    expect.stringMatching(
      /^✗ refused POST \/rd\?\S* \(.*\) from 10\.0\.0\.1:\d+, 4\.00 Bad Request: the ep parameter is no endpoint name$/,
    ),
    expect.stringMatching(/^✗ refused POST \/rd\/nobody from \S+, 4\.04 Not Found: no such registration$/),
  ])
})

test('a client of which nothing is heard expires', async () => {
  const site = await commandSite()
  const { clock, network, server, device } = site
  startCommand(site, `${device} dev1`)
  await clock.advance(1_000)
  network.conditions = { ...network.conditions, loss: 1 }
  await clock.advance(62_000)
  expect(server.output.at(-1)).toBe('✗ dev1 expired: nothing heard for 60 s')
  server.interrupt()
  expect(await clock.until(server.exitCode)).toBe(0)
})

test('a port in use: one line, exit code 1', async () => {
  const site = await commandSite()
  const second = startCommand(site, command)
  expect(await second.exitCode).toBe(1)
  expect(second.errors).toEqual(['error: 10.0.0.3 port 5699 is in use'])
  expect(second.lines).toEqual([])
})

test('an endpoint name cannot play with the terminal', async () => {
  const site = await commandSite()
  await site.register('a\u202eb\u200d', '')
  expect(site.server.output.at(-1)).toMatch(/^← a\?b\? registered/)
})

test('a client with many objects does not fill the screen', async () => {
  const { clock, server, register } = await commandSite()
  const objectLinks = Array.from({ length: 1_000 }, (_, id) => `</3303/${id}>`).join(',')
  await register('many', objectLinks)
  expect(server.output.at(-1)).toMatch(/^← many registered .*…$/)
  expect(server.output.at(-1)?.length).toBeLessThan(600)
  server.interrupt()
  await clock.until(server.exitCode)
})

test('a server over TCP: told with the scheme, and of clients that come and move', async () => {
  const site = await serverSite()
  const { clock, network, random } = site
  const server = startCommand(site, 'server --listen coap://10.0.0.3:5699 --listen coap+tcp://10.0.0.3:5699')
  await clock.advance(0)
  const udp = await site.peer({ host: '10.0.0.3', port: 5699 })
  const tcp = new CoapPeer(await openCoapStream({ clock, network }, { host: '10.0.0.3', port: 5699 }), {
    clock,
    random,
    handler: notFound,
  })
  const ask = async (peer: CoapPeer, message: CoapMessage) => {
    const response = await clock.until(peer.request(message).response)
    await clock.advance(0)
    return response
  }
  const register = { endpoint: 'dev1', version: '1.2', lifetimeSeconds: 60, objectLinks: '</3/0>' } as const
  const location = decodeRegistered(await ask(tcp, encodeRegister(register))) as readonly string[]
  await ask(udp, encodeUpdate(location, {}))
  await ask(tcp, encodeUpdate(location, {}))
  server.interrupt()
  expect(await clock.until(server.exitCode)).toBe(0)
  expect(server.output).toEqual([
    '  listening on 10.0.0.3:5699 and coap+tcp://10.0.0.3:5699',
    expect.stringMatching(
      /^← dev1 registered from 10\.0\.0\.1:\d+ over TCP, LwM2M 1\.2, lifetime 60 s, objects \/3\/0$/,
    ),
    expect.stringMatching(/^← dev1 updated, now at 10\.0\.0\.1:\d+ over UDP$/),
    expect.stringMatching(/^← dev1 updated, now at 10\.0\.0\.1:\d+ over TCP$/),
    '  closed; clients registered: 1',
  ])
})

test.each([
  ['--listen 0 --host 10.0.0.3', /^ {2}listening on 10\.0\.0\.3:\d{5}$/],
  ['--listen coap://10.0.0.3', /^ {2}listening on 10\.0\.0\.3:5683$/],
  ['--listen coap+tcp://10.0.0.3:0', /^ {2}listening on coap\+tcp:\/\/10\.0\.0\.3:\d{5}$/],
  [
    '--listen coap+tcp://10.0.0.3 --listen coap://10.0.0.3',
    /^ {2}listening on coap\+tcp:\/\/10\.0\.0\.3:5683 and 10\.0\.0\.3:5683$/,
  ],
  ['--listen 5683 --listen coap+tcp://0.0.0.0', /^ {2}listening on 0\.0\.0\.0:5683 and coap\+tcp:\/\/0\.0\.0\.0:5683$/],
  ['--listen coaps://10.0.0.3 --psk-identity a --psk-key 00', /^ {2}listening on 10\.0\.0\.3:5684$/],
])('lwm2m server %s', async (options, line) => {
  const { clock, random, network } = await serverSite()
  const server = startCommand({ clock, random, network }, `server ${options}`)
  while (server.lines.length === 0 && server.errors.length === 0) await clock.advance(0)
  expect(server.errors).toEqual([])
  expect(server.output[0]).toMatch(line)
  server.interrupt()
  expect(await clock.until(server.exitCode)).toBe(0)
})

test.each([
  ['server --host 10.0.0.3', '  listening on 10.0.0.3:5683'],
  ['server --host 10.0.0.3 --psk-identity me --psk-key 00', '  listening on 10.0.0.3:5684'],
])('%s listens on the usual port', async (line, told) => {
  const site = await serverSite()
  const server = startCommand(site, line)
  await site.clock.advance(0)
  expect(server.output).toEqual([told])
  server.interrupt()
  expect(await site.clock.until(server.exitCode)).toBe(0)
})
