import { expect, test } from 'vitest'
import { JoinedSeries } from '../../client/joined-series.ts'
import { reportBatch } from '../../client/report-batch.ts'
import { TrackedValues } from '../../objects/attributes/tracked-values.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { ObjectsApi } from '../../objects/objects.ts'
import { ObjectStore } from '../../objects/store.ts'
import type { TimeSeries } from '../../objects/time-series.ts'
import { Code } from '../../transport/coap/message.ts'
import { findUint, OptionNumber } from '../../transport/coap/options.ts'
import { observationsSite } from '../helpers/observations-site.ts'
import { reportingSite } from '../helpers/reporting-site.ts'
import { MemoryPersistence } from '../helpers/restart-site.ts'

const celsius = '/3303/0/5700'

test('a server that observes again what is still stored for it loses nothing of that (LwM2M Core 1.2.2 §E.2, resource 6)', async () => {
  const site = await observationsSite()
  await site.connect()
  await site.observe(0)
  site.hold('all')
  for (const value of [1, 2, 3]) {
    site.set(0, value)
    await site.clock.advance(1_000)
  }
  await site.observe(0)
  site.observations.release()
  await site.clock.advance(10_000)
  expect(site.take()).toEqual(['/3303/0 1', '/3303/0 2', '/3303/0 3'])
  await site.close()
})

test('a composite counts with each of its paths, so that no server makes a client remember more than it allows', async () => {
  const site = await reportingSite({ client: { maximumObservations: 5 } })
  const isObserved = ({ response }: { response: Parameters<typeof findUint>[0] }) => [
    response.code === Code.content,
    findUint(response, OptionNumber.observe) !== undefined,
  ]
  const instances = [0, 1, 2, 3, 4, 5].map(id => `/3303/${id}`)
  expect(isObserved(await site.observeComposite(instances))).toEqual([true, false])
  expect(isObserved(await site.observeComposite(instances.slice(0, 4)))).toEqual([true, true])
  expect(isObserved(await site.observeComposite(['/3303/0', '/3442/0']))).toEqual([true, false])
  expect(isObserved(await site.observePath(celsius))).toEqual([true, true])
  await site.stop()
})

test('a time series that has ended is no longer held by the observation that read it', () => {
  const store = new ObjectStore()
  const objects = new ObjectsApi(store, () => 0)
  objects.create(temperature, 0, { sensorValue: 0 })
  const joined = new JoinedSeries(store, 7)
  const left: unknown[] = []
  const series = objects.cache(celsius, { capacity: 1 }) as TimeSeries
  joined.join([[3303]])
  series.leave = () => left.push(series)
  series.end()
  joined.join([[3303]])
  joined.leave()
  expect(left).toEqual([])
})

test('a notification of 10,000 reports is put together from those that may fit', () => {
  const store = new ObjectStore()
  store.define(temperature)
  let reads = 0
  const reports = Array.from({ length: 10_000 }, (_, index) => ({
    timeSeconds: 1_700_000_000 + index,
    outcome: {
      responseCode: Code.content,
      contentFormat: ContentFormat.senmlCbor,
      get values() {
        reads++
        return [{ path: [3303, 0, 5700], value: index }]
      },
    },
  }))
  expect(reportBatch(reports, [3303, 0, 5700], store, 1_024).reports.length).toBeGreaterThan(20)
  expect(reads).toBeLessThan(1_000)
})

test('a device that stores 100 changes a second saves them once a second', async () => {
  const persistence = new MemoryPersistence()
  const site = await reportingSite({ client: { persistence } })
  site.client.objects.set('/1/0/6', true)
  await site.observePath(celsius)
  site.client.enterOffline()
  await site.advance(5)
  const before = persistence.saves
  for (let value = 0; value < 1_000; value++) {
    site.set(celsius, value)
    await site.advance(0.01)
  }
  expect(persistence.saves - before).toBeLessThanOrEqual(11)
  await site.advance(1)
  const reports = () => JSON.stringify(persistence.state?.servers[7]?.observations).split('timeSeconds').length - 1
  expect(reports()).toBe(1_000)
  await site.stop()
  expect(site.clock.pendingTimers).toBe(0)
})

test('values of places that are gone are forgotten, however often a server creates and deletes', () => {
  const store = new ObjectStore()
  const objects = new ObjectsApi(store)
  const values = new TrackedValues({
    attributesAt: () => ({ gt: 1 }),
    contentAt: path => store.content(path),
    isSampled: () => false,
  })
  store.onChanges(changes => values.areWorth(changes))
  for (let id = 0; id < 5_000; id++) {
    objects.create(temperature, id, { sensorValue: id })
    objects.delete(`/3303/${id}`)
  }
  expect(values.size).toBeLessThan(100)
  // What is there is still known: the same side of the threshold again is worth nothing.
  objects.create(temperature, 7, { sensorValue: 5 })
  values.told([{ path: [3303, 7, 5700], value: 5 }])
  for (let id = 8; id < 500; id++) objects.create(temperature, id, { sensorValue: 5 })
  expect(values.areWorth([{ kind: 'value', path: [3303, 7, 5700] }])).toBe(false)
})

test('stored reports are bounded by their values, too: one of a whole object may have thousands', async () => {
  const site = await reportingSite({ client: { maximumHeldNotifications: 10 } })
  site.client.objects.set('/1/0/6', true)
  site.client.objects.set('/3442/0/1120', Object.fromEntries(Array.from({ length: 50 }, (_, id) => [id, id])))
  await site.observePath('/3442/0/1120')
  site.client.enterOffline()
  for (let value = 100; value < 108; value++) site.set('/3442/0/1120/0', value)
  site.client.exitOffline()
  await site.advance(5)
  expect(site.observationEvents).toContainEqual(expect.objectContaining({ type: 'dropped', droppedCount: 5 }))
  await site.stop()
})
