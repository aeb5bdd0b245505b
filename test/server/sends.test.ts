import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ContentFormat } from '../../objects/formats/format.ts'
import { formatOf } from '../../objects/formats/formats.ts'
import type { PathValue } from '../../objects/path-value.ts'
import type { ReceivedSend } from '../../server/sends.ts'
import { type CoapMessage, Code, describeCode } from '../../transport/coap/message.ts'
import { OptionNumber, pathOptions, uintOption } from '../../transport/coap/options.ts'
import type { CoapPeer } from '../../transport/coap/peer.ts'
import {
  decodeRegistered,
  encodeDeregister,
  encodeRegister,
  encodeSend,
  encodeUpdate,
} from '../../transport/lwm2m/uplink.ts'
import { endpoint, registeredSite, serverSite } from '../helpers/site.ts'

const path = [3303, 0, 5700]
const { senmlCbor, senmlJson, lwm2mCbor } = ContentFormat

function encoded(values: readonly PathValue[], contentFormat: number = senmlCbor): CoapMessage {
  const payload = formatOf(contentFormat)?.encode([], values, { resource: () => undefined }) as Uint8Array
  return encodeSend({ contentFormat, payload })
}

function raw(contentFormat: number | undefined, payload: string | Buffer): CoapMessage {
  const format = contentFormat === undefined ? [] : [uintOption(OptionNumber.contentFormat, contentFormat)]
  return {
    code: Code.post,
    options: [...pathOptions(OptionNumber.uriPath, ['dp']), ...format],
    payload: Buffer.from(payload as string),
  }
}

/** A server with one registered client, and what it says was sent. */
async function sendSite(version: '1.0' | '1.1' | '1.2' = '1.2') {
  const site = await serverSite()
  const sends: ReceivedSend[] = []
  let completed = false
  site.server.sends$.subscribe({ next: send => sends.push(send), complete: () => (completed = true) })
  const ask = async (peer: CoapPeer, message: CoapMessage) => {
    const response = await site.clock.until(peer.request(message).response)
    await site.clock.advance(0)
    return response
  }
  const register = async (peer: CoapPeer, name: string) => {
    const response = await ask(peer, encodeRegister({ endpoint: name, version, lifetimeSeconds: 60, objectLinks: '' }))
    return decodeRegistered(response) ?? []
  }
  const peer = await site.peer()
  const location = await register(peer, 'dev')
  return {
    ...site,
    sends,
    location,
    register,
    ask: async (message: CoapMessage, from = peer) => describeCode((await ask(from, message)).code),
    isCompleted: () => completed,
  }
}

test.each([
  ['SenML CBOR', senmlCbor],
  ['SenML JSON', senmlJson],
])('%s: every value with every time', async (_name, contentFormat) => {
  const { ask, sends } = await sendSite()
  const values = [
    { path: [3, 0, 9], value: 95 },
    { path, value: 21.5, timeSeconds: 1_700_000_000 },
    { path, value: 22, timeSeconds: 1_700_000_060.25 },
  ]
  expect(await ask(encoded(values, contentFormat))).toBe('2.04 Changed')
  expect(sends).toEqual([{ endpoint: 'dev', values, contentFormat }])
})

test('LwM2M CBOR, which has no times, of a client of LwM2M 1.2', async () => {
  const { ask, sends } = await sendSite()
  expect(await ask(encoded([{ path, value: 21.5 }], lwm2mCbor))).toBe('2.04 Changed')
  expect(sends).toEqual([{ endpoint: 'dev', values: [{ path, value: 21.5 }], contentFormat: lwm2mCbor }])
})

test('a time that is relative to the arrival becomes one since 1970 (RFC 8428 §4.5.3)', async () => {
  const { ask, sends, clock } = await sendSite()
  const nowSeconds = clock.now() / 1_000
  const pack = [
    { n: '/3303/0/5700', v: 1, t: -60 },
    { n: '/3303/0/5700', v: 2 },
  ]
  expect(await ask(raw(senmlJson, JSON.stringify(pack)))).toBe('2.04 Changed')
  expect(sends[0]?.values).toEqual([
    { path, value: 1, timeSeconds: nowSeconds - 60 },
    { path, value: 2 },
  ])
})

const refused: [name: string, code: string, message: CoapMessage][] = [
  ['no payload', '4.00 Bad Request', raw(senmlCbor, '')],
  ['an empty pack', '4.00 Bad Request', raw(senmlJson, '[]')],
  ['JSON that is none', '4.00 Bad Request', raw(senmlJson, '[{')],
  ['CBOR that is cut off', '4.00 Bad Request', raw(senmlCbor, Buffer.from('81a2', 'hex'))],
  ['a name that is no path', '4.00 Bad Request', raw(senmlJson, '[{"n":"/a/b","v":1}]')],
  ['a value of a wrong type', '4.00 Bad Request', raw(senmlJson, '[{"n":"/3303/0/5700","vs":"warm"}]')],
  ['a value that is to be removed', '4.00 Bad Request', raw(senmlJson, '[{"n":"/3303/0/5700","v":null}]')],
  ['a value for an object', '4.00 Bad Request', raw(senmlJson, '[{"n":"/3303","v":1}]')],
  ['a value twice', '4.00 Bad Request', raw(senmlJson, '[{"n":"/3303/0/5700","v":1},{"n":"/3303/0/5700","v":1}]')],
  ['a time without end', '4.00 Bad Request', raw(senmlJson, '[{"n":"/3303/0/5700","v":1,"t":1e999}]')],
  ['no Content-Format', '4.15 Unsupported Content Format', raw(undefined, '[]')],
  ['text', '4.15 Unsupported Content Format', raw(ContentFormat.text, '1')],
  ['TLV', '4.15 Unsupported Content Format', raw(ContentFormat.tlv, '')],
  ['SenML-ETCH', '4.15 Unsupported Content Format', raw(ContentFormat.senmlEtchCbor, Buffer.of(0x80))],
  ['GET', '4.05 Method Not Allowed', { ...raw(senmlCbor, ''), code: Code.get }],
]

test.each(refused)('%s: %s, and nothing was sent', async (_name, code, message) => {
  const { ask, sends, errors } = await sendSite()
  expect(await ask(message)).toBe(code)
  expect(sends).toEqual([])
  expect(errors).toEqual([])
})

test.each([
  ['1.0', senmlCbor, '4.00 Bad Request'],
  ['1.1', lwm2mCbor, '4.15 Unsupported Content Format'],
  ['1.1', senmlCbor, '2.04 Changed'],
] as const)('of a client of LwM2M %s in format %i: %s', async (version, contentFormat, code) => {
  const { ask } = await sendSite(version)
  expect(await ask(encoded([{ path, value: 1 }], contentFormat))).toBe(code)
})

describe('who sent it', () => {
  const message = encoded([{ path, value: 1 }])

  test('a stranger: 4.00', async () => {
    const site = await sendSite()
    expect(await site.ask(message, await site.peer())).toBe('4.00 Bad Request')
    expect(site.sends).toEqual([])
  })

  test('each client by its address', async () => {
    const site = await sendSite()
    const other = await site.peer()
    await site.register(other, 'other')
    await site.ask(message, other)
    await site.ask(message)
    expect(site.sends.map(send => send.endpoint)).toEqual(['other', 'dev'])
  })

  test('a client that has moved: 4.00 until its Update', async () => {
    const site = await sendSite()
    const elsewhere = await site.peer()
    expect(await site.ask(message, elsewhere)).toBe('4.00 Bad Request')
    await site.ask(encodeUpdate(site.location, {}), elsewhere)
    expect(await site.ask(message, elsewhere)).toBe('2.04 Changed')
    expect(await site.ask(message)).toBe('4.00 Bad Request')
  })

  test('a client that has registered anew elsewhere', async () => {
    const site = await sendSite()
    const elsewhere = await site.peer()
    await site.register(elsewhere, 'dev')
    expect(await site.ask(message, elsewhere)).toBe('2.04 Changed')
    expect(await site.ask(message)).toBe('4.00 Bad Request')
  })

  test('a client that has left, or expired: 4.00', async () => {
    const site = await sendSite()
    await site.ask(encodeDeregister(site.location))
    expect(await site.ask(message)).toBe('4.00 Bad Request')
    const other = await site.peer()
    await site.register(other, 'other')
    expect(await site.ask(message, other)).toBe('2.04 Changed')
    await site.clock.advance(62_000)
    expect(await site.ask(message, other)).toBe('4.00 Bad Request')
  })
})

test('whatever comes is answered, and only what can be read is told', async () => {
  const { ask, sends, errors } = await sendSite()
  const formats = fc.constantFrom(senmlCbor, senmlJson, lwm2mCbor)
  const property = fc.asyncProperty(formats, fc.uint8Array({ maxLength: 40 }), async (contentFormat, bytes) => {
    const before = sends.length
    const code = await ask(raw(contentFormat, Buffer.from(bytes)))
    expect(code).toMatch(/^(2\.04|4\.00)/)
    expect(sends.length - before).toBe(code.startsWith('2') ? 1 : 0)
  })
  await fc.assert(property, { seed: 1, numRuns: 300 })
  expect(errors).toEqual([])
})

test('sends$ completes when the server is closed', async () => {
  const { server, isCompleted } = await sendSite()
  expect(isCompleted()).toBe(false)
  await server.close()
  expect(isCompleted()).toBe(true)
})

test('a Send of the client, after its 2.04', async () => {
  const { client, server, clock, wire, close } = await registeredSite()
  const sends: unknown[] = []
  server.sends$.subscribe(({ values }) => sends.push(values))
  await clock.until(client.send(['/3303/0/5700', '/3303/0/5701']))
  expect(sends).toEqual([
    [
      { path, value: 21.5 },
      { path: [3303, 0, 5701], value: 'Cel' },
    ],
  ])
  expect(wire.slice(-2)).toEqual([expect.stringMatching(/^→ POST \/dp \(SenML CBOR, \d+ B\)$/), '← 2.04 Changed'])
  await close()
})

test('what was queued offline arrives with its time', async () => {
  const { client, server, clock, close } = await registeredSite({ lifetimeSeconds: 86_400 })
  const sends: ReceivedSend[] = []
  server.sends$.subscribe(send => sends.push(send))
  client.enterOffline()
  const timeSeconds = clock.now() / 1_000
  const sending = client.send(['/3303/0/5700'], { whenOffline: 'queue' })
  await clock.advance(60_000)
  client.exitOffline()
  await clock.until(sending)
  expect(sends).toEqual([{ endpoint, values: [{ path, value: 21.5, timeSeconds }], contentFormat: senmlCbor }])
  await close()
})
