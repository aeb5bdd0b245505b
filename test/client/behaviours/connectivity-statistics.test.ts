import { expect, test, vi } from 'vitest'
import { connectivityStatistics } from '../../../client/behaviours/connectivity-statistics.ts'
import type { Trace } from '../../../transport/trace.ts'
import { behaviourSite } from '../../helpers/behaviour-site.ts'
import { endpoint } from '../../helpers/site.ts'

/** A site that knows itself what the client sends and receives. */
async function countedSite() {
  const sizes = { sent: [] as number[], received: [] as number[] }
  const trace: Trace = { message: (direction, _, bytes) => void sizes[direction].push(bytes) }
  const site = await behaviourSite({ client: { trace } })
  const transfer = async (bytes: number) => {
    await site.clock.until(site.server.write(endpoint, '/3303/0/5750', 'x'.repeat(bytes)))
  }
  return { ...site, sizes, transfer }
}

const sum = (sizes: readonly number[], header: number) => sizes.reduce((total, size) => total + size + header, 0)

test('between Start and Stop the messages are counted with their headers, and told in kilobytes of 1,000 bytes', async () => {
  const { client, execute, read, transfer, sizes } = await countedSite()
  connectivityStatistics(client, { headerBytes: 48 })
  await transfer(2_000)
  expect(await read('/7/0')).toEqual({ 0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 8: 0 })
  await execute('/7/0/6')
  // The Execute arrived before it began, its answer leaves after that.
  const [sentBefore, receivedBefore] = [sizes.sent.length - 1, sizes.received.length]
  await transfer(900)
  await transfer(900)
  await transfer(900)
  await execute('/7/0/7')
  const sent = sizes.sent.slice(sentBefore, -1)
  const received = sizes.received.slice(receivedBefore)
  await transfer(2_000)
  const all = [...sent, ...received]
  expect(await read('/7/0')).toEqual({
    0: 0,
    1: 0,
    2: Math.floor(sum(sent, 48) / 1000),
    3: Math.floor(sum(received, 48) / 1000),
    4: Math.max(...all) + 48,
    5: Math.round(sum(all, 48) / all.length),
    8: 0,
  })
  expect(await read('/7/0/3')).toBe(3)
})

test('Start counts from 0', async () => {
  const { client, execute, read, transfer } = await countedSite()
  const statistics = connectivityStatistics(client)
  statistics.start()
  await transfer(3_000)
  expect(await read('/7/0/3')).toBe(3)
  await execute('/7/0/6')
  expect(await read('/7/0/3')).toBe(0)
})

test('Collection Period: it stops by itself so long after Start, and what it counted stays', async () => {
  const { client, execute, read, write, transfer, seconds } = await countedSite()
  connectivityStatistics(client, { collectionPeriodSeconds: 60 })
  expect(await write('/7/0/8', -1)).toBe('4.00')
  expect(await read('/7/0/8')).toBe(60)
  expect(await write('/7/0/8', 30)).toBe('done')
  await execute('/7/0/6')
  await seconds(29)
  await transfer(2_000)
  await seconds(1)
  await transfer(9_000)
  expect(await read('/7/0/3')).toBe(2)
  await seconds(100)
  expect(await read('/7/0/3')).toBe(2)
})

test('Start again in a period begins a new one; Stop ends it', async () => {
  const { client, clock, execute, read, transfer, seconds } = await countedSite()
  connectivityStatistics(client, { collectionPeriodSeconds: 30 })
  await execute('/7/0/6')
  await seconds(20)
  await execute('/7/0/6')
  await seconds(20)
  await transfer(2_000)
  expect(await read('/7/0/3')).toBe(2)
  const timers = clock.pendingTimers
  await execute('/7/0/7')
  expect(clock.pendingTimers).toBe(timers - 1)
})

test('over a stop of the client it goes on; `unsubscribe` ends it', async () => {
  const { client, clock, transfer, read, execute } = await countedSite()
  const statistics = connectivityStatistics(client, { collectionPeriodSeconds: 600 })
  statistics.start()
  await transfer(1_500)
  await clock.until(client.stop())
  client.start()
  await clock.until(client.registered())
  await transfer(1_500)
  expect(await read('/7/0/3')).toBe(3)
  const timers = clock.pendingTimers
  statistics.unsubscribe()
  expect(clock.pendingTimers).toBe(timers - 1)
  expect(await execute('/7/0/6')).toBe('4.04')
  expect(await read('/7/0')).toEqual({ 8: 600 })
})

test('once it has ended it does not start again: nothing is traced, no period begins', async () => {
  const { client, clock } = await countedSite()
  const statistics = connectivityStatistics(client, { collectionPeriodSeconds: 600 })
  statistics.unsubscribe()
  const addTrace = vi.spyOn(client, 'addTrace')
  const timers = clock.pendingTimers
  statistics.start()
  expect(addTrace).not.toHaveBeenCalled()
  expect(clock.pendingTimers).toBe(timers)
})
