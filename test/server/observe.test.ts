import type { Subscription } from 'rxjs'
import { expect, test } from 'vitest'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import type { ObserveOptions } from '../../server/options.ts'
import { Code } from '../../transport/coap/message.ts'
import { endpoint, registeredSite, type SiteOptions } from '../helpers/site.ts'

const path = '/3303/0/5700'

/** A client of which the server observes the temperature; `seen` is what the subscriber was told. */
async function observedSite({ observe = {}, ...options }: SiteOptions & { observe?: ObserveOptions } = {}) {
  const site = await registeredSite({ lifetimeSeconds: 86_400, ...options })
  const seen: unknown[] = []
  const subscription: Subscription = site.server.observe(endpoint, path, observe).subscribe({
    next: ({ values }) => seen.push(values[0]?.value),
    error: error => seen.push(error),
    complete: () => seen.push('complete'),
  })
  await site.clock.advance(0)
  return { ...site, seen, subscription }
}

/** How often the client notified. */
const notifications = (wire: readonly string[]) => wire.filter(line => line.startsWith('→ 2.05 Content observe')).length

test('the first answer, then a notification for each change', async () => {
  const { clock, sensor, seen, close } = await observedSite()
  for (const sensorValue of [22, 22.5, 23]) {
    sensor.set({ sensorValue })
    await clock.advance(10)
  }
  expect(seen).toEqual([21.5, 22, 22.5, 23])
  await close()
})

test('pmin holds changes back, pmax repeats the value', async () => {
  const { server, clock, sensor, seen, close } = await registeredSite({ lifetimeSeconds: 86_400 }).then(async site => {
    await site.clock.until(site.server.writeAttributes(endpoint, path, { pminSeconds: 1, pmaxSeconds: 3 }))
    return { ...site, seen: [] as [atMs: number, value: unknown][] }
  })
  const startMs = clock.now()
  server.observe(endpoint, path).subscribe(({ values }) => seen.push([clock.now() - startMs, values[0]?.value]))
  await clock.advance(0)
  for (const sensorValue of [22, 23, 24]) {
    sensor.set({ sensorValue })
    await clock.advance(300)
  }
  await clock.advance(6_200)
  expect(seen).toEqual([
    [0, 21.5],
    [1_000, 24],
    [4_000, 24],
    [7_000, 24],
  ])
  await close()
})

test('unsubscribing cancels actively: the client hears Observe 1 with the same path', async () => {
  const { clock, sensor, seen, subscription, wire, close } = await observedSite({
    observe: { accept: ContentFormat.text },
  })
  wire.length = 0
  subscription.unsubscribe()
  await clock.advance(10)
  expect(wire).toEqual([`← GET ${path} observe 1 accept text`, '→ 2.05 Content (text, 4 B)'])
  sensor.set({ sensorValue: 30 })
  await clock.advance(10_000)
  expect(notifications(wire)).toBe(0)
  expect(seen).toEqual([21.5])
  await close()
})

test('unsubscribing cancels passively: the next notification is rejected, and it was the last', async () => {
  const { clock, sensor, subscription, wire, close } = await observedSite({ observe: { cancel: 'passive' } })
  wire.length = 0
  subscription.unsubscribe()
  await clock.advance(10)
  expect(wire).toEqual([])
  sensor.set({ sensorValue: 30 })
  await clock.advance(10)
  expect(notifications(wire)).toBe(1)
  sensor.set({ sensorValue: 31 })
  await clock.advance(10_000)
  expect(notifications(wire)).toBe(1)
  await close()
})

test('an instance that is deleted ends the observation with 4.04', async () => {
  const { clock, sensor, seen, close } = await observedSite()
  sensor.delete()
  await clock.advance(10)
  expect(seen).toEqual([21.5, expect.objectContaining({ code: 'REJECTED', responseCode: Code.notFound })])
  await close()
})

test('an observation that the client refuses errors', async () => {
  const { server, clock, close } = await registeredSite()
  const seen: unknown[] = []
  server.observe(endpoint, '/3303/9/5700').subscribe({ error: error => seen.push(error) })
  server.observe('nobody', path).subscribe({ error: error => seen.push(error) })
  server.observe(endpoint, '/x').subscribe({ error: error => seen.push(error) })
  await clock.advance(100)
  expect(seen).toEqual([
    expect.objectContaining({ code: 'UNKNOWN_ENDPOINT' }),
    expect.objectContaining({ code: 'INVALID_PATH' }),
    expect.objectContaining({ code: 'REJECTED', responseCode: Code.notFound }),
  ])
  await close()
})

test('a registration that ends completes what was observed, and asks nothing of the client', async () => {
  const { clock, client, seen, wire, close } = await observedSite()
  wire.length = 0
  await clock.until(client.stop())
  expect(seen).toEqual([21.5, 'complete'])
  expect(wire.filter(line => line.startsWith('← GET'))).toEqual([])
  await close()
})

test('a lifetime that passes completes what was observed', async () => {
  const { clock, network, seen, close } = await observedSite({ lifetimeSeconds: 60 })
  network.conditions = { ...network.conditions, loss: 1 }
  await clock.advance(61_000)
  expect(seen).toEqual([21.5, 'complete'])
  await close()
})

test('a client that registers anew completes what was observed', async () => {
  const { server, clock, client, rebind, seen, network, events, close } = await observedSite()
  rebind()
  network.conditions = { ...network.conditions, loss: 1 }
  client.update()
  await clock.advance(94_000)
  network.conditions = { ...network.conditions, loss: 0 }
  await clock.until(client.registered())
  await clock.advance(0)
  expect(events.at(-1)).toMatchObject({ type: 'registered', replaced: { endpoint } })
  expect(seen).toEqual([21.5, 'complete'])
  expect(server.registrations.size).toBe(1)
  await close()
})

test('a client that appears at a new address is observed anew there', async () => {
  const { clock, client, rebind, sensor, seen, close } = await observedSite()
  rebind()
  client.update()
  await clock.advance(5_000)
  sensor.set({ sensorValue: 25 })
  await clock.advance(100)
  expect(seen).toEqual([21.5, 21.5, 25])
  await close()
})

test('closing the server completes what is observed', async () => {
  const { server, seen, close } = await observedSite()
  await server.close()
  expect(seen).toEqual([21.5, 'complete'])
  await close()
})

test('observations of several instances are independent', async () => {
  const { server, clock, client, sensor, seen, subscription, close } = await observedSite()
  const other = client.objects.create(temperature, 1, { sensorValue: 1 })
  const seenOther: unknown[] = []
  server.observe(endpoint, '/3303/1/5700').subscribe(({ values }) => seenOther.push(values[0]?.value))
  await clock.advance(5_000)
  subscription.unsubscribe()
  await clock.advance(100)
  sensor.set({ sensorValue: 30 })
  other.set({ sensorValue: 2 })
  await clock.advance(100)
  expect(seen).toEqual([21.5])
  expect(seenOther).toEqual([1, 2])
  await close()
})

test('attributes of one observation go with the Observe (LwM2M Core 1.2.2 §6.4.1)', async () => {
  const attributes = { pminSeconds: 5, gt: 20 }
  const { wire, seen, close } = await observedSite({ observe: { attributes } })
  expect(wire).toContain('← GET /3303/0/5700?pmin=5&gt=20 observe 0')
  expect(seen).toEqual([21.5])
  await close()
})

test('attributes of an Observe-Composite', async () => {
  const { server, clock, wire, close } = await registeredSite({ lifetimeSeconds: 86_400 })
  const options = { attributes: { pminSeconds: 5, pmaxSeconds: 60 } }
  const subscription = server.observeComposite(endpoint, [path], options).subscribe()
  await clock.advance(0)
  expect(wire).toContainEqual(expect.stringMatching(/^← FETCH \/\?pmin=5&pmax=60 observe 0 accept SenML CBOR/))
  subscription.unsubscribe()
  await close()
})

test('attributes that contradict each other: the client rejects the Observe', async () => {
  const { seen, close } = await observedSite({ observe: { attributes: { lt: 30, gt: 20 } } })
  expect(seen).toEqual([expect.objectContaining({ code: 'REJECTED', responseCode: Code.badRequest })])
  await close()
})
