import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, it, type TestContext, vi } from 'vitest'
import { describePeer } from '../peer-suite.ts'
import { changed, content } from './answers.ts'
import type { LeshanEvents } from './event-stream.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { type ReportingSite, reportingSite } from './reporting-site.ts'
import { countValues, expectWritten, type Written, write, writtenIn } from './timed-values.ts'

const [sensorValue, otherSensorValue] = ['/3303/0/5700', '/3303/1/5700'] as const
const notificationStoring = '/1/0/6'

describePeer('Leshan 2.0.0-M18 and what our client has kept for it', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan

  beforeAll(async () => {
    leshan = await startLeshan()
  })
  afterAll(() => leshan?.close())

  for (const format of ['SENML_JSON', 'SENML_CBOR'] as const) {
    const compositeFormats = { paths: format, nodes: format }

    for (const [name, leave, comeBack] of [
      ['offline', 'enterOffline', 'exitOffline'],
      ['suspended', 'suspend', 'resume'],
    ] as const) {
      it.concurrent(`stored while ${name}: every value with its time, once, in ${format}`, async context => {
        const { expect } = context
        const site = await reportingSite(leshan, context)
        const { client, endpoint, events, observations } = site
        await store(context, site, true)
        await leshan.observe(endpoint, sensorValue, { format })
        await leshan.observeComposite(endpoint, [sensorValue, otherSensorValue], compositeFormats)

        client[leave]()
        const written = await writeAll(site, [sensorValue, otherSensorValue], 5)
        client[comeBack]()
        const single = await notificationOf(site, 'single')
        const ofSensor = written.filter(({ path }) => path === sensorValue)
        expectWritten(context, [single], ofSensor)
        const composite = await notificationOf(site, 'composite')
        // With the first change it tells what else there was at that time.
        const [first, ...rest] = written as [Written, ...Written[]]
        expectWritten(context, [composite], [first, { ...first, path: otherSensorValue, value: 21.5 }, ...rest])

        await expectNothingMore(context, site, 'single', 'composite')
        expect(observations.history.filter(({ type }) => type === 'acknowledged')).toHaveLength(2)
        expect(events.history.filter(({ type }) => type === 'NOTIFICATION_ERROR')).toEqual([])
      })
    }

    for (const [name, leave] of [
      ['forgotten', forget],
      ['disabled', disable],
    ] as const) {
      it.concurrent(`stored after the client was ${name}: told when Leshan observes again, in ${format}`, async context => {
        const { expect } = context
        const site = await reportingSite(leshan, context)
        const { endpoint, events, observations } = site
        await store(context, site, true)
        await leshan.observe(endpoint, sensorValue, { format })
        await leave(site)
        await observations.next('removed')
        const written = await writeAll(site, [sensorValue], 3)
        await events.next('REGISTRATION')
        written.push(write(site.client, sensorValue, 4))
        expect(await leshan.observe(endpoint, sensorValue, { format })).toEqual(content({ [sensorValue]: 4 }))
        // Leshan drops what comes right behind that answer, until it is sent again 2 to 3 s later.
        expectWritten(context, [await notificationOf(site, 'single')], written)
        await expectNothingMore(context, site, 'single')
      })
    }

    it.concurrent(`stored: more than fits into one notification, in ${format}`, async context => {
      const { expect } = context
      const site = await reportingSite(leshan, context)
      await store(context, site, true)
      await leshan.observe(site.endpoint, sensorValue, { format })
      site.client.enterOffline()
      const written = Array.from({ length: 200 }, (_, value) => write(site.client, sensorValue, value))
      site.client.exitOffline()
      const notifications: LeshanEvents['NOTIFICATION'][] = []
      while (countValues(notifications) < written.length) notifications.push(await notificationOf(site, 'single'))
      expectWritten(context, notifications, written)
      expect(notifications.length).toBeGreaterThan(1)
      await expectNothingMore(context, site, 'single')
    })

    it.concurrent(`a time series by notifications: every entry with its time, once, in ${format}`, async context => {
      const { expect } = context
      const site = await reportingSite(leshan, context)
      const { client, endpoint, events } = site
      const series = client.objects.cache(sensorValue, { capacity: 200 })
      expect(await leshan.writeAttributes(endpoint, sensorValue, 'pmin=1')).toEqual(changed)
      await leshan.observe(endpoint, sensorValue, { format })
      for (let value = 0; value < 150; value++) client.objects.set(sensorValue, value)
      const entries = series.save()
      expect(entries.map(({ value }) => value)).toEqual(Array.from({ length: 150 }, (_, value) => value))

      const notifications: LeshanEvents['NOTIFICATION'][] = []
      while (countValues(notifications) < entries.length) notifications.push((await events.next('NOTIFICATION')).data)
      expectWritten(context, notifications, writtenIn(sensorValue, entries))
      expect(notifications.length).toBeGreaterThan(1)
      await vi.waitFor(() => expect(series.size).toBe(0))

      client.enterOffline()
      for (const value of [1_000, 1_001]) client.objects.set(sensorValue, value)
      const later = writtenIn(sensorValue, series.save())
      client.exitOffline()
      expectWritten(context, [(await events.next('NOTIFICATION')).data], later)
    })
  }

  it.concurrent('stored in TLV, which has no times: every value, in order', async context => {
    const { expect } = context
    const site = await reportingSite(leshan, context)
    const { client, endpoint, events } = site
    await store(context, site, true)
    await leshan.observe(endpoint, sensorValue, { format: 'TLV' })
    client.enterOffline()
    await writeAll(site, [sensorValue], 3)
    client.exitOffline()
    for (const value of [1, 2, 3]) {
      expect((await events.next('NOTIFICATION')).data).toMatchObject({ val: { [sensorValue]: value }, timed: [] })
    }
    await expectNothingMore(context, site, 'single')
  })

  it.concurrent('not stored: the newest value, without a time', async context => {
    const { expect } = context
    const site = await reportingSite(leshan, context)
    const { client, endpoint, events } = site
    await store(context, site, false)
    await leshan.observe(endpoint, sensorValue)
    client.enterOffline()
    await writeAll(site, [sensorValue], 3)
    client.exitOffline()
    expect((await events.next('NOTIFICATION')).data).toMatchObject({ val: { [sensorValue]: 3 }, timed: [] })
    await expectNothingMore(context, site, 'single')
  })

  async function forget({ client, endpoint }: ReportingSite): Promise<void> {
    await leshan.forget(endpoint)
    client.update()
  }

  /** For a second. */
  async function disable({ endpoint }: ReportingSite): Promise<void> {
    await leshan.write(endpoint, '/1/0/5', { '/1/0/5': 1 })
    await leshan.execute(endpoint, '/1/0/4')
  }

  async function store({ expect }: TestContext, { endpoint }: ReportingSite, storing: boolean): Promise<void> {
    const node = { [notificationStoring]: storing }
    expect(await leshan.write(endpoint, notificationStoring, node)).toEqual(changed)
  }
})

/** Sets each path to 1, 2, 3… in turn. */
async function writeAll({ client }: ReportingSite, paths: readonly string[], count: number): Promise<Written[]> {
  const written: Written[] = []
  for (let value = 1; value <= count; value++) {
    for (const path of paths) {
      written.push(write(client, path, value))
      await wait(20)
    }
  }
  return written
}

async function notificationOf({ events }: ReportingSite, kind: 'single' | 'composite') {
  return (await events.next('NOTIFICATION', data => data.kind === kind)).data
}

/** The next change is told by itself, to each kind of observation that there is. */
async function expectNothingMore(
  { expect }: TestContext,
  site: ReportingSite,
  ...kinds: ('single' | 'composite')[]
): Promise<void> {
  site.client.objects.set(sensorValue, 100)
  for (const kind of kinds) {
    const { val, timed } = await notificationOf(site, kind)
    expect(val).toMatchObject({ [sensorValue]: 100 })
    expect(timed).toEqual([])
  }
}
