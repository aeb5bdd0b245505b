import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ContentFormat } from '../../objects/formats/format.ts'
import { type CoapMessage, Code, describeCode } from '../../transport/coap/message.ts'
import { OptionNumber, pathOptions, stringOption, uintOption } from '../../transport/coap/options.ts'
import { decodeRegistered, encodeRegister } from '../../transport/lwm2m/uplink.ts'
import { serverSite } from '../helpers/site.ts'

interface Asked {
  readonly code?: number
  readonly path?: readonly string[]
  readonly contentFormat?: number
  readonly query?: readonly string[]
  readonly payload?: string
}

function request({ code = Code.post, path = ['rd'], contentFormat, query = [], payload = '' }: Asked): CoapMessage {
  return {
    code,
    options: [
      ...pathOptions(OptionNumber.uriPath, path),
      ...(contentFormat === undefined ? [] : [uintOption(OptionNumber.contentFormat, contentFormat)]),
      ...query.map(text => stringOption(OptionNumber.uriQuery, text)),
    ],
    payload: Buffer.from(payload),
  }
}

/** A server with one client at `location`, and a peer to ask it things. */
async function hostileSite() {
  const site = await serverSite()
  const peer = await site.peer()
  const ask = (message: CoapMessage) => site.clock.until(peer.request(message).response)
  const good = encodeRegister({ endpoint: 'good', version: '1.1', lifetimeSeconds: 3_600, objectLinks: '</3/0>' })
  const [, location] = decodeRegistered(await ask(good)) as [string, string]
  return { ...site, peer, ask, location, before: site.server.registrations.get('good') }
}

const ok = ['lwm2m=1.1', 'ep=bad']

const registers: [name: string, code: string, asked: Asked][] = [
  ['no parameters', '4.00 Bad Request', {}],
  ['no lwm2m', '4.00 Bad Request', { query: ['ep=bad'] }],
  ['an unknown version', '4.12 Precondition Failed', { query: ['lwm2m=9.9', 'ep=bad'] }],
  ['no ep', '4.00 Bad Request', { query: ['lwm2m=1.1'] }],
  ['an empty ep', '4.00 Bad Request', { query: ['lwm2m=1.1', 'ep='] }],
  ['an ep with an escape sequence', '4.00 Bad Request', { query: ['lwm2m=1.1', 'ep=\u001b[2J'] }],
  ['an ep with a line feed', '4.00 Bad Request', { query: ['lwm2m=1.1', 'ep=a\nb'] }],
  [
    'a Profile ID that nobody knows',
    '4.09 Conflict',
    { query: ['lwm2m=1.2', 'ep=bad', 'pid=oma:1'], payload: '</3/0>' },
  ],
  ['an ep that is too long', '4.00 Bad Request', { query: ['lwm2m=1.1', `ep=${'e'.repeat(201)}`] }],
  ['ep twice', '4.00 Bad Request', { query: [...ok, 'ep=worse'] }],
  ['a negative lifetime', '4.00 Bad Request', { query: [...ok, 'lt=-1'] }],
  ['a lifetime of words', '4.00 Bad Request', { query: [...ok, 'lt=soon'] }],
  ['an endless lifetime', '4.00 Bad Request', { query: [...ok, `lt=${'9'.repeat(40)}`] }],
  ['links that are none', '4.00 Bad Request', { query: ok, payload: '</3/0' }],
  [
    'links in another format',
    '4.15 Unsupported Content Format',
    { query: ok, contentFormat: ContentFormat.text, payload: '</3/0>' },
  ],
  ['links without end', '4.13 Request Entity Too Large', { query: ok, payload: '</3/0>,'.repeat(20_000) }],
]

test.each(registers)('Register with %s: %s, and nobody is registered', async (_name, code, asked) => {
  const { server, ask, events } = await hostileSite()
  const response = await ask(request({ contentFormat: ContentFormat.link, ...asked }))
  expect(describeCode(response.code)).toBe(code)
  expect([...server.registrations.keys()]).toEqual(['good'])
  expect(events).toHaveLength(1)
  await server.close()
})

const updates: [name: string, code: string, asked: Asked][] = [
  ['of a location nobody has', '4.04 Not Found', { path: ['rd', 'x'] }],
  ['with a bad lifetime', '4.00 Bad Request', { query: ['b=U', 'lt=x'] }],
  ['with bad links', '4.00 Bad Request', { query: ['lt=5'], payload: '<' }],
  [
    'with links in another format',
    '4.15 Unsupported Content Format',
    { query: ['lt=5'], contentFormat: 0, payload: '</1>' },
  ],
]

test.each(updates)('Update %s: %s, and nothing changes', async (_name, code, asked) => {
  const { server, ask, location, before, events } = await hostileSite()
  expect(describeCode((await ask(request({ path: ['rd', location], ...asked }))).code)).toBe(code)
  expect(server.registrations.get('good')).toBe(before)
  expect(events).toHaveLength(1)
  await server.close()
})

const others: [name: string, code: string, asked: Asked][] = [
  ['DELETE of a location nobody has', '4.04 Not Found', { code: Code.delete, path: ['rd', 'x'] }],
  ['DELETE of all registrations', '4.05 Method Not Allowed', { code: Code.delete }],
  ['GET of the registrations', '4.05 Method Not Allowed', { code: Code.get }],
  ['PUT of a registration', '4.05 Method Not Allowed', { code: Code.put, path: ['rd', 'x'] }],
  ['POST below a registration', '4.04 Not Found', { path: ['rd', 'x', 'y'] }],
  ['GET of the root', '4.04 Not Found', { code: Code.get, path: [] }],
  ['a Bootstrap-Request', '4.04 Not Found', { path: ['bs'], query: ['ep=bad'] }],
  ['a method that is none', '4.05 Method Not Allowed', { code: 0x1f }],
]

test.each(others)('%s: %s', async (_name, code, asked) => {
  const { server, ask, before } = await hostileSite()
  expect(describeCode((await ask(request(asked))).code)).toBe(code)
  expect(server.registrations.get('good')).toBe(before)
  await server.close()
})

test('whatever is asked of it, the server answers, keeps its client, and leaves no timer behind', async () => {
  const { server, peer, ask, before, errors, clock } = await hostileSite()
  const text = fc.oneof(
    fc.string({ maxLength: 40, unit: 'binary' }),
    fc.constantFrom('lwm2m=1.1', 'ep=a', 'ep=b', 'lt=60', 'lt=0', 'b=U', 'Q', 'sms=1', 'ep', '=', 'lwm2m'),
  )
  const asked = fc.record({
    code: fc.constantFrom(Code.get, Code.post, Code.put, Code.delete, Code.fetch, Code.iPatch),
    path: fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant('rd') }, fc.string({ maxLength: 12 })), {
      maxLength: 3,
    }),
    query: fc.array(text, { maxLength: 6 }),
    contentFormat: fc.constantFrom(0, 40, 11542, 65_535),
    payload: fc.oneof(fc.string({ maxLength: 200 }), fc.constantFrom('</3/0>', '</>;ct="112 60",</1/0>', '</1>;ver=')),
  })
  await fc.assert(
    fc.asyncProperty(asked, async message => {
      const { code } = await ask(request(message))
      expect(code >> 5 === 2 || code >> 5 === 4).toBe(true)
    }),
    { seed: 1, numRuns: 2_000 },
  )
  expect(errors).toEqual([])
  expect(server.registrations.get('good')).toBe(before)
  expect(server.registrations.size).toBeGreaterThan(1)
  await server.close()
  peer.close()
  expect(clock.pendingTimers).toBe(0)
})
