import { afterEach, beforeEach, expect, test } from 'vitest'
import { OperationError } from '../../objects/errors.ts'
import { type CoapMessage, Code, describeCode, noPayload } from '../../transport/coap/message.ts'
import { OptionNumber, pathOptions, uintOption } from '../../transport/coap/options.ts'
import { CoapPeer } from '../../transport/coap/peer.ts'
import { MemoryConnection } from '../../transport/memory.ts'
import { seededRandom } from '../../transport/random.ts'
import { type ClientSite, clientSite } from '../helpers/client-site.ts'

let site: ClientSite

beforeEach(async () => {
  site = await clientSite({ client: { maximumWaitingRequests: 2 } })
  await site.register()
})
afterEach(async () => {
  await site.stop()
  expect(site.clock.pendingTimers).toBe(0)
})

const path = (text: string) => pathOptions(OptionNumber.uriPath, text.split('/').filter(Boolean))
const accept = (format: number) => uintOption(OptionNumber.accept, format)
const contentFormat = (format: number) => uintOption(OptionNumber.contentFormat, format)

test.each<[string, number, CoapMessage]>([
  ['unknown object', Code.notFound, { code: Code.get, options: path('/4711'), payload: noPayload }],
  ['unknown instance', Code.notFound, { code: Code.get, options: path('/3303/9'), payload: noPayload }],
  ['unknown resource', Code.notFound, { code: Code.get, options: path('/3303/0/9999'), payload: noPayload }],
  ['a path that is none', Code.notFound, { code: Code.get, options: path('/rd/x'), payload: noPayload }],
  ['five identifiers', Code.notFound, { code: Code.get, options: path('/3/0/7/0/0'), payload: noPayload }],
  ['the root', Code.methodNotAllowed, { code: Code.get, options: [], payload: noPayload }],
  ['a method without operation', Code.methodNotAllowed, { code: 0x06, options: path('/3/0'), payload: noPayload }],
  [
    'Execute of a readable resource',
    Code.methodNotAllowed,
    { code: Code.post, options: path('/3/0/0'), payload: noPayload },
  ],
  ['the Security object', Code.unauthorized, { code: Code.get, options: path('/0/0/0'), payload: noPayload }],
  [
    'an unknown critical option',
    Code.badOption,
    { code: Code.get, options: [...path('/3/0/0'), { number: 65_001, value: Buffer.from('x') }], payload: noPayload },
  ],
  [
    'an unknown elective option',
    Code.content,
    { code: Code.get, options: [...path('/3/0/0'), { number: 65_000, value: Buffer.from('x') }], payload: noPayload },
  ],
  [
    'an unknown Content-Format',
    Code.unsupportedContentFormat,
    { code: Code.put, options: [...path('/1/0/1'), contentFormat(999)], payload: Buffer.from('5') },
  ],
  [
    'an Accept nobody can serve',
    Code.notAcceptable,
    { code: Code.get, options: [...path('/3/0'), accept(999)], payload: noPayload },
  ],
  [
    'text of an instance',
    Code.notAcceptable,
    { code: Code.get, options: [...path('/3/0'), accept(0)], payload: noPayload },
  ],
  [
    'a malformed payload',
    Code.badRequest,
    { code: Code.put, options: [...path('/1/0'), contentFormat(112)], payload: Buffer.from('ffff', 'hex') },
  ],
])('%s is answered with its code', async (_, code, message) => {
  const response = await site.request(message)
  expect(describeCode(response.code)).toBe(describeCode(code))
})

test('a slow read hook: an empty acknowledgement and a separate response, later requests in order behind it', async () => {
  site.client.objects.onRead(
    '/3303/0/5700',
    () => new Promise(resolve => site.clock.setTimeout(() => resolve(30), 5_000)),
  )
  const order: string[] = []
  const ask = async (name: string, message: CoapMessage) => {
    const { payload } = await site.peer.request(message).response
    order.push(`${name} ${Buffer.from(payload).toString()}`)
  }
  const slow = ask('slow', { code: Code.get, options: [...path('/3303/0/5700'), accept(0)], payload: noPayload })
  await site.clock.advance(1_000)
  const quick = ask('quick', { code: Code.get, options: [...path('/3/0/16'), accept(0)], payload: noPayload })
  await site.clock.advance(1_000)
  expect(order).toEqual([])
  await site.clock.until(Promise.all([slow, quick]))
  expect(order).toEqual(['slow 30', 'quick UT'])
})

test('while the application holds the lock requests wait, and see all it did', async () => {
  const unlock = site.client.objects.lock()
  const read = site.peer.request({ code: Code.get, options: [...path('/3303/0/5700'), accept(0)], payload: noPayload })
  await site.clock.advance(3_000)
  site.client.objects.set('/3303/0/5700', 1)
  site.client.objects.set('/3303/0/5700', 2)
  unlock()
  expect(Buffer.from((await site.clock.until(read.response)).payload).toString()).toBe('2')
})

test('a hook that takes for ever holds up the requests of its connection only', async () => {
  site.client.objects.onRead('/3303/0/5700', () => new Promise(() => undefined))
  const read = site.peer.request({ code: Code.get, options: path('/3303/0/5700'), payload: noPayload })
  read.response.catch(() => undefined)
  await site.clock.advance(100)
  await site.clock.until(site.client.stop())
  await site.register()
  expect((await site.operate({ kind: 'read', path: [3, 0, 0] })).code).toBe(Code.content)
})

test('requests beyond the bound are refused with 5.03', async () => {
  const unlock = site.client.objects.lock()
  const ask = () => site.peer.request({ code: Code.get, options: path('/3/0/0'), payload: noPayload }).response
  const first = ask()
  await site.clock.advance(100)
  const second = ask()
  await site.clock.advance(100)
  expect((await site.clock.until(ask())).code).toBe(Code.serviceUnavailable)
  unlock()
  expect((await site.clock.until(Promise.all([first, second]))).map(({ code }) => code)).toEqual([
    Code.content,
    Code.content,
  ])
})

test('what a hook throws stays inside: 5.00 without text, told to the application', async () => {
  const secret = new Error('the database password is hunter2')
  site.client.objects.onRead('/3303/0/5700', () => {
    throw secret
  })
  const response = await site.operate({ kind: 'read', path: [3303, 0, 5700] })
  expect(response.code).toBe(Code.internalServerError)
  expect(response.payload).toHaveLength(0)
  expect(site.errors).toEqual([secret])
})

test('an OperationError of a hook decides the response', async () => {
  site.client.objects.onExecute('/3/0/4', () => {
    throw new OperationError('SERVICE_UNAVAILABLE', 'not now')
  })
  const response = await site.operate({ kind: 'execute', path: [3, 0, 4], arguments: '' })
  expect(response.code).toBe(Code.serviceUnavailable)
})

test('requests of anybody but the server are dropped', async () => {
  const stranger = new CoapPeer(
    new MemoryConnection(site.network, { host: '10.0.0.66', port: 5683 }, site.peer.connection.remote),
    {
      clock: site.clock,
      random: seededRandom(2),
      handler: () => ({ code: Code.notFound, options: [], payload: noPayload }),
    },
  )
  const read = stranger.request({ code: Code.get, options: path('/3/0/0'), payload: noPayload })
  await expect(site.clock.until(read.response)).rejects.toMatchObject({ code: 'TIMEOUT' })
  stranger.close()
})
