import { afterEach, beforeEach, expect, test } from 'vitest'
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

const seconds = () => site.received.map(({ atSeconds, payload }) => [Math.round(atSeconds), payload])

test('no timer runs, and none is set by a change or a written attribute', async () => {
  await site.observe(0)
  await site.observe(1)
  await site.server.close()
  site.disconnect()
  site.network.clear()
  expect(site.clock.pendingTimers).toBe(0)
  for (const id of [0, 1]) site.attributes(id, { pminSeconds: 5, pmaxSeconds: 10 })
  site.set(0, 10)
  expect(site.clock.pendingTimers).toBe(2)
  site.observations.pause()
  expect(site.clock.pendingTimers).toBe(0)
  for (const id of [0, 1]) site.set(id, 11)
  site.attributes(1, { pmaxSeconds: 2 })
  expect(site.clock.pendingTimers).toBe(0)
  site.observations.resume()
  expect(site.clock.pendingTimers).toBe(2)
  site.observations.pause()
})

test('a change meanwhile is notified at once after resume, with the newest value, when pmin is over', async () => {
  site.attributes(0, { pminSeconds: 10 })
  await site.observe(0)
  site.observations.pause()
  site.set(0, 10)
  await site.clock.advance(30_000)
  site.set(0, 11)
  await site.clock.advance(1_000)
  expect(site.received).toEqual([])
  site.observations.resume()
  await site.clock.advance(1_000)
  expect(seconds()).toEqual([[31, '11']])
})

test('pmin counts from the last notification', async () => {
  site.attributes(0, { pminSeconds: 60 })
  await site.observe(0)
  site.observations.pause()
  site.set(0, 10)
  await site.clock.advance(20_000)
  site.observations.resume()
  await site.clock.advance(100_000)
  expect(seconds()).toEqual([[60, '10']])
})

test('what pmin held back before the pause is not forgotten', async () => {
  site.attributes(0, { pminSeconds: 10 })
  await site.observe(0)
  site.set(0, 10)
  site.observations.pause()
  await site.clock.advance(20_000)
  site.observations.resume()
  await site.clock.advance(1_000)
  expect(seconds()).toEqual([[20, '10']])
})

test('a pmax that passed leads to one notification, and counts from it', async () => {
  site.attributes(0, { pmaxSeconds: 10 })
  await site.observe(0)
  site.observations.pause()
  await site.clock.advance(35_000)
  site.observations.resume()
  await site.clock.advance(12_000)
  expect(seconds()).toEqual([
    [35, '0'],
    [45, '0'],
  ])
})

test('a pmax that did not pass counts from the last notification', async () => {
  site.attributes(0, { pmaxSeconds: 100 })
  await site.observe(0)
  site.observations.pause()
  await site.clock.advance(50_000)
  site.observations.resume()
  await site.clock.advance(60_000)
  expect(seconds()).toEqual([[100, '0']])
})

test('without a change nothing is notified, nor for what is not observed', async () => {
  await site.observe(0)
  site.observations.pause()
  site.set(1, 10)
  site.observations.resume()
  site.observations.resume()
  await site.clock.advance(100_000)
  expect(site.received).toEqual([])
})

test('after resume pmin holds as ever', async () => {
  site.attributes(0, { pminSeconds: 10 })
  await site.observe(0)
  site.observations.pause()
  site.observations.resume()
  site.set(0, 10)
  await site.clock.advance(30_000)
  expect(seconds()).toEqual([[10, '10']])
})

test('a read that ends during the pause is done again after it', async () => {
  let value = 30
  await site.observe(0)
  site.device.objects.onRead('/3303/0/5700', () => {
    return new Promise(resolve => site.clock.setTimeout(() => resolve(value), 1_000))
  })
  site.set(0, 10)
  site.observations.pause()
  await site.clock.advance(5_000)
  value = 31
  site.observations.resume()
  await site.clock.advance(5_000)
  expect(seconds()).toEqual([[6, '31']])
})

test('a lock that is given back during the pause lets nothing out', async () => {
  await site.observe(0)
  let reads = 0
  site.device.objects.onRead('/3303/0/5700', () => ++reads)
  const unlock = site.device.objects.lock()
  site.attributes(0, { pmaxSeconds: 5 })
  await site.clock.advance(6_000)
  site.observations.pause()
  unlock()
  await site.clock.advance(1_000)
  expect([site.received, reads]).toEqual([[], 0])
  site.observations.resume()
  await site.clock.advance(4_000)
  expect(site.received).toHaveLength(1)
})

test('nothing that is held leaves, by whatever comes first of release and resume', async () => {
  await site.observe(0)
  site.hold('latest')
  site.set(0, 10)
  site.observations.pause()
  site.observations.release()
  await site.clock.advance(1_000)
  expect(site.take()).toEqual([])
  site.set(0, 11)
  site.hold('latest')
  site.observations.resume()
  await site.clock.advance(1_000)
  expect(site.take()).toEqual([])
  site.observations.release()
  await site.clock.advance(1_000)
  expect(site.take()).toEqual(['/3303/0 11'])
})

test('what was held before keeps until then', async () => {
  await site.observe(0)
  site.hold('all')
  site.set(0, 10)
  site.observations.pause()
  site.observations.release()
  await site.clock.advance(1_000)
  expect(site.take()).toEqual([])
  site.observations.resume()
  await site.clock.advance(1_000)
  expect(site.take()).toEqual(['/3303/0 10'])
})

test('what waits and what changed meanwhile are one notification', async () => {
  await site.observe(0)
  site.hold('latest')
  site.set(0, 10)
  site.observations.pause()
  site.set(0, 11)
  site.observations.release()
  site.observations.resume()
  await site.clock.advance(1_000)
  expect(site.take()).toEqual(['/3303/0 11'])
})

test('goes well with the loss of the connection, and with a new one before or after resume', async () => {
  await site.observe(0)
  for (const order of ['connect first', 'resume first'] as const) {
    site.observations.pause()
    site.disconnect()
    site.set(0, order.length)
    if (order === 'connect first') {
      await site.connect()
      site.observations.resume()
    } else {
      site.observations.resume()
      await site.connect()
    }
    await site.clock.advance(1_000)
    expect(site.take()).toEqual([`/3303/0 ${order.length}`])
  }
})

test('an observation that starts during the pause knows what changes', async () => {
  site.observations.pause()
  site.attributes(0, { pmaxSeconds: 1_000 })
  await site.observe(0)
  const timers = site.clock.pendingTimers
  site.set(0, 10)
  await site.clock.advance(1_000)
  expect(site.take()).toEqual([])
  site.observations.resume()
  // That of the network, and that of pmax.
  expect(site.clock.pendingTimers).toBe(timers + 2)
  await site.clock.advance(1_000)
  expect(site.take()).toEqual(['/3303/0 10'])
})

test('one that ends during the pause or by its first notification after it stays ended', async () => {
  site.attributes(1, { pmaxSeconds: 1_000 })
  for (const id of [0, 1, 2]) await site.observe(id)
  site.observations.pause()
  site.cancel(0)
  site.set(0, 10)
  site.device.sensors[1]?.delete()
  site.observations.resume()
  await site.clock.advance(1_000)
  expect([site.take(), site.ends, site.observations.size]).toEqual([[], ['/3303/1 132'], 1])
  site.set(0, 11)
  await site.clock.advance(10_000)
  expect(site.take()).toEqual([])
})
