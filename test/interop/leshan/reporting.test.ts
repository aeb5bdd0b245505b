import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest'
import { MessageType } from '../../../transport/coap/message.ts'
import { describePeer } from '../peer-suite.ts'
import { changed } from './answers.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import type { LeshanLink } from './model.ts'
import { type ReportingSite, reportingSite, warmUp } from './reporting-site.ts'

const sensorValue = '/3303/0/5700'
const [object, instance, resource, resourceInstance] = ['/3442', '/3442/0', '/3442/0/1120', '/3442/0/1120/0'] as const

/** What each level takes; a value for each, and as Discover has it. */
const periods = ['pmin=1', 'pmax=9', 'epmin=2', 'epmax=8']
const conditions = ['gt=30.5', 'lt=-3.5', 'st=0.25']
const attributesOfLevels = {
  [object]: periods,
  [instance]: periods,
  [resource]: [...periods, ...conditions],
  [resourceInstance]: [...periods, ...conditions],
}

/** Values that a resource of 20 gets in turn: one that is to be notified, or a list of those that are not. */
type Steps = readonly (number | readonly number[])[]

const stepsOfConditions: { readonly [attributes: string]: Steps } = {
  'gt=30': [[25, 30], 31, [35, 31], 30, [25], 40],
  'lt=10': [[15, 10], 9, [5, 9], 10, [15], 0],
  'st=2': [[21, 21.5], 22, [23, 21, 23], 24, 20],
  'gt=30&lt=10': [[29, 11], 31, 30, [10], 9, 31],
  'gt=30&st=4': [[21, 23], 24, [27], 31, [33], 35, [32], 30],
  'lt=10&st=4': [[19, 17], 16, [13], 9, [7], 5, [8], 10],
  'gt=30&lt=10&st=4': [[21, 23], 24, 28, 31, [33], 27, 9, [6], 5, 10],
}

interface PeriodsCase {
  readonly name: string
  /** Written in this order: the path and its attributes. */
  readonly attributes: readonly (readonly [path: string, attributes: string])[]
  /** Of the Server object: the default pmin or pmax, by resource. */
  readonly defaults?: { readonly [path: string]: number }
  /** Between two notifications of a value that changes all the time, and of one that does not, seconds. */
  readonly whenChanging?: number
  readonly whenConstant?: number
}

const periodsCases: readonly PeriodsCase[] = [
  ...[object, instance, resource, resourceInstance].map(path => ({
    name: `pmin and pmax at ${path}`,
    attributes: [[path, 'pmin=1&pmax=2']] as const,
    whenChanging: 1,
    whenConstant: 2,
  })),
  {
    name: 'pmin is overridden by a shorter one',
    attributes: [
      [object, 'pmin=5'],
      [resource, 'pmin=1'],
    ],
    whenChanging: 1,
  },
  {
    name: 'pmin is overridden by a longer one',
    attributes: [
      [resourceInstance, 'pmin=2'],
      [instance, 'pmin=1'],
    ],
    whenChanging: 2,
  },
  {
    name: 'unset, what is above it counts again',
    attributes: [
      [object, 'pmin=1&pmax=2'],
      [resource, 'pmin=5&pmax=6'],
      [resource, 'pmin&pmax'],
    ],
    whenChanging: 1,
    whenConstant: 2,
  },
  {
    name: 'pmax below pmin is ignored',
    attributes: [
      [object, 'pmin=2'],
      [resource, 'pmax=1'],
    ],
    whenChanging: 2,
  },
  { name: 'pmin = pmax is periodic', attributes: [[resource, 'pmin=1&pmax=1']], whenChanging: 1, whenConstant: 1 },
  {
    name: 'the defaults of the Server object',
    attributes: [],
    defaults: { '/1/0/2': 1, '/1/0/3': 2 },
    whenChanging: 1,
    whenConstant: 2,
  },
]

/** How early a notification may seem: both ends read the clock only some time after the datagram left or arrived. */
const toleranceMs = 50
const latestMs = 1_000

describePeer('Leshan 2.0.0-M18 and what our client reports', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan

  beforeAll(async () => {
    leshan = await startLeshan()
    await warmUp(leshan)
  })
  afterAll(() => leshan?.close())

  async function writeAttributes({ expect }: TestContext, { endpoint }: ReportingSite, path: string, query: string) {
    expect(await leshan.writeAttributes(endpoint, path, query), `${path} ${query}`).toEqual(changed)
  }

  /** As Leshan parses them in a Discover of a path. */
  async function discovered(
    { endpoint }: ReportingSite,
    path: string,
  ): Promise<Record<string, LeshanLink['attributes']>> {
    const { objectLinks = [] } = await leshan.discover(endpoint, path)
    return Object.fromEntries(objectLinks.map(({ url, attributes }) => [url, attributes]))
  }

  describe.concurrent('attributes', () => {
    for (const [path, attributes] of Object.entries(attributesOfLevels)) {
      it(`${path} takes ${attributes.join(', ')}, one by one, and unsets them`, async context => {
        const { expect } = context
        const site = await reportingSite(leshan, context)
        const target = path === resourceInstance ? resource : path
        const dimension = path === resource ? { dim: '2' } : {}
        const remaining: Record<string, string> = {}
        for (const attribute of attributes) {
          const [name, value] = attribute.split('=') as [string, string]
          remaining[name] = value
          await writeAttributes(context, site, path, attribute)
          expect((await discovered(site, target))[path]).toEqual({ ...dimension, ...remaining })
        }
        for (const name of Object.keys(remaining)) {
          delete remaining[name]
          await writeAttributes(context, site, path, name)
          expect((await discovered(site, target))[path]).toEqual({ ...dimension, ...remaining })
        }
      })
    }

    it('Discover shows the attributes that a target inherits, and of what lies below only its own', async context => {
      const { expect } = context
      const site = await reportingSite(leshan, context)
      await writeAttributes(context, site, object, 'pmin=1&pmax=9')
      await writeAttributes(context, site, instance, 'pmax=8')
      await writeAttributes(context, site, resource, 'pmin=2&gt=30')
      await writeAttributes(context, site, resourceInstance, 'pmax=7&st=1')
      const dim = '2'
      const own = {
        [object]: { pmin: '1', pmax: '9' },
        [instance]: { pmax: '8' },
        [resource]: { dim, pmin: '2', gt: '30' },
        [resourceInstance]: { pmax: '7', st: '1' },
      }
      const assignedToResource = { dim, pmin: '2', pmax: '8', gt: '30' }
      const { [resourceInstance]: ownOfResourceInstance, ...ownAbove } = own
      expect(await discovered(site, object)).toMatchObject(ownAbove)
      expect(await discovered(site, instance)).toMatchObject({
        [instance]: { pmin: '1', pmax: '8' },
        [resource]: own[resource],
      })
      expect(await discovered(site, resource)).toEqual({
        [resource]: assignedToResource,
        [resourceInstance]: ownOfResourceInstance,
        [`${resource}/1`]: {},
      })
      await writeAttributes(context, site, resource, 'pmin')
      expect((await discovered(site, resource))[resource]).toEqual({ ...assignedToResource, pmin: '1' })
    })

    it('gt above all resources is refused by Leshan itself', async context => {
      const { expect } = context
      const { endpoint } = await reportingSite(leshan, context)
      for (const path of [object, instance]) {
        await expect(leshan.writeAttributes(endpoint, path, 'gt=30')).rejects.toMatchObject({ httpStatus: 400 })
      }
    })
  })

  describe.concurrent('value conditions', () => {
    /** Feeds a value, and has each step that is to be notified arrive before the next. */
    async function follow({ expect }: TestContext, { client, events }: ReportingSite, path: string, steps: Steps) {
      const told = () => events.history.filter(({ type }) => type === 'NOTIFICATION').length
      const toldBefore = told()
      for (const step of steps) {
        if (typeof step !== 'number') {
          for (const value of step) client.objects.set(path, value)
          continue
        }
        client.objects.set(path, step)
        expect((await events.next('NOTIFICATION')).data.val).toMatchObject({ [path]: step })
      }
      expect(told() - toldBefore).toBe(steps.filter(step => typeof step === 'number').length)
    }

    for (const [attributes, steps] of Object.entries(stepsOfConditions)) {
      it(`${attributes}: ${describeSteps(steps)}`, async context => {
        const site = await reportingSite(leshan, context)
        await writeAttributes(context, site, '/3442/0/130', attributes)
        await leshan.observe(site.endpoint, '/3442/0/130')
        await follow(context, site, '/3442/0/130', steps)
      })
    }

    const steps: Steps = [[25], 31, [35], 30]
    for (const [attached, path, observed] of [
      ['/3442/0/120', '/3442/0/120', '/3442/0'],
      ['/3442/0/120', '/3442/0/120', '/3442'],
      ['/3442/0/125', '/3442/0/125', '/3442/0/125'],
      [resource, resourceInstance, resourceInstance],
      [resource, resourceInstance, resource],
      [resource, resourceInstance, instance],
      [resourceInstance, resourceInstance, resourceInstance],
      [resourceInstance, resourceInstance, resource],
      [resourceInstance, resourceInstance, object],
    ] as const) {
      it(`gt at ${attached} is for ${path}, observed as ${observed}`, async context => {
        const site = await reportingSite(leshan, context)
        await writeAttributes(context, site, attached, 'gt=30')
        await leshan.observe(site.endpoint, observed)
        await follow(context, site, path, steps)
      })
    }

    it('gt of a resource instance overrides that of the resource, until it is unset; others take effect at once', async context => {
      const site = await reportingSite(leshan, context)
      await leshan.observe(site.endpoint, resource)
      await follow(context, site, resourceInstance, [21])
      await writeAttributes(context, site, resource, 'gt=30')
      await writeAttributes(context, site, resourceInstance, 'gt=50')
      await follow(context, site, resourceInstance, [[40], 51])
      await follow(context, site, `${resource}/1`, [[25], 40])
      await writeAttributes(context, site, resourceInstance, 'gt')
      await follow(context, site, resourceInstance, [[49], 30])
    })
  })

  describe.concurrent('periods', () => {
    /** Has three notifications arrive at Leshan, each so many seconds after the one before, the answer being the first. */
    async function expectEvery(
      context: TestContext,
      { endpoint, events }: ReportingSite,
      path: string,
      seconds: number,
    ) {
      const { expect } = context
      const askedMs = Date.now()
      await leshan.observe(endpoint, path)
      let previous = { earliestMs: askedMs, latestMs: Date.now() }
      for (let count = 0; count < 3; count++) {
        const { receivedMs } = (await events.next('NOTIFICATION')).data
        expect(receivedMs).toBeGreaterThanOrEqual(previous.earliestMs + seconds * 1_000 - toleranceMs)
        expect(receivedMs).toBeLessThanOrEqual(previous.latestMs + seconds * 1_000 + latestMs)
        previous = { earliestMs: receivedMs, latestMs: receivedMs }
      }
    }

    /** Counts up, so often that a value always waits for pmin. */
    function keepChanging({ onTestFinished }: TestContext, { client }: ReportingSite, path: string): void {
      let value = 100
      const feeding = setInterval(() => client.objects.set(path, ++value), 20)
      onTestFinished(() => clearInterval(feeding))
    }

    for (const { name, attributes, defaults = {}, whenChanging, whenConstant } of periodsCases) {
      const prepared = async (context: TestContext) => {
        const site = await reportingSite(leshan, context)
        for (const [path, query] of attributes) await writeAttributes(context, site, path, query)
        for (const [path, seconds] of Object.entries(defaults)) {
          context.expect(await leshan.write(site.endpoint, path, { [path]: seconds })).toEqual(changed)
        }
        return site
      }
      if (whenChanging !== undefined) {
        it(`${name}: every ${whenChanging} s while the value changes`, async context => {
          const site = await prepared(context)
          keepChanging(context, site, resourceInstance)
          await expectEvery(context, site, resourceInstance, whenChanging)
        })
      }
      if (whenConstant !== undefined) {
        it(`${name}: every ${whenConstant} s while it does not`, async context => {
          const site = await prepared(context)
          await expectEvery(context, site, resourceInstance, whenConstant)
        })
      }
    }

    for (const [before, after] of [
      [5, 1],
      [1, 2],
    ] as const) {
      it(`pmin=${before} becomes ${after} while a value waits: it counts from the last notification`, async context => {
        const { expect } = context
        const site = await reportingSite(leshan, context)
        await writeAttributes(context, site, sensorValue, `pmin=${before}`)
        const askedMs = Date.now()
        await leshan.observe(site.endpoint, sensorValue)
        site.client.objects.set(sensorValue, 22)
        await wait(500)
        await writeAttributes(context, site, sensorValue, `pmin=${after}`)
        const { receivedMs, val } = (await site.events.next('NOTIFICATION')).data
        expect(val).toEqual({ [sensorValue]: 22 })
        expect(receivedMs).toBeGreaterThanOrEqual(askedMs + after * 1_000 - toleranceMs)
        expect(receivedMs).toBeLessThanOrEqual(askedMs + after * 1_000 + latestMs)
      })
    }

    it('epmax: what a read handler supplies is sampled so often', async context => {
      const site = await reportingSite(leshan, context)
      let reading = 0
      site.client.objects.onRead(sensorValue, () => ++reading)
      await writeAttributes(context, site, sensorValue, 'epmax=1')
      await expectEvery(context, site, sensorValue, 1)
    })
  })

  describe.concurrent('confirmable notifications', () => {
    for (const confirmableNotifications of [true, false]) {
      it(`confirmableNotifications: ${confirmableNotifications}`, async context => {
        const { expect } = context
        const { client, endpoint, events, observations, relay } = await reportingSite(leshan, context, {
          confirmableNotifications,
        })
        await leshan.observe(endpoint, sensorValue)
        for (const value of [22, 23]) {
          client.objects.set(sensorValue, value)
          expect((await events.next('NOTIFICATION')).data.val).toEqual({ [sensorValue]: value })
          if (confirmableNotifications) {
            expect((await observations.next('acknowledged')).data).toMatchObject({ paths: [sensorValue] })
          }
        }
        const type = confirmableNotifications ? MessageType.confirmable : MessageType.nonConfirmable
        expect(relay.notifications.map(({ bytes }) => ((bytes[0] ?? 0) >> 4) & 3)).toEqual([type, type])
        const acknowledged = observations.history.filter(event => event.type === 'acknowledged')
        expect(acknowledged).toHaveLength(confirmableNotifications ? 2 : 0)
      })
    }
  })
})

function describeSteps(steps: Steps): string {
  return steps.map(step => (typeof step === 'number' ? `${step} is told` : `${step.join(', ')} not`)).join(', ')
}
