import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SavedObservation } from '../../client/saved-observation.ts'
import { encodeDatagram } from '../../transport/coap/codec.ts'
import { Code } from '../../transport/coap/message.ts'
import { OptionNumber, pathOptions, uintOption } from '../../transport/coap/options.ts'
import { datagramOf } from '../helpers/coap-wire.ts'
import { type ObservationsSite, observationsSite } from '../helpers/observations-site.ts'

let site: ObservationsSite

beforeEach(async () => {
  site = await observationsSite()
  await site.connect()
})
afterEach(async () => {
  await site.close()
  expect(site.clock.pendingTimers).toBe(0)
})

/** What a file gives back. */
const stored = (): unknown => JSON.parse(JSON.stringify(site.observations.save()))

async function restart(saved = stored()): Promise<void> {
  site.restart()
  site.observations.restore(saved)
  await site.connect()
}

test('observations go on in the next process, under their tokens and with their formats', async () => {
  for (const id of [0, 1]) await site.observe(id)
  await restart()
  expect(site.observations.size).toBe(2)
  await site.clock.advance(1_000)
  site.take()
  site.set(0, 10)
  await site.clock.advance(1_000)
  expect(site.take()).toEqual(['/3303/0 10'])
})

test('the state of each is told once, since it may have changed in between', async () => {
  await site.observe(0)
  const saved = stored()
  site.restart()
  site.set(0, 10)
  site.observations.restore(saved)
  await site.connect()
  await site.clock.advance(100_000)
  expect(site.take()).toEqual(['/3303/0 10'])
})

test('by pmin from the last notification of the process before', async () => {
  site.attributes(0, { pminSeconds: 60 })
  await site.observe(0)
  await site.clock.advance(20_000)
  const saved = stored()
  site.restart()
  site.attributes(0, { pminSeconds: 60 })
  site.observations.restore(saved)
  await site.connect()
  await site.clock.advance(100_000)
  expect(site.received.map(({ atSeconds }) => Math.round(atSeconds))).toEqual([60])
})

test('notifications count as newer than those sent since the observation was saved (RFC 7641 §3.4)', async () => {
  await site.observe(0)
  const saved = stored()
  for (let value = 10; value < 30; value++) {
    site.set(0, value)
    await site.clock.advance(100)
  }
  expect(site.received.at(-1)).toMatchObject({ payload: '29', sequence: 20 })
  await restart(saved)
  await site.clock.advance(1_000)
  expect(site.received.at(-1)).toMatchObject({ payload: '0' })
  expect(site.received.at(-1)?.sequence).toBeGreaterThan(20)
})

test('a restart at once after a restart starts with other numbers: restore asks to save again', async () => {
  await site.observe(0)
  const saved = stored()
  await restart(saved)
  expect(site.told.changed).toBe(1)
  const again = stored() as SavedObservation[]
  expect(again[0]?.sequence).toBeGreaterThan((saved as SavedObservation[])[0]?.sequence as number)
})

test('what is saved without a connection, and while paused, is the same', async () => {
  await site.observe(0)
  const saved = stored()
  site.disconnect()
  expect(stored()).toEqual(saved)
  site.observations.pause()
  expect(stored()).toEqual(saved)
})

test('one confirmable notification a day, over restarts, too', async () => {
  await site.observe(0)
  await site.clock.advance(25 * 3_600_000)
  const types: number[] = []
  const send = site.network.send.bind(site.network)
  site.network.send = (bytes, from, to) => {
    if (bytes[1] === Code.content && to.port === site.server.local.port) types.push(((bytes[0] as number) >> 4) & 3)
    send(bytes, from, to)
  }
  await restart()
  await site.clock.advance(1_000)
  site.set(0, 10)
  await site.clock.advance(1_000)
  expect(types).toEqual([0, 1])
  const [saved] = stored() as [SavedObservation]
  // A clock that was set back.
  await restart([{ ...saved, confirmedMs: site.clock.now() + 10 ** 9 }])
  await site.clock.advance(25 * 3_600_000)
  site.set(0, 11)
  await site.clock.advance(1_000)
  expect(types).toEqual([0, 1, 1, 0])
})

test('restored while paused: silent until resume', async () => {
  await site.observe(0)
  const saved = stored()
  site.restart()
  site.observations.pause()
  site.observations.restore(saved)
  await site.connect()
  await site.clock.advance(10_000)
  expect(site.take()).toEqual([])
  site.observations.resume()
  await site.clock.advance(1_000)
  expect(site.take()).toEqual(['/3303/0 0'])
})

test('restored while there is a connection: they wait for the next one', async () => {
  await site.observe(0)
  const saved = stored()
  site.restart()
  await site.connect()
  site.observations.restore(saved)
  site.disconnect()
  await site.connect()
  await site.clock.advance(1_000)
  expect(site.take()).toEqual(['/3303/0 0'])
})

test('what another process could observe and this one cannot ends with an error', async () => {
  await site.observe(0)
  const saved = stored()
  site.restart()
  site.device.sensors[0]?.delete()
  site.observations.restore(saved)
  await site.connect()
  await site.clock.advance(1_000)
  expect([site.ends, site.observations.size]).toEqual([[`/3303/0 ${Code.notFound}`], 0])
})

test('10,000 that all end with their first notification', async () => {
  await site.close()
  site = await observationsSite({ maximum: 10_000 })
  await site.connect()
  await site.observe(0)
  const [saved] = stored() as [SavedObservation]
  const all = Array.from({ length: 10_000 }, (_, id) => ({
    ...saved,
    request: requestOf(Code.get, ['3303', String(1_000 + id)], 0, Buffer.from([id >> 8, id & 0xff])),
  }))
  await restart(all)
  expect(site.observations.size).toBe(0)
  await site.clock.advance(1_000)
})

test('no more than the bound are restored, none twice', async () => {
  await site.observe(0)
  const [saved] = stored() as SavedObservation[]
  const others = Array.from({ length: 30 }, (_, index) => ({
    ...saved,
    request: requestOf(Code.get, ['3303', '0', '5700', String(index >> 1)]),
  }))
  site.restart()
  // A second one of the same path would keep its timer.
  site.device.context.attributes.set([3303], { pmaxSeconds: 1_000 })
  site.observations.restore(others.slice(0, 4))
  expect(site.observations.size).toBe(2)
  site.observations.restore([...others])
  expect(site.observations.size).toBe(10)
})

function requestOf(code: number, path: readonly string[], observe = 0, token = Buffer.from([1])): string {
  const options = [uintOption(OptionNumber.observe, observe), ...pathOptions(OptionNumber.uriPath, path)]
  return encodeDatagram(datagramOf({ code, options, token })).toString('base64')
}

test('what cannot be used is skipped', async () => {
  await site.observe(0)
  const [saved] = stored() as [SavedObservation]
  const odd: unknown[] = [
    undefined,
    null,
    1,
    'text',
    [],
    {},
    { ...saved, request: 1 },
    { ...saved, request: '' },
    { ...saved, request: 'AAAA' },
    { ...saved, request: requestOf(Code.get, ['3303', '0', '5700'], 1) },
    { ...saved, request: requestOf(Code.get, ['a']) },
    { ...saved, request: requestOf(Code.put, ['3303', '0', '5700']) },
    { ...saved, request: requestOf(Code.fetch, []) },
    { ...saved, sequence: -1 },
    { ...saved, sequence: 2 ** 24 },
    { ...saved, sequence: 0.5 },
    { ...saved, sequence: '1' },
    { ...saved, lastSentMs: null },
    { ...saved, lastSentMs: Number.NaN },
    { ...saved, confirmedMs: '1' },
  ]
  site.restart()
  for (const all of [odd, undefined, null, {}, 'x']) site.observations.restore(all)
  expect(site.observations.size).toBe(0)
  site.observations.restore([...odd, saved])
  expect(site.observations.size).toBe(1)
})

test('a time to come, after the clock was set back, counts as now', async () => {
  site.attributes(0, { pminSeconds: 60 })
  await site.observe(0)
  const [saved] = stored() as [SavedObservation]
  site.restart()
  site.attributes(0, { pminSeconds: 60 })
  site.observations.restore([{ ...saved, lastSentMs: site.clock.now() + 10 ** 9 }])
  await site.connect()
  await site.clock.advance(62_000)
  expect(site.take()).toHaveLength(1)
})

test('restore survives any data', async () => {
  await site.observe(0)
  const [saved] = stored() as [SavedObservation]
  const field = fc.oneof(fc.anything(), fc.base64String(), fc.integer(), fc.double())
  const entry = fc.record(
    { request: fc.oneof(field, fc.constant(saved.request)), sequence: field, lastSentMs: field, confirmedMs: field },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.array(fc.oneof(entry, fc.anything()))), data => {
      site.observations.restore(data)
      expect(site.observations.size).toBeLessThanOrEqual(10)
    }),
    { seed: 1, numRuns: 500 },
  )
  await site.clock.advance(1_000)
})
