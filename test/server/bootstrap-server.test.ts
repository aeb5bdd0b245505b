import { expect, test } from 'vitest'
import { server as serverObject } from '../../objects/definitions/server.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { formatOf } from '../../objects/formats/formats.ts'
import { formatPath } from '../../objects/path.ts'
import { parseBootstrapConfig } from '../../server/bootstrap-config.ts'
import { Code } from '../../transport/coap/message.ts'
import { findUint, OptionNumber, stringOption, uintOption } from '../../transport/coap/options.ts'
import { encodeBootstrapPackRequest, encodeBootstrapRequest } from '../../transport/lwm2m/bootstrap-request.ts'
import { account, bootstrapSite, changed, response } from '../helpers/bootstrap-site.ts'
import { request } from '../helpers/coap-site.ts'

const secret = {
  uri: 'coaps://10.0.0.3',
  shortServerId: 2,
  security: { mode: 'psk', identity: 'me', key: { hex: 'c0ffee' } },
}

test('Client Initiated Bootstrap: Discover, Delete, Write, Finish, one after the other', async () => {
  const site = await bootstrapSite()
  const device = await site.device()
  expect(await device.bootstrap()).toBe(Code.changed)
  expect(site.told).toEqual([
    'dev1 requested',
    'dev1 bootstrapDiscover / 2.05',
    'dev1 bootstrapDelete /0 2.02',
    'dev1 bootstrapDelete /1 2.02',
    'dev1 bootstrapWrite /0/1 2.04',
    'dev1 bootstrapWrite /1/0 2.04',
    'dev1 bootstrapFinish 2.04',
    'dev1 finished',
  ])
  expect(site.events[0]).toMatchObject({ address: device.address, preferredContentFormat: undefined })
  const values = (...paths: string[]) => paths.map(path => device.objects.get(path))
  expect(values('/0/0/0', '/0/0/1')).toEqual(['coap://10.0.0.9', true])
  expect(values('/0/1/0', '/0/1/1', '/0/1/2', '/0/1/10')).toEqual([account.uri, false, 3, 1])
  expect(values('/1/0/0', '/1/0/1', '/1/0/6', '/1/0/7')).toEqual([1, 60, true, 'U'])
  expect(site.server.sessions).toBe(0)
  await site.server.close()
})

test('the answer to the request goes out before the first operation', async () => {
  const site = await bootstrapSite()
  const device = await site.device()
  const order: string[] = []
  const answered = device.peer.request(encodeBootstrapRequest({ endpoint: 'dev1' })).response
  void answered.then(() => order.push(`answered, asked ${device.asked.length}`))
  await site.clock.advance(100)
  expect(order).toEqual(['answered, asked 0'])
  await site.server.close()
})

test('a bootstrapped client is bootstrapped again: its account is replaced where it was', async () => {
  const config = { clients: { '*': { delete: [], servers: [{ ...account, lifetimeSeconds: 90 }] } } }
  const site = await bootstrapSite({ config })
  const device = await site.device()
  await device.bootstrap()
  await device.bootstrap()
  expect(site.told.filter(line => line.includes('Write'))).toEqual([
    'dev1 bootstrapWrite /0/1 2.04',
    'dev1 bootstrapWrite /1/0 2.04',
    'dev1 bootstrapWrite /0/1 2.04',
    'dev1 bootstrapWrite /1/0 2.04',
  ])
  expect(device.objects.get('/1/0/1')).toBe(90)
  await site.server.close()
})

test('the Bootstrap-Server Account is kept clear of, wherever it is', async () => {
  const site = await bootstrapSite({ config: { clients: { '*': { servers: [account, secret] } } } })
  const device = await site.device({ accountInstanceId: 1 })
  await device.bootstrap()
  expect(site.told.at(-1)).toBe('dev1 finished')
  expect(device.store.instanceIds(0)).toEqual([0, 1, 2])
  expect([0, 1, 2].map(id => device.objects.get(`/0/${id}/1`))).toEqual([false, true, false])
  expect(device.objects.get('/0/2/5')).toEqual(new Uint8Array([0xc0, 0xff, 0xee]))
  await site.server.close()
})

test.each([
  { asked: undefined, enablerVersion: '1.1', used: 'SenML CBOR' },
  { asked: undefined, enablerVersion: '1.0', used: 'TLV' },
  { asked: ContentFormat.senmlJson, enablerVersion: '1.1', used: 'SenML JSON' },
  { asked: ContentFormat.lwm2mCbor, enablerVersion: '1.2', used: 'LwM2M CBOR' },
  { asked: ContentFormat.tlv, enablerVersion: '1.1', used: 'TLV' },
  { asked: ContentFormat.senmlCbor, format: 'senmlJson', enablerVersion: '1.1', used: 'SenML JSON' },
] as const)(
  'LwM2M $enablerVersion, pct $asked, format $format: written in $used',
  async ({ asked, enablerVersion, used, ...more }) => {
    const site = await bootstrapSite({ config: { clients: { '*': { servers: [account], ...more } } } })
    const device = await site.device({ enablerVersion })
    await device.bootstrap({ endpoint: 'dev1', ...(asked !== undefined && { preferredContentFormat: asked }) })
    expect(site.told.at(-1)).toBe('dev1 finished')
    const writes = device.asked.filter(line => line.startsWith('PUT'))
    expect(writes).toHaveLength(2)
    for (const line of writes) expect(line).toContain(`(${used}, `)
    await site.server.close()
  },
)

test('Bootstrap-Discover as LwM2M 1.0 has it: the version is no link', async () => {
  const site = await bootstrapSite()
  const links = 'lwm2m="1.0",</0/2>,</1>,</3/0>'
  const link = uintOption(OptionNumber.contentFormat, ContentFormat.link)
  const device = await site.device({
    accountInstanceId: 2,
    answer: ({ kind }) => (kind === 'bootstrapDiscover' ? response(Code.content, links, [link]) : undefined),
  })
  await device.bootstrap()
  expect(site.told.at(-1)).toBe('dev1 finished')
  expect(site.events.find(event => 'links' in event)).toMatchObject({
    links: [{ target: '/', attributes: { lwm2m: '1.0' } }, { target: '/0/2' }, { target: '/1' }, { target: '/3/0' }],
  })
  expect(device.asked.filter(line => line.startsWith('PUT'))).toEqual([
    expect.stringMatching(/^PUT \/0\/0 \(TLV/),
    expect.stringMatching(/^PUT \/1\/0 \(TLV/),
  ])
  await site.server.close()
})

test('without Discover the Bootstrap-Server Account is presumed to be /0/0', async () => {
  const site = await bootstrapSite({ config: { clients: { '*': { discover: false, servers: [account] } } } })
  const device = await site.device()
  await device.bootstrap()
  expect(device.asked[0]).toBe('DELETE /0')
  expect(site.told.at(-1)).toBe('dev1 finished')
  expect(device.store.instanceIds(0)).toEqual([0, 1])
  await site.server.close()
})

test('Read tells what is there; other objects are written as they are given', async () => {
  const write = [
    { path: '/3/0', values: { timezone: 'Europe/Berlin', 14: '+02:00' } },
    { path: '/3/0/14', value: '+03:00' },
  ]
  const site = await bootstrapSite({ config: { clients: { dev1: { read: ['/1'], delete: [], write } } } })
  const device = await site.device({ answer: ({ kind }) => (kind === 'bootstrapFinish' ? changed : undefined) })
  device.objects.create(serverObject, 0, { shortServerId: 7, lifetime: 5, binding: 'U' })
  await device.bootstrap()
  expect(site.events.find(event => 'values' in event)).toMatchObject({
    kind: 'bootstrapRead',
    values: expect.arrayContaining([{ path: [1, 0, 0], value: 7 }]),
  })
  expect(site.told.slice(2)).toEqual([
    'dev1 bootstrapRead /1 2.05',
    'dev1 bootstrapWrite /3/0 2.04',
    'dev1 bootstrapWrite /3/0/14 2.04',
    'dev1 bootstrapFinish 2.04',
    'dev1 finished',
  ])
  expect([device.objects.get('/3/0/14'), device.objects.get('/3/0/15')]).toEqual(['+03:00', 'Europe/Berlin'])
  await site.server.close()
})

test('an endpoint of its own comes before "*"', async () => {
  const site = await bootstrapSite({
    config: { clients: { '*': { servers: [account] }, dev2: { delete: ['/'], discover: false } } },
  })
  const device = await site.device()
  await device.bootstrap({ endpoint: 'dev2' })
  expect(device.asked).toEqual(['DELETE /', 'POST /bs'])
  expect(site.told.at(-1)).toBe('dev2 failed: bootstrapFinish: 4.06 Not Acceptable')
  await site.server.close()
})

test('what is not there need not be deleted', async () => {
  const site = await bootstrapSite({ config: { clients: { '*': { delete: ['/5', '/1/9'], servers: [account] } } } })
  const device = await site.device()
  await device.bootstrap()
  expect(site.told.slice(2, 4)).toEqual(['dev1 bootstrapDelete /5 4.04', 'dev1 bootstrapDelete /1/9 4.04'])
  expect(site.told.at(-1)).toBe('dev1 finished')
  await site.server.close()
})

const refusals = [
  ['bootstrapDiscover', 'bootstrapDiscover /: 4.05 Method Not Allowed', 1],
  ['bootstrapRead', 'bootstrapRead /1: 4.05 Method Not Allowed', 2],
  ['bootstrapDelete', 'bootstrapDelete /0: 4.05 Method Not Allowed', 3],
  ['bootstrapWrite', 'bootstrapWrite /0/1: 4.05 Method Not Allowed', 5],
  ['bootstrapFinish', 'bootstrapFinish: 4.05 Method Not Allowed', 7],
] as const
test.each(refusals)('a client that refuses %s ends the session, with its code', async (kind, message, count) => {
  const site = await bootstrapSite({ config: { clients: { '*': { read: ['/1'], servers: [account] } } } })
  const device = await site.device({
    answer: operation => (operation.kind === kind ? response(Code.methodNotAllowed, 'secret reasons') : undefined),
  })
  await device.bootstrap()
  expect(device.asked).toHaveLength(count)
  expect(site.told.at(-2)).toMatch(new RegExp(`^dev1 ${kind}.* 4\\.05$`))
  expect(site.events.at(-1)).toMatchObject({
    type: 'failed',
    cause: { name: 'RequestError', code: 'REJECTED', responseCode: Code.methodNotAllowed, message },
  })
  expect(site.server.sessions).toBe(0)
  await site.server.close()
})

test.each([
  ['no Content-Format', response(Code.content, '</>')],
  ['no links', response(Code.content, '</0', [uintOption(OptionNumber.contentFormat, ContentFormat.link)])],
])('a Bootstrap-Discover answered with %s: BAD_RESPONSE', async (_name, answer) => {
  const site = await bootstrapSite()
  const device = await site.device({ answer: () => answer })
  await device.bootstrap()
  expect(site.events.at(-1)).toMatchObject({ type: 'failed', cause: { code: 'BAD_RESPONSE' } })
  await site.server.close()
})

test('a client that does not answer: TIMEOUT', async () => {
  const site = await bootstrapSite()
  const device = await site.device()
  await device.send(encodeBootstrapRequest({ endpoint: 'dev1' }))
  site.network.conditions = { ...site.network.conditions, loss: 1 }
  await site.clock.advance(100_000)
  expect(site.events.at(-1)).toMatchObject({ type: 'failed', cause: { code: 'TIMEOUT' } })
  expect(site.server.sessions).toBe(0)
  await site.server.close()
})

test('a configuration that insists on the instance of the Bootstrap-Server Account writes nothing', async () => {
  const site = await bootstrapSite({
    config: { clients: { '*': { servers: [{ ...account, securityInstanceId: 0 }] } } },
  })
  const device = await site.device()
  await device.bootstrap()
  expect(site.told.at(-1)).toBe('dev1 failed: /0/0 is the Bootstrap-Server Account of the client')
  expect(device.asked.filter(line => line.startsWith('PUT'))).toEqual([])
  await site.server.close()
})

test('a repeated request ends the former session of this endpoint', async () => {
  const site = await bootstrapSite()
  let isMute = true
  const device = await site.device({ answer: () => (isMute ? new Promise(() => undefined) : undefined) })
  await device.bootstrap()
  expect(site.server.sessions).toBe(1)
  isMute = false
  await device.bootstrap()
  expect(site.events.find(({ type }) => type === 'failed')).toMatchObject({ cause: { code: 'SUPERSEDED' } })
  expect(site.told.filter(line => line.startsWith('dev1 f'))).toEqual([
    'dev1 failed: the client asked for bootstrap again',
    'dev1 finished',
  ])
  expect(site.server.sessions).toBe(0)
  await site.server.close()
})

test('beyond the maximum of sessions: 5.03, and room when one has ended', async () => {
  const site = await bootstrapSite({ server: { maximumSessions: 1 } })
  const mute = await site.device({ answer: () => new Promise(() => undefined) })
  const device = await site.device()
  await mute.bootstrap({ endpoint: 'mute' })
  expect(await device.bootstrap()).toBe(Code.serviceUnavailable)
  expect(site.told.at(-1)).toBe('dev1 refused: too many clients are being bootstrapped')
  await expect(site.server.bootstrap('dev1', device.address)).rejects.toMatchObject({ code: 'QUEUE_FULL' })
  expect(await mute.bootstrap({ endpoint: 'mute' })).toBe(Code.changed)
  mute.peer.close()
  await site.clock.advance(300_000)
  expect(await device.bootstrap()).toBe(Code.changed)
  await site.server.close()
})

test('Server Initiated Bootstrap as in LwM2M 1.0: the sequence without a request', async () => {
  const site = await bootstrapSite()
  const device = await site.device()
  await site.clock.until(site.server.bootstrap('dev1', device.address))
  expect(site.told[0]).toBe('dev1 bootstrapDiscover / 2.05')
  expect(site.told.at(-1)).toBe('dev1 finished')
  expect(device.objects.get('/1/0/1')).toBe(60)
  await site.server.close()
})

test('Server Initiated Bootstrap that fails rejects with the cause', async () => {
  const site = await bootstrapSite({ config: { clients: { dev1: { servers: [account] } } } })
  const device = await site.device({ answer: () => response(Code.forbidden) })
  await expect(site.server.bootstrap('dev2', device.address)).rejects.toMatchObject({ code: 'UNKNOWN_ENDPOINT' })
  await expect(site.clock.until(site.server.bootstrap('dev1', device.address))).rejects.toMatchObject({
    code: 'REJECTED',
    responseCode: Code.forbidden,
  })
  await site.server.close()
  await expect(site.server.bootstrap('dev1', device.address)).rejects.toMatchObject({ code: 'CLOSED' })
})

test('a server that closes ends its sessions, and its events', async () => {
  const site = await bootstrapSite()
  const device = await site.device({ answer: () => new Promise(() => undefined) })
  let isComplete = false
  site.server.events$.subscribe({ complete: () => void (isComplete = true) })
  await device.bootstrap()
  const started = expect(site.server.bootstrap('dev2', device.address)).rejects.toMatchObject({ code: 'CLOSED' })
  await site.server.close()
  await started
  expect(site.told).toEqual(['dev1 requested'])
  expect(isComplete).toBe(true)
  expect(() => site.server.local).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  await site.server.close()
})

test('no event and no error holds a secret', async () => {
  const site = await bootstrapSite({ config: { clients: { '*': { servers: [account, secret] } } } })
  const device = await site.device({
    answer: ({ kind }) => (kind === 'bootstrapFinish' ? response(Code.notAcceptable) : undefined),
  })
  await device.bootstrap()
  expect(site.events.length).toBeGreaterThan(5)
  const seen = new WeakSet()
  const texts = JSON.stringify(site.events, (_key, value: unknown) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
    if (value instanceof Error) return `${value.message}${value.stack}`
    if (typeof value === 'object' && value !== null && seen.has(value)) return undefined
    return value
  })
  expect(texts).not.toContain('c0ffee')
  expect(texts).not.toContain(Buffer.from('me').toString('hex'))
  await site.server.close()
})

const bad = [
  ['no ep', request(Code.post, 'bs'), Code.badRequest, 'the ep parameter is missing'],
  [
    'an unknown endpoint',
    encodeBootstrapRequest({ endpoint: 'dev9' }),
    Code.badRequest,
    'nothing is configured for this endpoint',
  ],
  ['an empty ep', withQuery('ep='), Code.badRequest, 'the endpoint name is empty'],
  [
    'an ep that plays with the terminal',
    withQuery('ep=\u001b[2J'),
    Code.badRequest,
    'the ep parameter is no endpoint name',
  ],
  ['ep twice', withQuery('ep=dev1', 'ep=dev1'), Code.badRequest, 'a parameter is given twice'],
  ['a pct of words', withQuery('ep=dev1', 'pct=tlv'), Code.badRequest, 'pct is no Content-Format'],
  ['a pct that no instance has', withQuery('ep=dev1', 'pct=0'), Code.unsupportedContentFormat, 'Content-Format 0'],
] as const
test.each(bad)('a Bootstrap-Request with %s is refused', async (_name, message, code, reason) => {
  const site = await bootstrapSite({ config: { clients: { dev1: { servers: [account] } } } })
  const device = await site.device()
  expect((await device.send(message)).code).toBe(code)
  await site.clock.advance(1_000)
  expect(site.events).toMatchObject([{ type: 'refused', address: device.address, responseCode: code, reason }])
  expect(device.asked).toEqual([])
  await site.server.close()
})

test('whatever else is asked: 4.04, or 4.05 where another method is served', async () => {
  const site = await bootstrapSite()
  const device = await site.device()
  const codes: number[] = []
  for (const message of [
    request(Code.get, ''),
    request(Code.post, 'rd'),
    request(Code.post, 'bs/1'),
    request(Code.get, 'bs'),
    request(Code.post, 'bspack'),
  ]) {
    codes.push((await device.send(message)).code)
  }
  const { notFound, methodNotAllowed } = Code
  expect(codes).toEqual([notFound, notFound, notFound, methodNotAllowed, methodNotAllowed])
  expect(site.events).toEqual([])
  await site.server.close()
})

const packed = {
  clients: { '*': { pack: true, servers: [account, secret], write: [{ path: '/3/0/14', value: '+02:00' }] } },
}

test.each([
  { accept: undefined, used: ContentFormat.senmlCbor },
  { accept: ContentFormat.senmlCbor, used: ContentFormat.senmlCbor },
  { accept: ContentFormat.senmlJson, used: ContentFormat.senmlJson },
  { accept: ContentFormat.lwm2mCbor, used: ContentFormat.lwm2mCbor },
])('Bootstrap-Pack-Request with Accept $accept: all accounts in one response', async ({ accept, used }) => {
  const site = await bootstrapSite({ config: packed })
  const device = await site.device()
  const answer = await device.send(
    encodeBootstrapPackRequest({ endpoint: 'dev1', ...(accept !== undefined && { accept }) }),
  )
  expect(answer.code).toBe(Code.content)
  expect(findUint(answer, OptionNumber.contentFormat)).toBe(used)
  const { schema } = parseBootstrapConfig(JSON.stringify(packed))
  const values = formatOf(used)?.decode([], answer.payload, schema) ?? []
  const instances = new Set(values.map(({ path }) => formatPath(path.slice(0, 2))))
  expect(instances).toEqual(new Set(['/0/1', '/0/2', '/1/0', '/1/1', '/3/0']))
  expect(values).toContainEqual({ path: [0, 2, 5], value: new Uint8Array([0xc0, 0xff, 0xee]) })
  expect(values).toContainEqual({ path: [3, 0, 14], value: '+02:00' })
  await site.clock.advance(1_000)
  expect(site.told).toEqual(['dev1 packSent'])
  expect(device.asked).toEqual([])
  await site.server.close()
})

test('Bootstrap-Pack keeps clear of the account that the request names', async () => {
  const site = await bootstrapSite({ config: packed })
  const device = await site.device()
  const accountInstances = [[0, 1]]
  const answer = await device.send(
    encodeBootstrapPackRequest({ endpoint: 'dev1', accept: ContentFormat.senmlJson, accountInstances }),
  )
  const names = Buffer.from(answer.payload)
    .toString()
    .match(/"\d+\/\d+\/0"/g)
  expect(names).toEqual(['"0/0/0"', '"0/2/0"', '"1/0/0"', '"1/1/0"'])
  await site.server.close()
})

const packRefusals = [
  ['a client that is not to use it', { '*': { servers: [account] } }, {}, Code.methodNotAllowed],
  ['a format that holds one object alone', packed.clients, { accept: ContentFormat.tlv }, Code.notAcceptable],
  ['an unknown client', { dev2: { pack: true, servers: [account] } }, {}, Code.badRequest],
  [
    'an account that the configuration would write over',
    { '*': { pack: true, servers: [{ ...account, securityInstanceId: 4 }] } },
    { accountInstances: [[0, 4]] },
    Code.methodNotAllowed,
  ],
] as const
test.each(packRefusals)('a Bootstrap-Pack-Request of %s is refused', async (_name, clients, asked, code) => {
  const site = await bootstrapSite({ config: { clients } })
  const device = await site.device()
  expect((await device.send(encodeBootstrapPackRequest({ endpoint: 'dev1', ...asked }))).code).toBe(code)
  await site.clock.advance(0)
  expect(site.events).toMatchObject([{ type: 'refused', endpoint: 'dev1', responseCode: code }])
  expect(site.errors).toEqual([])
  await site.server.close()
})

function withQuery(...parameters: string[]) {
  const { code, options, payload } = request(Code.post, 'bs')
  return { code, payload, options: [...options, ...parameters.map(one => stringOption(OptionNumber.uriQuery, one))] }
}
