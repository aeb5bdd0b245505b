import { afterEach, beforeEach, expect, test } from 'vitest'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { Code } from '../../transport/coap/message.ts'
import { findUint, OptionNumber } from '../../transport/coap/options.ts'
import { type ReportingSite, reportingSite } from '../helpers/reporting-site.ts'

let site: ReportingSite

beforeEach(async () => {
  site = await reportingSite()
})
afterEach(async () => {
  await site.stop()
  expect([site.clock.pendingTimers, site.errors]).toEqual([0, []])
})

const celsius = '/3303/0/5700'
const integer = '/3442/0/120'
const float = '/3442/0/130'
const boolean = '/3442/0/140'
const eventTypes = () => site.observationEvents.map(({ type }) => type)

test('one transaction over five observed paths is one notification of all', async () => {
  const view = await site.observeComposite([celsius, integer, float, boolean, '/3/0/9', '/3303/7'])
  expect(findUint(view.response, OptionNumber.observe)).toBe(0)
  expect(site.describe(view.response)).toBe(`${celsius}=21.5 ${integer}=0 ${float}=0 ${boolean}=false`)
  site.client.objects.batch(() => {
    site.set(celsius, 22)
    site.set(integer, 5)
    site.set(float, 1.5)
    site.set(boolean, true)
    site.client.objects.create(temperature, 7, { sensorValue: 3 })
  })
  await site.advance(1)
  expect(view.notifications).toEqual([`0 ${celsius}=22 /3303/7/5700=3 ${integer}=5 ${float}=1.5 ${boolean}=true`])
})

test('each Content-Format that carries several objects', async () => {
  for (const accept of [ContentFormat.senmlJson, ContentFormat.senmlCbor, ContentFormat.lwm2mCbor]) {
    const view = await site.observeComposite([celsius, integer], { accept })
    expect(findUint(view.response, OptionNumber.contentFormat)).toBe(accept)
    site.set(integer, accept)
    await site.advance(1)
    expect(view.notifications).toEqual([expect.stringMatching(`${celsius}=21.5 ${integer}=${accept}$`)])
    await site.cancelComposite([celsius, integer], accept)
  }
})

test('what is not observed is not told', async () => {
  const view = await site.observeComposite([celsius, integer])
  site.set(float, 5)
  await site.advance(1)
  expect(view.notifications).toEqual([])
})

test('a path that does not exist yet joins when it is created, and is left out when it has gone', async () => {
  const view = await site.observeComposite([celsius, '/3303/1/5700'])
  const second = site.client.objects.create(temperature, 1, { sensorValue: 5 })
  await site.advance(1)
  second.set({ sensorValue: 6 })
  await site.advance(1)
  second.delete()
  await site.advance(1)
  site.set(celsius, 22)
  await site.advance(1)
  expect(view.notifications).toEqual([
    `0 ${celsius}=21.5 /3303/1/5700=5`,
    `1 ${celsius}=21.5 /3303/1/5700=6`,
    `2 ${celsius}=21.5`,
    `3 ${celsius}=22`,
  ])
  expect(view.ends).toEqual([])
})

test('nothing of it is there at first: 4.04, and no observation', async () => {
  const view = await site.observeComposite(['/3303/1', '/3303/2'])
  expect(view.response.code).toBe(Code.notFound)
  site.client.objects.create(temperature, 1, { sensorValue: 5 })
  await site.advance(1)
  expect([view.notifications, site.observationEvents]).toEqual([[], []])
})

test('when all of it has gone it ends with 4.04', async () => {
  const view = await site.observeComposite([celsius, '/3303/1'])
  site.sensor.delete()
  await site.advance(1)
  expect([view.notifications, view.ends]).toEqual([[], [Code.notFound]])
  site.client.objects.create(temperature, 0, { sensorValue: 5 })
  await site.advance(1)
  expect(view.notifications).toEqual([])
  expect(eventTypes()).toEqual(['added', 'removed'])
})

test('Cancel Observation-Composite by Observe 1, in whatever order the paths come', async () => {
  const view = await site.observeComposite([celsius, integer, float])
  const other = await site.cancelComposite([celsius, integer])
  expect(other.code).toBe(Code.content)
  site.set(integer, 1)
  await site.advance(1)
  expect(view.notifications).toHaveLength(1)
  const response = await site.cancelComposite([float, celsius, integer, celsius])
  expect([response.code, findUint(response, OptionNumber.observe)]).toEqual([Code.content, undefined])
  expect(site.describe(response)).toBe(`${celsius}=21.5 ${integer}=1 ${float}=0`)
  site.set(integer, 2)
  await site.advance(1)
  expect(view.notifications).toHaveLength(1)
  expect(eventTypes()).toEqual(['added', 'removed'])
})

test('Cancel Observation-Composite by a Reset of a notification', async () => {
  const view = await site.observeComposite([celsius, integer])
  view.request.cancel()
  site.set(integer, 1)
  await site.advance(1)
  expect(eventTypes()).toEqual(['added', 'removed'])
  const { length } = site.sent
  site.set(integer, 2)
  await site.advance(1)
  expect([length, site.sent.length]).toEqual([1, 1])
})

test('a repeated Observe-Composite takes the place of the earlier one; other paths are another observation', async () => {
  const first = await site.observeComposite([celsius, integer])
  const second = await site.observeComposite([integer, celsius])
  const third = await site.observeComposite([integer])
  const fourth = await site.observePath(integer)
  site.set(integer, 1)
  await site.advance(1)
  expect([first, second, third, fourth].map(({ notifications }) => notifications.length)).toEqual([0, 1, 1, 1])
})

test('each path waits for its own pmin, and goes along with one that may be told', async () => {
  await site.attach(celsius, 'pmin=60')
  await site.attach(integer, 'pmin=10')
  const view = await site.observeComposite([celsius, integer, float])
  site.set(celsius, 22)
  await site.advance(3)
  site.set(integer, 1)
  await site.advance(20)
  site.set(celsius, 23)
  await site.advance(5)
  site.set(float, 1)
  await site.advance(1)
  site.set(celsius, 24)
  await site.advance(70)
  expect(view.notifications).toEqual([
    `10 ${celsius}=22 ${integer}=1 ${float}=0`,
    `28 ${celsius}=23 ${integer}=1 ${float}=1`,
    `88 ${celsius}=24 ${integer}=1 ${float}=1`,
  ])
})

test('the pmax of any path ends the silence, and takes along what waits', async () => {
  await site.attach(celsius, 'pmin=60')
  await site.attach(integer, 'pmax=10')
  const view = await site.observeComposite([celsius, integer])
  await site.advance(5)
  site.set(celsius, 22)
  await site.advance(20)
  expect(view.notifications).toEqual([`10 ${celsius}=22 ${integer}=0`, `20 ${celsius}=22 ${integer}=0`])
})

test('the conditions of each path decide for its own changes', async () => {
  await site.attach(celsius, 'gt=25')
  await site.attach(integer, 'st=5')
  await site.attach(boolean, 'edge=1')
  const view = await site.observeComposite([celsius, integer, boolean])
  const values = [
    () => site.set(celsius, 24),
    () => site.set(integer, 4),
    () => site.set(boolean, true),
    () => site.set(boolean, false),
    () => site.set(integer, 8),
    // A step since the last notification, which told 4.
    () => site.set(integer, 9),
    () => site.set(celsius, 26),
    () => site.set(celsius, 27),
  ]
  for (const set of values) {
    set()
    await site.advance(1)
  }
  expect(view.notifications).toEqual([
    `2 ${celsius}=24 ${integer}=4 ${boolean}=true`,
    `5 ${celsius}=24 ${integer}=9 ${boolean}=false`,
    `6 ${celsius}=26 ${integer}=9 ${boolean}=false`,
  ])
})

test('con=1 on one path makes it confirmable', async () => {
  await site.attach(celsius, 'con=0')
  await site.observeComposite([celsius, integer])
  site.set(celsius, 22)
  await site.advance(1)
  await site.attach(integer, 'con=1')
  site.set(celsius, 23)
  await site.advance(1)
  expect(site.sent).toEqual(['NON', 'CON'])
  expect(eventTypes()).toEqual(['added', 'acknowledged'])
})

test('what waits for a longer pmin while a confirmable one is on its way does not silence it', async () => {
  await site.attach(integer, 'con=1', 'pmin=10')
  const view = await site.observeComposite([celsius, integer])
  site.network.conditions = { ...site.network.conditions, delayMs: [500, 500] }
  site.set(celsius, 22)
  // Waits for the acknowledgement, which then tells both.
  site.set(celsius, 23)
  site.set(integer, 1)
  await site.advance(30)
  expect(view.notifications).toEqual([`0.5 ${celsius}=22 ${integer}=0`, `1.5 ${celsius}=23 ${integer}=1`])
  site.set(integer, 2)
  await site.advance(30)
  site.set(celsius, 24)
  await site.advance(30)
  expect(view.notifications.slice(2)).toEqual([`30.5 ${celsius}=23 ${integer}=2`, `60.5 ${celsius}=24 ${integer}=2`])
  site.network.conditions = { ...site.network.conditions, delayMs: [0, 0] }
})

test('sleep between two notifications changes nothing of the pmin of a path', async () => {
  await site.stop()
  site = await reportingSite({ client: { queueMode: { awakeSeconds: 5 } } })
  await site.attach(celsius, 'pmin=60')
  const view = await site.observeComposite([celsius, integer])
  site.set(celsius, 22)
  await site.advance(20)
  site.client.update()
  await site.advance(10)
  expect(view.notifications).toEqual([])
  await site.advance(60)
  expect(view.notifications).toEqual([`60.1 ${celsius}=22 ${integer}=0`])
})

test('the whole tree without what no server may read', async () => {
  const view = await site.observeComposite(['/'])
  expect(site.describe(view.response)).not.toMatch(/(^| )\/0\//)
  site.client.objects.set('/0/0/11', 5)
  await site.advance(1)
  expect(view.notifications).toEqual([])
  site.set(celsius, 22)
  await site.advance(1)
  expect(view.notifications).toHaveLength(1)
})
