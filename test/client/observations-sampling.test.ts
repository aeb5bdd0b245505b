import { afterEach, beforeEach, expect, test } from 'vitest'
import { temperature } from '../../objects/definitions/temperature.ts'
import { type ReportingSite, reportingSite } from '../helpers/reporting-site.ts'

let site: ReportingSite
/** When the sensor was read. */
let reads: number[]
/** What it shows, or why not. */
let shown: number | Error

beforeEach(async () => {
  site = await reportingSite()
  reads = []
  shown = 20
  site.client.objects.onRead(temperature, 'sensorValue', () => {
    reads.push(site.now())
    if (shown instanceof Error) throw shown
    return shown
  })
})
afterEach(async () => {
  await site.stop()
  expect(site.clock.pendingTimers).toBe(0)
})

const celsius = '/3303/0/5700'

test('without epmin and epmax it is read when it is told, and only then', async () => {
  await site.attach(celsius, 'pmax=30')
  const view = await site.observePath(celsius)
  shown = 21
  await site.advance(65)
  expect(reads).toEqual([0, 30, 60])
  expect(view.notifications).toEqual([`30 ${celsius}=21`, `60 ${celsius}=21`])
})

test('epmax: is read that often, and told when it has changed', async () => {
  await site.attach(celsius, 'epmax=10')
  const view = await site.observePath(celsius)
  await site.advance(25)
  shown = 21
  await site.advance(20)
  expect(view.notifications).toEqual([`30 ${celsius}=21`])
  // For the notification, it is read again.
  expect(reads).toEqual([0, 10, 20, 30, 30, 40])
})

test('epmin alone: not more often than that', async () => {
  await site.attach(celsius, 'epmin=7')
  await site.observePath(celsius)
  await site.advance(22)
  expect(reads).toEqual([0, 7, 14, 21])
})

test('conditions are evaluated for each sample, thresholds from the one before, steps from what was told', async () => {
  await site.attach(celsius, 'epmax=1', 'gt=25', 'st=4')
  const view = await site.observePath(celsius)
  for (shown of [22, 23.5, 24, 26, 27, 24.9, 24]) await site.advance(1)
  expect(view.notifications).toEqual([`3 ${celsius}=24`, `4 ${celsius}=26`, `6 ${celsius}=24.9`])
})

test('pmin holds what a sample found, pmax is told in between', async () => {
  await site.attach(celsius, 'epmax=5', 'pmin=12', 'pmax=20')
  const view = await site.observePath(celsius)
  await site.advance(4)
  shown = 21
  await site.advance(30)
  expect(view.notifications).toEqual([`12 ${celsius}=21`, `32 ${celsius}=21`])
})

test('of an instance or an object, by the periods of each resource, those that have a read hook', async () => {
  site.client.objects.create(temperature, 1, {})
  await site.attach('/3303/1', 'epmax=10')
  await site.attach(celsius, 'epmax=4')
  await site.observePath('/3303')
  reads.length = 0
  await site.advance(21)
  expect(reads).toEqual([4, 8, 10, 12, 16, 20, 20])
})

test('an instance that comes is sampled, one that goes no more', async () => {
  await site.attach('/3303', 'epmax=10')
  const view = await site.observePath('/3303')
  const second = site.client.objects.create(temperature, 1, {})
  await site.advance(1)
  reads.length = 0
  await site.advance(10)
  expect(reads).toEqual([10, 10])
  second.delete()
  await site.advance(1)
  reads.length = 0
  await site.advance(10)
  expect([reads, view.ends]).toEqual([[20], []])
})

test('in a composite', async () => {
  await site.attach('/3442/0/120', 'pmin=60')
  const view = await site.observeComposite([celsius, '/3442/0/120'], { attributes: ['epmax=5'] })
  await site.advance(7)
  shown = 21
  await site.advance(10)
  expect(view.notifications).toEqual([`10 ${celsius}=21 /3442/0/120=0`])
})

test('epmax given with the Observe takes the place of the one that is attached', async () => {
  await site.attach(celsius, 'epmax=1')
  await site.observePath(celsius, { attributes: ['epmax=10'] })
  await site.advance(15)
  expect(reads).toEqual([0, 10])
})

test('epmax that is set and unset takes effect at once', async () => {
  const view = await site.observePath(celsius)
  await site.advance(3)
  await site.attach(celsius, 'epmax=5')
  shown = 21
  await site.advance(5)
  expect(view.notifications).toEqual([`5 ${celsius}=21`])
  await site.attach(celsius, 'epmax')
  shown = 22
  await site.advance(60)
  expect(view.notifications).toHaveLength(1)
})

test('other attributes that change again and again, and instances that come, do not put it off', async () => {
  await site.attach(celsius, 'epmax=10')
  const view = await site.observePath('/3303')
  site.client.objects.set('/3303/0/5701', 'Cel')
  await site.advance(0.5)
  shown = 21
  for (let second = 1; second < 12; second++) {
    await site.attach('/3303', `hqmax=${second}`)
    await site.advance(1)
  }
  expect(view.notifications.at(-1)).toContain(`${celsius}=21`)
})

test('an Update does not put it off', async () => {
  await site.attach(celsius, 'epmax=10')
  await site.observePath(celsius)
  for (let times = 0; times < 8; times++) {
    site.client.update()
    await site.advance(4)
  }
  expect(reads).toEqual([0, 10, 20, 30])
})

test('a hook that fails is read again, and the server is not troubled', async () => {
  await site.attach(celsius, 'epmax=5')
  const view = await site.observePath(celsius)
  shown = new Error('the sensor is busy')
  await site.advance(12)
  shown = 21
  await site.advance(5)
  expect([view.notifications, view.ends]).toEqual([[`15 ${celsius}=21`], []])
})

test('a hook without a value is told once', async () => {
  let content: Record<number, number> = { 0: 1 }
  site.client.objects.onRead('/3442/0/1120', () => content)
  await site.attach('/3442/0/1120', 'epmax=5')
  const view = await site.observePath('/3442/0/1120')
  content = {}
  await site.advance(30)
  content = { 0: 2 }
  await site.advance(6)
  expect(view.notifications.at(-1)).toBe('35 /3442/0/1120/0=2')
  expect(view.notifications.length).toBeLessThanOrEqual(2)
})

test('not while suspended', async () => {
  await site.attach(celsius, 'epmax=5')
  await site.observePath(celsius)
  site.client.suspend()
  await site.advance(20)
  expect(reads).toEqual([0])
  site.client.resume()
  await site.advance(5)
  expect(reads).toContain(25)
})

test('ends with its observation', async () => {
  await site.attach(celsius, 'epmax=5')
  await site.observePath(celsius)
  await site.operate({ kind: 'cancelObservation', path: [3303, 0, 5700], accept: 112 })
  reads.length = 0
  await site.advance(20)
  expect(reads).toEqual([])
})
