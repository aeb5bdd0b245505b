import { afterAll, beforeAll, it, type TestContext } from 'vitest'
import { describePeer } from '../peer-suite.ts'
import { changed, content } from './answers.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { temperature10 } from './lifecycle-client.ts'
import type { LeshanNode } from './model.ts'
import { type ReportingSite, reportingSite, warmUp } from './reporting-site.ts'

const [sensorValue, otherSensorValue, laterSensorValue] = ['/3303/0/5700', '/3303/1/5700', '/3303/2/5700'] as const
const [integerValue, multipleIntegerValue] = ['/3442/0/120', '/3442/0/1120'] as const
const observedPaths = [sensorValue, otherSensorValue, laterSensorValue, integerValue, multipleIntegerValue]

/** What is there at first. */
const initially: LeshanNode = {
  [sensorValue]: 21.5,
  [otherSensorValue]: 21.5,
  [integerValue]: 20,
  [`${multipleIntegerValue}/0`]: 20,
  [`${multipleIntegerValue}/1`]: 20,
}

describePeer('Leshan 2.0.0-M18 and its observations of our client', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan

  beforeAll(async () => {
    leshan = await startLeshan()
    await warmUp(leshan)
  })
  afterAll(() => leshan?.close())

  for (const format of ['SENML_JSON', 'SENML_CBOR'] as const) {
    const formats = { paths: format, nodes: format }

    it.concurrent(`Observe-Composite in ${format}: one notification a transaction, with all values`, async context => {
      const { expect } = context
      const { client, endpoint, events, relay } = await reportingSite(leshan, context)
      expect(await leshan.observeComposite(endpoint, observedPaths, formats)).toEqual(content(initially))

      client.objects.batch(() => {
        client.objects.set(sensorValue, 22)
        client.objects.set(otherSensorValue, 23)
        client.objects.set(integerValue, 24)
        client.objects.set(multipleIntegerValue, { 0: 25, 7: 26 })
      })
      const after = {
        [sensorValue]: 22,
        [otherSensorValue]: 23,
        [integerValue]: 24,
        [`${multipleIntegerValue}/0`]: 25,
        [`${multipleIntegerValue}/7`]: 26,
      }
      const first = (await events.next('NOTIFICATION')).data
      expect(first).toMatchObject({ kind: 'composite', paths: expect.arrayContaining(observedPaths) })
      expect(first.val).toEqual(after)

      client.objects.set(integerValue, 30)
      expect((await events.next('NOTIFICATION')).data.val).toEqual({ ...after, [integerValue]: 30 })
      expect(relay.notifications).toHaveLength(2)
    })

    it.concurrent(`Observe-Composite in ${format}: a path joins when it is created, and leaves`, async context => {
      const { expect } = context
      const { client, endpoint, events } = await reportingSite(leshan, context)
      await leshan.observeComposite(endpoint, observedPaths, formats)

      client.objects.create(temperature10, 2, { sensorValue: 30 })
      expect((await events.next('NOTIFICATION')).data.val).toEqual({ ...initially, [laterSensorValue]: 30 })
      client.objects.set(laterSensorValue, 31)
      expect((await events.next('NOTIFICATION')).data.val).toEqual({ ...initially, [laterSensorValue]: 31 })
      client.objects.delete('/3303/2')
      expect((await events.next('NOTIFICATION')).data.val).toEqual(initially)
    })
  }

  const formats = { paths: 'SENML_CBOR', nodes: 'SENML_CBOR' } as const

  it.concurrent('Observe-Composite: each path keeps its own pmin, and the first that may be told takes along the others', async context => {
    const { expect } = context
    const { client, endpoint, events } = await reportingSite(leshan, context)
    expect(await leshan.writeAttributes(endpoint, '/3303/0', 'pmin=30')).toEqual(changed)
    expect(await leshan.writeAttributes(endpoint, integerValue, 'gt=40')).toEqual(changed)
    await leshan.observeComposite(endpoint, observedPaths, formats)

    client.objects.set(sensorValue, 22)
    client.objects.set(integerValue, 40)
    client.objects.set(otherSensorValue, 23)
    const told = { ...initially, [sensorValue]: 22, [integerValue]: 40, [otherSensorValue]: 23 }
    expect((await events.next('NOTIFICATION')).data.val).toEqual(told)
    client.objects.set(integerValue, 41)
    expect((await events.next('NOTIFICATION')).data.val).toEqual({ ...told, [integerValue]: 41 })
    expect(events.history.filter(({ type }) => type === 'NOTIFICATION')).toHaveLength(2)
  })

  it.concurrent('Observe-Composite: the shortest pmax counts for all', async context => {
    const { expect } = context
    const { client, endpoint, events } = await reportingSite(leshan, context)
    await leshan.writeAttributes(endpoint, '/3303/1', 'pmax=1')
    await leshan.writeAttributes(endpoint, '/3442', 'pmax=60')
    await leshan.observeComposite(endpoint, observedPaths, formats)
    const observedMs = Date.now()
    const { val, receivedMs } = (await events.next('NOTIFICATION')).data
    expect(val).toEqual(initially)
    expect(Math.abs(receivedMs - observedMs - 1_000)).toBeLessThan(1_000)
    client.objects.set(integerValue, 21)
    expect((await events.next('NOTIFICATION')).data.val).toEqual({ ...initially, [integerValue]: 21 })
  })

  /** An observation and how Leshan ends it. */
  const cancellations: readonly {
    readonly name: string
    readonly observed: readonly string[]
    /** What is there after the change that comes before it. */
    readonly value: LeshanNode
    readonly observe: (endpoint: string) => Promise<unknown>
    readonly cancelActively: (endpoint: string) => Promise<unknown>
    readonly cancelPassively: (endpoint: string) => Promise<number>
  }[] = [
    {
      name: 'Observe',
      observed: [sensorValue],
      value: { [sensorValue]: 22 },
      observe: endpoint => leshan.observe(endpoint, sensorValue),
      cancelActively: endpoint => leshan.cancelActively(endpoint, sensorValue),
      cancelPassively: endpoint => leshan.cancelPassively(endpoint, sensorValue),
    },
    {
      name: 'Observe-Composite',
      observed: [sensorValue, integerValue],
      value: { [sensorValue]: 22, [integerValue]: 20 },
      observe: endpoint => leshan.observeComposite(endpoint, [sensorValue, integerValue], formats),
      cancelActively: endpoint => leshan.cancelCompositeActively(endpoint, [sensorValue, integerValue]),
      cancelPassively: endpoint => leshan.cancelCompositePassively(endpoint, [sensorValue, integerValue]),
    },
  ]

  for (const { name, observed, value, observe, cancelActively, cancelPassively } of cancellations) {
    /** Observed and told of a change; and beside it an observation that goes on. */
    const observedSite = async (context: TestContext): Promise<ReportingSite> => {
      const site = await reportingSite(leshan, context)
      await observe(site.endpoint)
      await expectPaths(context, site, 'added', observed)
      await leshan.observe(site.endpoint, otherSensorValue)
      await expectPaths(context, site, 'added', [otherSensorValue])
      site.client.objects.set(sensorValue, 22)
      context.expect((await site.events.next('NOTIFICATION')).data.val).toEqual(value)
      return site
    }

    /** What changes is not told any more, but what else is observed. */
    const expectSilence = async ({ expect }: TestContext, { client, events, relay }: ReportingSite): Promise<void> => {
      const before = relay.notifications.length
      client.objects.set(sensorValue, 24)
      client.objects.set(otherSensorValue, 25)
      expect((await events.next('NOTIFICATION')).data.val).toEqual({ [otherSensorValue]: 25 })
      expect(relay.notifications).toHaveLength(before + 1)
    }

    it.concurrent(`${name}: cancelled by Observe 1`, async context => {
      const { expect } = context
      const site = await observedSite(context)
      expect(await cancelActively(site.endpoint)).toEqual(content(value))
      await expectPaths(context, site, 'removed', observed)
      await expectSilence(context, site)
      expect(site.relay.resets).toHaveLength(0)
    })

    it.concurrent(`${name}: cancelled by a Reset of the next notification`, async context => {
      const { expect } = context
      const site = await observedSite(context)
      expect(await cancelPassively(site.endpoint)).toBe(1)
      site.client.objects.set(sensorValue, 23)
      await expectPaths(context, site, 'removed', observed)
      expect(site.relay.resets).toHaveLength(1)
      await expectSilence(context, site)
      expect(site.relay.resets).toHaveLength(1)
    })
  }
})

async function expectPaths(
  { expect }: TestContext,
  { observations }: ReportingSite,
  type: 'added' | 'removed',
  paths: readonly string[],
): Promise<void> {
  expect((await observations.next(type)).data.paths).toEqual(paths)
}
