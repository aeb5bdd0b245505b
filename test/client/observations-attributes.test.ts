import { afterEach, describe, expect, test } from 'vitest'
import { Code } from '../../transport/coap/message.ts'
import type { ClientSiteOptions } from '../helpers/client-site.ts'
import { type ReportingSite, reportingSite } from '../helpers/reporting-site.ts'
import { account, endpoint, MemoryPersistence, restartSite } from '../helpers/restart-site.ts'

let site: ReportingSite

async function begin(options: ClientSiteOptions = {}): Promise<void> {
  site = await reportingSite(options)
}

afterEach(async () => {
  await site.stop()
  expect([site.clock.pendingTimers, site.errors]).toEqual([0, []])
})

const celsius = '/3303/0/5700'
const integer = '/3442/0/120'
const boolean = '/3442/0/140'

/** Sets one value a second. */
async function setEach(path: string, values: readonly (number | boolean)[]): Promise<void> {
  for (const value of values) {
    site.set(path, value)
    await site.advance(1)
  }
}

describe('LwM2M Core 1.2.2 §7.3.1: attached', () => {
  test.each(['/3303', '/3303/0', celsius])('to %s they hold for the resource', async place => {
    await begin()
    await site.attach(place, 'pmin=5', 'pmax=20')
    const view = await site.observePath(celsius)
    site.set(celsius, 22)
    await site.advance(26)
    expect(view.notifications).toEqual([`5 ${celsius}=22`, `25 ${celsius}=22`])
  })

  test('the nearest counts, and what is below an observed instance is not for it', async () => {
    await begin()
    await site.attach('/3303', 'pmax=10')
    await site.attach('/3303/0', 'pmax=30')
    await site.attach(celsius, 'pmax=5')
    const instance = await site.observePath('/3303/0')
    const object = await site.observePath('/3303')
    await site.advance(31)
    expect([object.notifications.length, instance.notifications.length]).toEqual([3, 1])
  })

  test('to a resource instance', async () => {
    await begin()
    site.types.set({ multipleIntegerValue: { 0: 1, 1: 1 } })
    expect((await site.attach('/3442/0/1120/1', 'st=5', 'pmax=60')).code).toBe(Code.changed)
    const view = await site.observePath('/3442/0/1120/1')
    site.client.objects.set('/3442/0/1120/0', 9)
    await setEach('/3442/0/1120/1', [2, 5, 6])
    await site.advance(60)
    expect(view.notifications).toEqual(['2 /3442/0/1120/1=6', '62 /3442/0/1120/1=6'])
  })

  test('conditions of a resource hold for the observation of its instance and of its object', async () => {
    await begin()
    await site.attach(integer, 'gt=10', 'lt=-10', 'st=5')
    await site.attach(boolean, 'edge=0')
    const views = [await site.observePath('/3442/0'), await site.observePath('/3442')]
    // 5 is a step, 6 none, 11 crosses gt, 12 nothing.
    await setEach(integer, [5, 6, 11, 12])
    await setEach(boolean, [true, false])
    // A resource without conditions.
    await setEach('/3442/0/130', [1])
    for (const view of views) {
      expect(view.notifications.map(line => line.split(' ')[0])).toEqual(['0', '2', '5', '6'])
    }
  })

  test('each server has its own', async () => {
    await begin()
    const servers = await restartSite()
    const { clock, server, second, boot } = servers
    const accounts = [account, { ...account, uri: 'coap://10.0.0.3', shortServerId: 2 }]
    const { client, sensor, start } = boot(new MemoryPersistence(), { servers: accounts })
    await start()
    const received: string[] = []
    for (const [name, one] of Object.entries({ first: server, second })) {
      one
        .observe(endpoint, celsius)
        .subscribe(({ values }) => received.push(`${name} ${JSON.stringify(values[0]?.value)}`))
    }
    await clock.advance(1_000)
    await clock.until(second.writeAttributes(endpoint, celsius, { pminSeconds: 10 }))
    sensor.set({ sensorValue: 22 })
    await clock.advance(5_000)
    expect(received).toEqual(['first 21.5', 'second 21.5', 'first 22'])
    await clock.advance(5_000)
    expect(received.slice(3)).toEqual(['second 22'])
    await clock.until(client.stop())
    await servers.close()
  })
})

describe('a change of attributes takes effect at once', () => {
  test('a shorter pmin releases what is held, a longer one holds it, from the time of the last notification', async () => {
    await begin()
    await site.attach(celsius, 'pmin=60')
    const view = await site.observePath(celsius)
    site.set(celsius, 22)
    await site.advance(10)
    await site.attach(celsius, 'pmin=5')
    await site.advance(1)
    expect(view.notifications).toEqual([`10 ${celsius}=22`])
    site.set(celsius, 23)
    await site.advance(1)
    await site.attach(celsius, 'pmin=30')
    await site.advance(60)
    expect(view.notifications.slice(1)).toEqual([`40 ${celsius}=23`])
  })

  test('a pmax that has passed by now is told now', async () => {
    await begin()
    const view = await site.observePath(celsius)
    await site.advance(30)
    await site.attach(celsius, 'pmax=20')
    await site.advance(25)
    expect(view.notifications).toEqual([`30 ${celsius}=21.5`, `50 ${celsius}=21.5`])
  })

  test('steps count from the last notification, also when st is set, unset and set again', async () => {
    await begin()
    await site.attach(celsius, 'st=5')
    const view = await site.observePath(celsius)
    await setEach(celsius, [24.5])
    await site.attach(celsius, 'st')
    await site.attach(celsius, 'st=5')
    await setEach(celsius, [26.4])
    expect(view.notifications).toEqual([])
    await setEach(celsius, [26.5])
    expect(view.notifications).toEqual([`2 ${celsius}=26.5`])
  })

  test('conditions that come later know the value that was sent, of each resource', async () => {
    await begin()
    const view = await site.observePath('/3442/0')
    await setEach(integer, [20])
    await site.attach(integer, 'gt=25')
    await setEach(integer, [24])
    await site.attach('/3442/0/130', 'st=5')
    await setEach('/3442/0/130', [4])
    await site.attach(boolean, 'edge=1')
    expect(view.notifications).toHaveLength(1)
    await setEach(integer, [26])
    await setEach('/3442/0/130', [4, 9])
    await setEach(boolean, [true])
    // At 3 the notification told 4, too, so that 9 is a step.
    expect(view.notifications.map(line => line.split(' ')[0])).toEqual(['0', '3', '5', '6'])
  })

  test('a condition that is unset lets each change pass', async () => {
    await begin()
    await site.attach(celsius, 'gt=100')
    const view = await site.observePath(celsius)
    await setEach(celsius, [22])
    await site.attach(celsius, 'gt')
    await setEach(celsius, [23])
    expect(view.notifications).toEqual([`1 ${celsius}=23`])
  })

  test('a condition that comes while a change is held does not take it back', async () => {
    await begin()
    await site.attach(celsius, 'pmin=10')
    const view = await site.observePath(celsius)
    await setEach(celsius, [22])
    await site.attach(celsius, 'gt=100')
    await setEach(celsius, [23])
    await site.advance(20)
    await setEach(celsius, [24])
    expect(view.notifications).toEqual([`10 ${celsius}=23`])
  })

  test('gt, lt and st that contradict each other are not in force', async () => {
    await begin()
    await site.attach(celsius, 'gt=30', 'lt=10')
    const view = await site.observePath(celsius)
    await setEach(celsius, [22])
    await site.attach(celsius, 'st=10')
    await setEach(celsius, [23])
    await site.attach(celsius, 'st=9')
    await setEach(celsius, [24])
    expect(view.notifications).toEqual([`1 ${celsius}=23`])
  })
})

describe('LwM2M Core 1.2.2 §6.4.1: attributes given with the Observe', () => {
  test('take the place of all that is attached', async () => {
    await begin()
    await site.attach(celsius, 'pmin=60', 'gt=100')
    const view = await site.observePath(celsius, { attributes: ['st=2'] })
    expect(view.response.code).toBe(Code.content)
    await setEach(celsius, [23, 23.5])
    expect(view.notifications).toEqual([`1 ${celsius}=23.5`])
    // What is attached later does not count either.
    await site.attach(celsius, 'st=50', 'con=1')
    await setEach(celsius, [26])
    expect([view.notifications.length, site.sent]).toEqual([2, ['NON', 'NON']])
  })

  test('the defaults of the Server object hold still, and are followed', async () => {
    await begin()
    site.client.objects.set('/1/0/2', 5)
    site.client.objects.set('/1/0/3', 20)
    const view = await site.observePath(celsius, { attributes: ['hqmax=3'] })
    site.set(celsius, 22)
    await site.advance(30)
    site.client.objects.set('/1/0/3', 40)
    await site.advance(40)
    expect(view.notifications).toEqual([`5 ${celsius}=22`, `25 ${celsius}=22`, `65 ${celsius}=22`])
  })

  test('without them the attached ones count again', async () => {
    await begin()
    await site.attach(celsius, 'pmin=10')
    await site.observePath(celsius, { attributes: ['pmin=0'] })
    const view = await site.observePath(celsius)
    site.set(celsius, 22)
    await site.advance(15)
    expect(view.notifications).toEqual([`10 ${celsius}=22`])
  })

  test('a cancellation names the path alone', async () => {
    await begin()
    const view = await site.observePath(celsius, { attributes: ['pmin=0'] })
    await site.operate({ kind: 'cancelObservation', path: [3303, 0, 5700], accept: 112 })
    site.set(celsius, 22)
    await site.advance(1)
    expect(view.notifications).toEqual([])
  })

  test.each([
    'foo=1',
    'pmin=-1',
    'pmin=4294967296',
    'pmin=x',
    'gt=',
    'edge=1',
    'con=2',
    'epmin=3 epmax=3',
    'lt=5 gt=5',
    'lt=1 st=2 gt=5',
    'pmin=1 pmin=2',
    '',
  ])('4.00, and no observation: %s', async text => {
    await begin()
    const view = await site.observePath(celsius, { attributes: text.split(' ') })
    site.set(celsius, 1_000)
    await site.advance(1)
    expect([view.response.code, view.notifications, site.observationEvents]).toEqual([Code.badRequest, [], []])
  })

  test('an Observe that is refused leaves the observation that there is', async () => {
    await begin()
    const view = await site.observePath(celsius)
    await site.observePath(celsius, { attributes: ['gt=1', 'lt=2'] })
    site.set(celsius, 22)
    await site.advance(1)
    expect(view.notifications).toEqual([`0 ${celsius}=22`])
  })

  test('4.00 in LwM2M 1.1, for a path and for a composite', async () => {
    await begin({ client: { versions: ['1.1'] } })
    const views = [
      await site.observePath(celsius, { attributes: ['pmin=1'] }),
      await site.observeComposite([celsius], { attributes: ['pmin=1'] }),
    ]
    expect(views.map(({ response }) => response.code)).toEqual([Code.badRequest, Code.badRequest])
    expect(site.observationEvents).toEqual([])
  })
})

describe('LwM2M Core 1.2.2 §6.4.4: attributes given with the Observe-Composite', () => {
  test('pmin, pmax, epmin, epmax and con hold for all of it, the conditions that are attached stay', async () => {
    await begin()
    await site.attach(celsius, 'pmin=60', 'pmax=100', 'gt=25')
    await site.attach(integer, 'pmax=3', 'con=0')
    const attributes = ['pmin=5', 'pmax=20', 'epmin=1', 'epmax=2', 'con=1']
    const view = await site.observeComposite([celsius, integer], { attributes })
    expect(view.response.code).toBe(Code.content)
    site.set(celsius, 24)
    await site.advance(10)
    site.set(celsius, 26)
    await site.advance(1)
    site.set(integer, 1)
    await site.advance(40)
    expect(view.notifications).toEqual([
      `10 ${celsius}=26 ${integer}=0`,
      `15 ${celsius}=26 ${integer}=1`,
      `35 ${celsius}=26 ${integer}=1`,
    ])
    expect(new Set(site.sent)).toEqual(new Set(['CON']))
  })

  test.each(['gt=1', 'lt=1', 'st=1', 'edge=1', 'hqmax=1'])('4.00: %s', async text => {
    await begin()
    const view = await site.observeComposite([celsius, integer], { attributes: [text] })
    expect([view.response.code, site.observationEvents]).toEqual([Code.badRequest, []])
  })
})

describe('LwM2M Core 1.2.2 §E.2, resource 26, RFC 7641 §4.5: confirmable or not', () => {
  test('con counts before /1/x/26, and that before the option', async () => {
    await begin({ client: { confirmableNotifications: true } })
    const view = await site.observePath(celsius)
    await setEach(celsius, [1])
    site.client.objects.set('/1/0/26', 0)
    await setEach(celsius, [2])
    await site.attach(celsius, 'con=1')
    await setEach(celsius, [3])
    site.client.objects.set('/1/0/26', 1)
    await site.attach(celsius, 'con=0')
    await setEach(celsius, [4])
    await site.attach(celsius, 'con')
    await setEach(celsius, [5])
    expect(site.sent).toEqual(['CON', 'NON', 'CON', 'NON', 'CON'])
    expect(view.notifications).toHaveLength(5)
  })

  test('con=0 does not keep the one of the day from being confirmable', async () => {
    await begin()
    await site.attach(celsius, 'con=0', 'pmax=21600')
    await site.observePath(celsius)
    await site.advance(48 * 3_600 + 1)
    expect(site.sent).toEqual(['NON', 'NON', 'NON', 'CON', 'NON', 'NON', 'NON', 'CON'])
  })

  test('a confirmable notification that nobody acknowledges ends the observation, where that is asked for', async () => {
    await begin({ client: { unacknowledgedEnds: 'observation', confirmableNotifications: true } })
    await site.observePath(celsius)
    await site.observePath(integer)
    site.network.conditions = { ...site.network.conditions, loss: 1 }
    site.set(celsius, 22)
    await site.advance(100)
    site.network.conditions = { ...site.network.conditions, loss: 0 }
    const path = { shortServerId: 7, paths: [celsius] }
    expect(site.observationEvents.slice(2)).toEqual([
      { type: 'timedOut', ...path },
      { type: 'removed', ...path },
    ])
    const { length } = site.sent
    site.set(celsius, 23)
    site.set(integer, 1)
    await site.advance(1)
    expect(site.sent.slice(length)).toEqual(['CON'])
    expect(site.events.map(({ type }) => type)).toEqual(['REGISTRATION_COMPLETE'])
  })

  test('by default it ends the connection, and the observation goes on with the next', async () => {
    await begin({ client: { confirmableNotifications: true } })
    const view = await site.observePath(celsius)
    site.network.conditions = { ...site.network.conditions, loss: 1 }
    site.set(celsius, 22)
    await site.advance(60)
    site.network.conditions = { ...site.network.conditions, loss: 0 }
    await site.advance(600)
    expect(site.observationEvents.map(({ type }) => type)).toEqual(['added', 'timedOut', 'acknowledged'])
    expect(view.notifications).toEqual([expect.stringContaining(`${celsius}=22`)])
  })
})
