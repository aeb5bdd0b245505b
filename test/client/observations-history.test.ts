import { afterEach, describe, expect, test } from 'vitest'
import { ContentFormat } from '../../objects/formats/format.ts'
import { Code } from '../../transport/coap/message.ts'
import type { ClientSiteOptions } from '../helpers/client-site.ts'
import { observationsSite } from '../helpers/observations-site.ts'
import { type ReportingSite, reportingSite, type ServerView } from '../helpers/reporting-site.ts'

let site: ReportingSite

/** A client whose server wants notifications stored, /1/x/6. */
async function begin(options: ClientSiteOptions = {}, stores = true): Promise<void> {
  site = await reportingSite(options)
  site.client.objects.set('/1/0/6', stores)
}

afterEach(async () => {
  await site.stop()
  expect([site.clock.pendingTimers, site.errors]).toEqual([0, []])
})

const celsius = '/3303/0/5700'
const integer = '/3442/0/120'

async function offline(during: () => Promise<void> | void): Promise<void> {
  site.client.enterOffline()
  await during()
  site.client.exitOffline()
  await site.advance(2)
}

/** Sets one value a second. */
async function setEach(path: string, values: readonly (number | boolean)[]): Promise<void> {
  for (const value of values) {
    site.set(path, value)
    await site.advance(1)
  }
}

const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** What was told, without the times at which it came. */
const told = ({ notifications }: ServerView) => notifications.flatMap(line => line.split(' ').slice(1))

describe('LwM2M Core 1.2.2 §E.2, resource 6: true', () => {
  test.each([
    ['SenML CBOR', ContentFormat.senmlCbor],
    ['SenML JSON', ContentFormat.senmlJson],
    ['LwM2M JSON', ContentFormat.lwm2mJson],
  ])('%s: every value with its time in one confirmable notification', async (_name, accept) => {
    await begin()
    const view = await site.observePath(celsius, { accept })
    await offline(() => setEach(celsius, [1, 2, 3]))
    expect(view.notifications).toEqual([expect.stringMatching(`${celsius}=1@0 ${celsius}=2@1 ${celsius}=3@2$`)])
    expect(site.sent).toEqual(['CON'])
    await setEach(celsius, [4])
    // Afterwards as ever.
    expect([told(view).at(-1), site.sent]).toEqual([`${celsius}=4`, ['CON', 'NON']])
  })

  test.each([
    ['text', ContentFormat.text],
    ['TLV', ContentFormat.tlv],
    ['LwM2M CBOR', ContentFormat.lwm2mCbor],
  ])('%s has no place for a time: one by one, in order', async (_name, accept) => {
    await begin()
    const view = await site.observePath(celsius, { accept })
    await offline(() => setEach(celsius, [1, 2, 1]))
    expect(told(view)).toEqual([`${celsius}=1`, `${celsius}=2`, `${celsius}=1`])
    expect(site.sent).toEqual(['CON', 'CON', 'CON'])
  })

  test.each([ContentFormat.senmlCbor, ContentFormat.senmlJson])(
    'is split where it passes 1024 bytes (%s)',
    async accept => {
      await begin()
      const view = await site.observePath(celsius, { accept })
      const values = count(1, 150).map(value => value + 0.5)
      await offline(() => setEach(celsius, values))
      expect(told(view)).toEqual(values.map((value, index) => `${celsius}=${value}@${index}`))
      expect(Math.max(...view.sizes)).toBeLessThanOrEqual(1024)
      // All but the last are nearly full.
      expect(Math.min(...view.sizes.slice(0, -1))).toBeGreaterThan(900)
    },
  )

  test('each transaction of a composite or an instance: what it changed', async () => {
    await begin()
    const view = await site.observeComposite([celsius, integer])
    await offline(async () => {
      await setEach(celsius, [1])
      site.client.objects.batch(() => {
        site.set(celsius, 2)
        site.set(integer, 5)
      })
      await site.advance(1)
      await setEach(integer, [6])
    })
    expect(told(view)).toEqual([
      `${celsius}=1@0`,
      `${integer}=0@0`,
      `${celsius}=2@1`,
      `${integer}=5@1`,
      `${integer}=6@2`,
    ])
  })

  test('what pmin held before is kept, too', async () => {
    await begin()
    await site.attach(celsius, 'pmin=10')
    const view = await site.observePath(celsius)
    await setEach(celsius, [1, 2])
    await offline(() => site.advance(20))
    expect(told(view)).toEqual([`${celsius}=2@2`])
  })

  test('values that are not worth a notification are not kept', async () => {
    await begin()
    await site.attach(celsius, 'st=5')
    const view = await site.observePath(celsius)
    await offline(() => setEach(celsius, [22, 27, 28, 33, 21]))
    expect(told(view)).toEqual([`${celsius}=27@1`, `${celsius}=33@3`, `${celsius}=21@4`])
    // Steps count from the last of them.
    await setEach(celsius, [25, 26])
    expect(told(view).slice(3)).toEqual([`${celsius}=26`])
  })

  test('is forgotten only when it is acknowledged, and sent once', async () => {
    await begin()
    const view = await site.observePath(celsius)
    site.client.enterOffline()
    await setEach(celsius, [1, 2])
    // The server hears nothing of it.
    const { network } = site
    const send = network.send.bind(network)
    network.send = (bytes, from, to) => {
      if (bytes[1] !== Code.content) send(bytes, from, to)
    }
    site.client.exitOffline()
    await site.advance(10)
    expect(view.notifications).toEqual([])
    network.send = send
    await offline(() => setEach(celsius, [3]))
    await site.advance(100)
    expect(told(view)).toEqual([`${celsius}=1@0`, `${celsius}=2@1`, `${celsius}=3@12`])
  })

  test('while it is on its way new values wait behind it', async () => {
    await begin()
    const view = await site.observePath(celsius)
    site.client.enterOffline()
    await setEach(celsius, [1, 2])
    site.network.conditions = { ...site.network.conditions, delayMs: [800, 800] }
    site.client.exitOffline()
    // The Update has been answered, and what was kept is on its way.
    await site.advance(2.2)
    expect([site.sent, view.notifications]).toEqual([['CON'], []])
    site.set(celsius, 3)
    site.set(celsius, 4)
    site.network.conditions = { ...site.network.conditions, delayMs: [0, 0] }
    await site.advance(10)
    expect(told(view)).toEqual([`${celsius}=1@0`, `${celsius}=2@1`, `${celsius}=4`])
  })

  test('while suspended', async () => {
    await begin()
    const view = await site.observePath(celsius)
    site.client.suspend()
    await setEach(celsius, [1, 2])
    site.client.resume()
    await site.advance(2)
    expect(told(view)).toEqual([`${celsius}=1@0`, `${celsius}=2@1`])
  })

  test('while asleep: kept, and what waits wakes the client', async () => {
    await begin({ client: { queueMode: { awakeSeconds: 5 } } })
    const view = await site.observePath(celsius)
    await site.advance(10)
    expect(site.events.at(-1)?.type).toBe('QUEUE_MODE_RX_OFF')
    site.set(celsius, 1)
    await site.advance(2)
    expect(told(view)).toEqual([`${celsius}=1@10`])
  })

  test('of several values of one time, which no document can hold, the last', async () => {
    await begin()
    const view = await site.observeComposite([celsius, integer])
    await offline(async () => {
      site.set(celsius, 1)
      site.set(integer, 5)
      site.set(celsius, 2)
      await site.advance(1)
      site.set(celsius, 1)
    })
    expect(told(view)).toEqual([`${integer}=5@0`, `${celsius}=2@0`, `${celsius}=1@1`])
  })

  test('the deletion of what is observed is the last: 4.04 after all that was before', async () => {
    await begin()
    const view = await site.observePath(celsius)
    await offline(async () => {
      await setEach(celsius, [1, 2])
      site.sensor.delete()
    })
    expect([told(view), view.ends]).toEqual([[`${celsius}=1@0`, `${celsius}=2@1`], [Code.notFound]])
  })

  test('a pmax that passes meanwhile is no value of its own where there is nothing new to tell', async () => {
    await begin()
    await site.attach(celsius, 'pmax=5')
    const view = await site.observePath(celsius)
    await offline(async () => {
      await setEach(celsius, [1])
      await site.advance(12)
    })
    expect(told(view)).toEqual([`${celsius}=1@0`])
  })
})

describe('LwM2M Core 1.2.2 §E.2, resource 6: false', () => {
  test.each([ContentFormat.senmlCbor, ContentFormat.text])(
    'the newest state only, without a time (%s)',
    async accept => {
      await begin({}, false)
      const view = await site.observePath(celsius, { accept })
      const other = await site.observePath(integer, { accept })
      await offline(() => setEach(celsius, [1, 2, 3]))
      expect([told(view), told(other), site.sent]).toEqual([[`${celsius}=3`], [], ['NON']])
    },
  )

  test('is asked when the client falls silent', async () => {
    await begin({}, false)
    const view = await site.observePath(celsius)
    await offline(() => setEach(celsius, [1, 2]))
    site.client.objects.set('/1/0/6', true)
    await offline(() => setEach(celsius, [3, 4]))
    expect(told(view)).toEqual([`${celsius}=2`, `${celsius}=3@4`, `${celsius}=4@5`])
  })
})

describe('LwM2M Core 1.2.2 §7.3.2, hqmax', () => {
  test('0: nothing is kept but that there is a newer state', async () => {
    await begin()
    await site.attach(celsius, 'hqmax=0')
    const view = await site.observePath(celsius)
    await offline(() => setEach(celsius, [1, 2, 3]))
    expect(told(view)).toEqual([`${celsius}=3`])
  })

  test('n: the newest n, and the number of the others is told to the application', async () => {
    await begin()
    await site.attach(celsius, 'hqmax=2')
    const view = await site.observePath(celsius)
    await offline(() => setEach(celsius, [1, 2, 3, 4, 5]))
    expect(told(view)).toEqual([`${celsius}=4@3`, `${celsius}=5@4`])
    expect(site.observationEvents.slice(1)).toEqual([
      { type: 'dropped', shortServerId: 7, paths: [celsius], droppedCount: 3 },
      { type: 'acknowledged', shortServerId: 7, paths: [celsius] },
    ])
  })

  test('a smaller one counts from the next value on', async () => {
    await begin()
    const device = await observationsSite()
    await device.connect()
    await device.observe(0)
    device.hold('all')
    for (const value of [10, 11, 12, 13]) device.set(0, value)
    device.device.context.attributes.set([3303, 0, 5700], { hqmax: 2 })
    expect(device.observations.droppedNotifications).toBe(0)
    device.set(0, 14)
    expect(device.observations.droppedNotifications).toBe(3)
    device.observations.release()
    await device.clock.advance(1_000)
    expect(device.take()).toEqual(['/3303/0 13', '/3303/0 14'])
    await device.close()
  })

  test('on some resources of an instance: only these are kept, of the others the newest state is told', async () => {
    await begin()
    await site.attach(integer, 'hqmax=5')
    const view = await site.observePath('/3442/0')
    await offline(async () => {
      await setEach(integer, [1])
      await setEach('/3442/0/130', [1.5])
      await setEach(integer, [2])
    })
    const newest = [`${integer}=2`, '/3442/0/130=1.5', '/3442/0/140=false']
    expect(told(view)).toEqual([`${integer}=1@0`, `${integer}=2@2`, ...newest])
    await setEach('/3442/0/130', [2.5])
    expect(told(view).slice(5)).toContain('/3442/0/130=2.5')
  })
})

describe('the bound of what is kept', () => {
  test('the oldest of all goes first, and each drop is counted', async () => {
    await begin({ client: { maximumHeldNotifications: 3 } })
    const views = [await site.observePath(celsius), await site.observePath(integer)]
    await offline(async () => {
      await setEach(celsius, [1, 2])
      await setEach(integer, [1, 2])
      await setEach(celsius, [3])
    })
    expect(views.map(told)).toEqual([[`${celsius}=3@4`], [`${integer}=1@2`, `${integer}=2@3`]])
    expect(site.observationEvents.filter(({ type }) => type === 'dropped')).toEqual([
      { type: 'dropped', shortServerId: 7, paths: [celsius], droppedCount: 2 },
    ])
  })

  test('the newest state of an observation is told though all that was kept of it made room', async () => {
    await begin({ client: { maximumHeldNotifications: 3 } })
    const view = await site.observePath(integer)
    await site.observePath(celsius)
    await offline(async () => {
      await setEach(integer, [5, 6])
      await setEach(celsius, [1, 2, 3, 4])
    })
    expect(told(view)).toEqual([`${integer}=6`])
    expect(site.observationEvents).toContainEqual({
      type: 'dropped',
      shortServerId: 7,
      paths: [integer],
      droppedCount: 2,
    })
  })

  test('the drops of an observation that ends meanwhile are told, too', async () => {
    await begin({ client: { maximumHeldNotifications: 1 } })
    const view = await site.observePath(celsius)
    await offline(async () => {
      await setEach(celsius, [1, 2, 3])
      site.sensor.delete()
    })
    expect(view.ends).toEqual([Code.notFound])
    expect(
      site.observationEvents.slice(1).map(event => ('droppedCount' in event ? event.droppedCount : event.type)),
    ).toEqual([3, 'removed'])
  })
})
