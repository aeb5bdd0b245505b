import { afterEach, beforeEach, expect, test } from 'vitest'
import { Code, MessageType, noPayload } from '../../transport/coap/message.ts'
import { findUint, OptionNumber, pathOptions, uintOption } from '../../transport/coap/options.ts'
import { type ClientSite, clientSite, errorResponse } from '../helpers/client-site.ts'

let site: ClientSite

beforeEach(async () => {
  site = await clientSite({ lifetimeSeconds: 86_400, client: { maximumObservations: 2 } })
  await site.register()
})
afterEach(async () => {
  await site.stop()
  expect(site.clock.pendingTimers).toBe(0)
})

const value = '/3303/0/5700'

function attributes(...texts: string[]) {
  return site.operate({ kind: 'writeAttributes', path: [3303, 0, 5700], attributes: texts })
}

test('a change is notified at once, with the newest value', async () => {
  const { response, notifications } = await site.observe(value)
  expect(findUint(response, OptionNumber.observe)).toBe(0)
  site.sensor.set({ sensorValue: 22 })
  await site.clock.advance(10)
  site.sensor.set({ sensorValue: 23 })
  await site.clock.advance(10)
  expect(notifications.map(({ payload }) => payload)).toEqual(['22', '23'])
})

test('one transaction gives one notification', async () => {
  const { notifications } = await site.observe('/3303/0', {}, 110)
  site.client.objects.batch(() => {
    site.sensor.set({ sensorValue: 22 })
    site.sensor.set({ minMeasuredValue: 1, maxMeasuredValue: 30 })
  })
  await site.clock.advance(10)
  expect(notifications).toHaveLength(1)
})

test('pmin holds a change back, pmax sends without one', async () => {
  await attributes('pmin=5', 'pmax=20')
  const { notifications } = await site.observe(value)
  site.sensor.set({ sensorValue: 22 })
  site.sensor.set({ sensorValue: 23 })
  await site.clock.advance(46_000)
  expect(notifications).toMatchObject([
    { payload: '23', atMs: 5_000 },
    { payload: '23', atMs: 25_000 },
    { payload: '23', atMs: 45_000 },
  ])
})

test('pmin and pmax default to those of the Server object, and follow it', async () => {
  site.client.objects.set('/1/0/3', 10)
  const { notifications } = await site.observe(value)
  await site.clock.advance(11_000)
  expect(notifications).toHaveLength(1)
  site.client.objects.set('/1/0/3', 1_000)
  await site.clock.advance(900_000)
  expect(notifications).toHaveLength(1)
  await attributes('pmax=2')
  await site.clock.advance(1)
  expect(notifications.length).toBe(2)
})

test('attributes of the object hold for its resources', async () => {
  await site.operate({ kind: 'writeAttributes', path: [3303], attributes: ['pmax=30'] })
  const { notifications } = await site.observe(value)
  await site.clock.advance(31_000)
  expect(notifications).toHaveLength(1)
})

test('Cancel Observation by Observe 1', async () => {
  const { notifications } = await site.observe(value)
  const response = await site.operate({ kind: 'cancelObservation', path: [3303, 0, 5700], accept: 0 })
  expect(response.code).toBe(Code.content)
  expect(findUint(response, OptionNumber.observe)).toBeUndefined()
  site.sensor.set({ sensorValue: 22 })
  await site.clock.advance(1_000)
  expect(notifications).toEqual([])
})

test('Cancel Observation by a Reset of a notification', async () => {
  const { observation } = await site.observe(value)
  await attributes('pmax=10')
  observation.cancel()
  await site.clock.advance(11_000)
  const settledTimers = site.clock.pendingTimers
  site.sensor.set({ sensorValue: 22 })
  await site.clock.advance(60_000)
  // pmax would have set a timer again.
  expect(site.clock.pendingTimers).toBe(settledTimers)
})

test('a repeated Observe takes the place of the earlier one', async () => {
  const first = await site.observe(value)
  const second = await site.observe(value)
  site.sensor.set({ sensorValue: 22 })
  await site.clock.advance(1_000)
  expect([first.notifications.length, second.notifications.length]).toEqual([0, 1])
})

test('an observation beyond the bound is only a Read', async () => {
  await site.observe(value)
  await site.observe('/3303/0', {}, 110)
  const { response } = await site.observe('/3/0', {}, 110)
  expect(response.code).toBe(Code.content)
  expect(findUint(response, OptionNumber.observe)).toBeUndefined()
})

test('an Observe that cannot be read starts nothing', async () => {
  const { response, ends } = await site.observe('/3303/9')
  expect(response.code).toBe(Code.notFound)
  expect(ends).toEqual([])
})

test('the deletion of what is observed is the last notification: 4.04', async () => {
  const { notifications, ends } = await site.observe(value)
  site.sensor.delete()
  await site.clock.advance(1_000)
  expect(notifications).toEqual([])
  expect(ends).toMatchObject([{ code: Code.notFound }])
})

test('a slow read hook is asked again for what changed meanwhile', async () => {
  const { notifications } = await site.observe(value)
  site.client.objects.onRead(value, () => {
    const taken = site.sensor.get('sensorValue') as number
    return new Promise(resolve => site.clock.setTimeout(() => resolve(taken), 2_000))
  })
  site.sensor.set({ sensorValue: 22 })
  await site.clock.advance(1_000)
  site.sensor.set({ sensorValue: 23 })
  await site.clock.advance(10_000)
  expect(notifications.map(({ payload }) => payload)).toEqual(['22', '23'])
})

test('a new registration starts without observations', async () => {
  const { notifications } = await site.observe(value)
  site.script.answer = ({ path }) => (path === '/rd' ? undefined : errorResponse(Code.notFound))
  site.client.update()
  await site.clock.advance(1_000)
  expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
  site.sensor.set({ sensorValue: 22 })
  await site.clock.advance(1_000)
  expect(notifications).toEqual([])
})

test('an Observe whose read hook ends after its connection starts nothing', async () => {
  let reads = 0
  site.client.objects.onRead(value, () => {
    reads++
    return new Promise(resolve => site.clock.setTimeout(() => resolve(30), 5_000))
  })
  const observe = site.peer.request({
    code: Code.get,
    options: [uintOption(OptionNumber.observe, 0), ...pathOptions(OptionNumber.uriPath, ['3303', '0', '5700'])],
    payload: noPayload,
  })
  observe.response.catch(() => undefined)
  await site.clock.advance(100)
  await site.clock.until(site.client.stop())
  await site.register()
  await site.clock.advance(10_000)
  site.sensor.set({ sensorValue: 22 })
  await site.clock.advance(10_000)
  expect(reads).toBe(1)
})

test('while the application holds the lock nothing is notified, not even by pmax', async () => {
  await attributes('pmax=10')
  const { notifications } = await site.observe(value)
  const unlock = site.client.objects.lock()
  site.sensor.set({ sensorValue: 22 })
  await site.clock.advance(25_000)
  site.sensor.set({ sensorValue: 23 })
  expect(notifications).toEqual([])
  unlock()
  await site.clock.advance(1_000)
  expect(notifications).toMatchObject([{ payload: '23' }])
})

test('one notification a day is confirmable, the others are not', async () => {
  await attributes('pmax=3600')
  const { notifications } = await site.observe(value)
  const sent: number[] = []
  const send = site.network.send.bind(site.network)
  site.network.send = (bytes, from, to) => {
    const [first = 0, code] = bytes
    if (code === Code.content && to.port === site.server.local.port) sent.push((first >> 4) & 3)
    send(bytes, from, to)
  }
  await site.clock.advance(49 * 3_600_000 + 1_000)
  expect(notifications).toHaveLength(49)
  expect(sent.filter(type => type === MessageType.confirmable)).toHaveLength(2)
  expect(sent.filter(type => type === MessageType.nonConfirmable)).toHaveLength(47)
})
