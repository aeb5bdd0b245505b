import { describe, expect, test } from 'vitest'
import { receivePackage } from '../../client/package-push.ts'
import { firmwareUpdate } from '../../objects/definitions/firmware-update.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { Code, formatCode } from '../../transport/coap/message.ts'
import { defaultParameters, exchangeLifetimeMs } from '../../transport/coap/parameters.ts'
import { encodeOperation } from '../../transport/lwm2m/downlink.ts'
import { type ClientSiteOptions, clientSite } from '../helpers/client-site.ts'
import { patternBytes } from '../helpers/coap-site.ts'
import { keptPackage, listening } from '../helpers/kept-package.ts'
import { endpoint, secureSite } from '../helpers/secure-site.ts'

describe('from a server to a client', () => {
  const site = async (options: ClientSiteOptions = {}, pause?: (call: string) => Promise<void> | void) => {
    const it = await clientSite(options)
    const kept = keptPackage(pause)
    const { heard, listener } = listening()
    it.client.objects.create(firmwareUpdate, 0)
    receivePackage(it.client.objects, '/5/0/0', kept.store, listener, { maximumBytes: 10_000_000 })
    await it.register()
    const push = (payload: Uint8Array, contentFormat: number) =>
      it.peer.request(encodeOperation({ kind: 'write', path: [5, 0, 0], mode: 'replace', contentFormat, payload }))
    const eventTypes = () => it.events.map(({ type }) => type)
    return { ...it, push, kept, heard, peer: it.peer, eventTypes }
  }

  const tlvOf = (value: Uint8Array) => {
    const head = Buffer.from([0xd8, 0, 0, 0, 0])
    head.writeUIntBE(value.length, 2, 3)
    return Buffer.concat([head, value])
  }

  test.each([
    ['UDP, Opaque', 'coap://10.0.0.2', ContentFormat.opaque, (body: Buffer) => body],
    ['UDP, TLV', 'coap://10.0.0.2', ContentFormat.tlv, tlvOf],
    ['TCP, Opaque', 'coap+tcp://10.0.0.2', ContentFormat.opaque, (body: Buffer) => body],
  ])('above the limit of a body, by %s', async (_, uri, contentFormat, encode) => {
    const it = await site({ uri, client: { coap: { maximumBodyBytes: 10_000 } } })
    const body = patternBytes(100_000)
    const response = await it.clock.until(it.push(encode(body), contentFormat).response)
    expect(formatCode(response.code)).toBe('2.04')
    expect(Buffer.compare(it.kept.bytes(), body)).toBe(0)
    expect(it.heard).toEqual(['begun 100000', 'received 100000'])
    await it.stop()
  })

  test('a slow store and 10 % loss: every byte, once', async () => {
    const it = await site({}, () => new Promise(resolve => it.clock.setTimeout(resolve, 2_000)))
    it.network.conditions = { ...it.network.conditions, loss: 0.1, duplication: 0.1, delayMs: [10, 200] }
    const body = patternBytes(100_000)
    const response = await it.clock.until(it.push(body, ContentFormat.opaque).response)
    expect(formatCode(response.code)).toBe('2.04')
    expect(Buffer.compare(it.kept.bytes(), body)).toBe(0)
    expect(it.heard).toEqual(['begun 100000', 'received 100000'])
    await it.stop()
  })

  test('other requests are answered in between; those of the lock wait with the blocks', async () => {
    const it = await site()
    it.network.conditions = { ...it.network.conditions, delayMs: [50, 50] }
    const push = it.push(patternBytes(20_000), ContentFormat.opaque)
    await it.clock.advance(500)
    const read = encodeOperation({ kind: 'read', path: [3303, 0, 5700], accept: 0 })
    const asked = it.peer.request(read)
    expect(formatCode((await it.clock.until(asked.response)).code)).toBe('2.05')
    const unlock = it.client.objects.lock()
    await it.clock.advance(10_000)
    expect(it.heard).toEqual(['begun 20000'])
    unlock()
    expect((await it.clock.until(push.response)).code).toBe(Code.changed)
    await it.stop()
  })

  test('the server falls silent: connection lost after EXCHANGE_LIFETIME; the next push succeeds', async () => {
    const it = await site({ lifetimeSeconds: 86_400 }, call =>
      call.startsWith('append') ? new Promise(resolve => it.clock.setTimeout(resolve, 1_000)) : undefined,
    )
    const push = it.push(patternBytes(100_000), ContentFormat.opaque)
    await it.clock.advance(500)
    push.cancel()
    await it.clock.advance(exchangeLifetimeMs(defaultParameters) + 1_000)
    expect(it.heard).toEqual(['begun 100000', 'failed CONNECTION_LOST'])
    const body = patternBytes(50_000, 1)
    expect((await it.clock.until(it.push(body, ContentFormat.opaque).response)).code).toBe(Code.changed)
    expect(Buffer.compare(it.kept.bytes(), body)).toBe(0)
    await it.stop()
  })

  test('the server begins anew: the first package is told as lost, the second arrives', async () => {
    const it = await site({}, call =>
      call.startsWith('append') ? new Promise(resolve => it.clock.setTimeout(resolve, 1_000)) : undefined,
    )
    const first = it.push(patternBytes(100_000), ContentFormat.opaque)
    await it.clock.advance(500)
    first.cancel()
    const body = patternBytes(50_000, 1)
    expect((await it.clock.until(it.push(tlvOf(body), ContentFormat.tlv).response)).code).toBe(Code.changed)
    expect(it.heard).toEqual(['begun 100000', 'failed CONNECTION_LOST', 'begun 50000', 'received 50000'])
    expect(Buffer.compare(it.kept.bytes(), body)).toBe(0)
    await it.stop()
  })

  test('the client stops in the middle: connection lost, and no timer is left', async () => {
    const it = await site({}, () => new Promise(resolve => it.clock.setTimeout(resolve, 1_000)))
    const { response } = it.push(patternBytes(100_000), ContentFormat.opaque)
    response.catch(() => undefined)
    await it.clock.advance(500)
    await it.stop()
    await it.clock.advance(2_000)
    expect(it.heard).toEqual(['begun 100000', 'failed CONNECTION_LOST'])
    expect(it.clock.pendingTimers).toBe(0)
  })

  test('a store that takes longer than the awake window: the client sleeps when it has answered', async () => {
    const it = await site({ client: { queueMode: { awakeSeconds: 10 } } }, () => {
      return new Promise(resolve => it.clock.setTimeout(resolve, 25_000))
    })
    const body = patternBytes(5_000)
    const { response } = it.push(body, ContentFormat.opaque)
    expect((await it.clock.until(response)).code).toBe(Code.changed)
    expect(it.eventTypes()).not.toContain('QUEUE_MODE_RX_OFF')
    await it.clock.advance(11_000)
    expect(it.eventTypes()).toContain('QUEUE_MODE_RX_OFF')
    await it.stop()
  })

  test('a store that hangs keeps nobody awake: connection lost', async () => {
    const hanging = () => new Promise<void>(() => undefined)
    const it = await site({ lifetimeSeconds: 3_600, client: { queueMode: { awakeSeconds: 10 } } }, hanging)
    it.push(patternBytes(5_000), ContentFormat.opaque).response.catch(() => undefined)
    await it.clock.advance(270_000)
    expect(it.eventTypes()).toContain('QUEUE_MODE_RX_OFF')
    await it.stop()
  })

  test('too many requests wait while a block is stored: it is the server that has to begin anew', async () => {
    const it = await site({ client: { maximumWaitingRequests: 0 } })
    const unlock = it.client.objects.lock()
    const refused = await it.clock.until(it.push(patternBytes(5_000), ContentFormat.opaque).response)
    expect(formatCode(refused.code)).toBe('5.03')
    unlock()
    expect((await it.clock.until(it.push(patternBytes(5_000), ContentFormat.opaque).response)).code).toBe(Code.changed)
    await it.stop()
  })
})

test('over DTLS, from the server of this engine', async () => {
  const it = await secureSite({ server: { objects: [firmwareUpdate] } })
  const kept = keptPackage()
  const { heard, listener } = listening()
  it.client.objects.create(firmwareUpdate, 0)
  receivePackage(it.client.objects, '/5/0/0', kept.store, listener, { maximumBytes: 1_000_000 })
  await it.register()
  const body = patternBytes(50_000)
  const written = it.server.write(endpoint, '/5/0/0', body, { contentFormat: ContentFormat.cbor })
  expect(await it.clock.until(written)).toMatchObject({ responseCode: Code.changed })
  expect(Buffer.compare(kept.bytes(), body)).toBe(0)
  expect(heard).toEqual(['begun 50000', 'received 50000'])
})
