import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fileStore } from '../../client/persistence.ts'
import type { SavedObservation } from '../../client/saved-observation.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { Code } from '../../transport/coap/message.ts'
import { type ClientSiteOptions, errorResponse } from '../helpers/client-site.ts'
import { type ObservationsSite, observationsSite } from '../helpers/observations-site.ts'
import { type ReportingSite, reportingSite, type ServerView } from '../helpers/reporting-site.ts'
import { account, MemoryPersistence, restartSite } from '../helpers/restart-site.ts'

const celsius = '/3303/0/5700'
const integer = '/3442/0/120'

const told = ({ notifications }: ServerView) => notifications.flatMap(line => line.split(' ').slice(1))

describe('an observation whose registration is over, with /1/x/6 true (LwM2M Core 1.2.2 §6.4.1, §E.2)', () => {
  let site: ReportingSite

  async function begin(options: ClientSiteOptions = {}, stores = true): Promise<void> {
    site = await reportingSite(options)
    site.client.objects.set('/1/0/6', stores)
  }

  afterEach(async () => {
    await site.stop()
    expect([site.clock.pendingTimers, site.errors]).toEqual([0, []])
  })

  async function setEach(path: string, values: readonly number[]): Promise<void> {
    for (const value of values) {
      site.set(path, value)
      await site.advance(1)
    }
  }

  /** The server forgets the client, which registers anew over the connection that there is. */
  async function registerAnew(): Promise<void> {
    site.script.answer = ({ path }) => (path === '/rd' ? undefined : errorResponse(Code.notFound))
    site.client.update()
    await site.advance(1)
    site.script.answer = undefined
    expect(site.events.at(-1)?.type).toBe('REGISTRATION_COMPLETE')
  }

  const disabled = async (during: () => Promise<void>) => {
    site.client.disable(7, 60)
    await site.advance(1)
    expect(site.uplinks.at(-1)?.code).toBe(Code.delete)
    await during()
    await site.advance(70)
    expect(site.events.at(-1)?.type).toBe('REGISTRATION_COMPLETE')
  }

  test('disabled: the server that observes again gets what it missed, after the response to that', async () => {
    await begin()
    const before = await site.observePath(celsius)
    await disabled(() => setEach(celsius, [1, 2, 3]))
    expect([before.notifications, site.sent]).toEqual([[], []])
    const view = await site.observePath(celsius)
    expect(site.describe(view.response, [3303, 0, 5700])).toBe(`${celsius}=3`)
    expect(view.notifications).toEqual([])
    await site.advance(1)
    expect(told(view)).toEqual([`${celsius}=1@1`, `${celsius}=2@2`, `${celsius}=3@3`])
    expect([before.notifications, site.sent]).toEqual([[], ['CON']])
  })

  test('registered anew over the same connection: it is told as ever when it observes again', async () => {
    await begin()
    await site.observePath(celsius)
    await registerAnew()
    await setEach(celsius, [1])
    const view = await site.observePath(celsius)
    await setEach(celsius, [2])
    expect(told(view)).toEqual([`${celsius}=1@1`, `${celsius}=2`])
    const other = await site.observePath(integer)
    await setEach(integer, [1])
    expect(told(other)).toEqual([`${integer}=1`])
  })

  test('a composite', async () => {
    await begin()
    await site.observeComposite([celsius, integer])
    await disabled(async () => {
      await setEach(celsius, [1])
      await setEach(integer, [2])
    })
    const view = await site.observeComposite([integer, celsius])
    await site.advance(1)
    expect(told(view)).toEqual([`${celsius}=1@1`, `${integer}=0@1`, `${integer}=2@2`])
  })

  test('false: it ends with its registration', async () => {
    await begin({}, false)
    await site.observePath(celsius)
    await disabled(() => setEach(celsius, [1]))
    const view = await site.observePath(celsius)
    await site.advance(1)
    expect(view.notifications).toEqual([])
  })

  test('another format that has a place for times takes it over, one without has it dropped', async () => {
    for (const [accept, count] of [
      [ContentFormat.senmlJson, 2],
      [ContentFormat.text, 0],
    ] as const) {
      await begin()
      await site.observePath(celsius)
      await registerAnew()
      await setEach(celsius, [1, 2])
      const view = await site.observePath(celsius, { accept })
      await site.advance(1)
      expect(told(view)).toHaveLength(count)
      await setEach(celsius, [3])
      expect(told(view)).toHaveLength(count + 1)
      if (count > 0) await site.stop()
    }
  })

  test('another path is another observation; what nobody observes again is told to nobody', async () => {
    await begin()
    await site.observePath(celsius)
    await disabled(() => setEach(celsius, [1, 2]))
    const view = await site.observePath('/3303/0')
    await site.advance(5)
    expect(view.notifications).toEqual([])
  })

  test('a second end of the registration begins anew', async () => {
    await begin()
    await site.observePath(celsius)
    await disabled(() => setEach(celsius, [1]))
    await site.observePath(celsius)
    await site.advance(1)
    await registerAnew()
    await setEach(celsius, [2])
    const view = await site.observePath(celsius)
    await site.advance(1)
    expect(told(view)).toEqual([expect.stringMatching(`${celsius}=2@`)])
  })

  test('what makes room meanwhile is told to the application with its number', async () => {
    await begin({ client: { maximumHeldNotifications: 2 } })
    await site.observePath(celsius)
    await disabled(() => setEach(celsius, [1, 2, 3, 4, 5]))
    const view = await site.observePath(celsius)
    await site.advance(1)
    expect(told(view)).toEqual([`${celsius}=4@4`, `${celsius}=5@5`])
    expect(site.observationEvents.map(event => ('droppedCount' in event ? event.droppedCount : event.type))).toEqual([
      'added',
      'removed',
      'added',
      3,
      'acknowledged',
    ])
  })

  test('what pmin held at the end of the registration is kept', async () => {
    await begin()
    await site.attach(celsius, 'pmin=30')
    await site.observePath(celsius)
    await setEach(celsius, [1])
    await disabled(() => setEach(celsius, [2]))
    const view = await site.observePath(celsius)
    await site.advance(1)
    expect(told(view)).toEqual([expect.stringMatching(`${celsius}=1@1.`), `${celsius}=2@2`])
  })

  test('the deletion of what was observed is told by the response to the next Observe alone', async () => {
    await begin()
    await site.observePath(celsius)
    await disabled(async () => {
      await setEach(celsius, [1])
      site.sensor.delete()
    })
    const view = await site.observePath(celsius)
    expect(view.response.code).toBe(Code.notFound)
    await site.advance(5)
    expect(view.notifications).toEqual([])
  })
})

describe('what is kept over a restart', () => {
  let site: ObservationsSite

  beforeEach(async () => {
    site = await observationsSite()
    await site.connect()
    await site.observe(0)
    site.hold('all')
    for (const value of [10, 11]) {
      site.set(0, value)
      await site.clock.advance(1_000)
    }
  })
  afterEach(async () => {
    await site.close()
    expect(site.clock.pendingTimers).toBe(0)
  })

  const stored = () => JSON.parse(JSON.stringify(site.observations.save())) as [SavedObservation]

  /** Another process with what was saved; its sensor shows something else. */
  async function restart(saved: unknown): Promise<void> {
    site.restart()
    site.hold('all')
    site.set(0, 20)
    site.observations.restore(saved)
    await site.connect()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual([])
    site.observations.release()
    await site.clock.advance(1_000)
  }

  test('is told first, and the state of the new process once', async () => {
    await restart(stored())
    expect(site.take()).toEqual(['/3303/0 10', '/3303/0 11', '/3303/0 20'])
    await site.clock.advance(100_000)
    expect([site.take(), site.observations.save()[0]?.reports]).toEqual([[], undefined])
  })

  test('without a connection the history is in each later save, and no longer when it has arrived', async () => {
    site.disconnect()
    expect(stored()[0].reports).toHaveLength(2)
    await site.connect()
    site.observations.release()
    expect(stored()[0].reports).toHaveLength(2)
    await site.clock.advance(1_000)
    expect(stored()[0].reports).toBeUndefined()
  })

  test('a retired observation is retired in the next process', async () => {
    site.observations.retire()
    const saved = stored()
    expect(saved).toMatchObject([{ isRetired: true, reports: [{}, {}] }])
    await restart(saved)
    expect([site.take(), site.observations.size]).toEqual([[], 0])
    await site.observe(0)
    await site.clock.advance(1_000)
    // Another token, the same history, and what this process began with.
    expect(site.take()).toEqual(['/3303/0 10', '/3303/0 11', '/3303/0 20'])
  })

  test('what the server has not observed again a day later is forgotten by the next Update', async () => {
    site.observations.retire()
    site.observations.release()
    await site.clock.advance(86_400_000 - 1)
    site.observations.release()
    expect(stored()).toHaveLength(1)
    await site.clock.advance(1)
    site.observations.release()
    expect(stored()).toEqual([])
    await site.observe(0)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual([])
  })

  test('what does not fit the objects of this program, or is no report, is left out and harms nothing', async () => {
    const [saved] = stored()
    const [report] = saved.reports as [object]
    const useless: unknown[] = [
      { ...report, values: [['/3303/0/5700', 'text']] },
      { ...report, values: [['/3303/0/5700', { bytes: 'AA==' }]] },
      { ...report, values: [['/3303/0/5700']] },
      { ...report, values: [['/3303/1/5700', 1]] },
      { ...report, values: [['/3303', 1]] },
      { ...report, values: [] },
      { ...report, values: undefined },
      { ...report, contentFormat: undefined },
      { ...report, contentFormat: 40 },
      { ...report, contentFormat: 42 },
    ]
    await restart([{ ...saved, reports: [...useless, report] }])
    expect(site.take()).toEqual(['/3303/0 10', '/3303/0 20'])
    const broken: unknown[] = [
      { ...report, timeSeconds: 'now' },
      { ...report, timeSeconds: -1 },
      { ...report, responseCode: 1 },
      { ...report, contentFormat: 9_999 },
      { ...report, values: 5 },
      { ...report, values: [[5]] },
      { ...report, values: [['x', 1]] },
      { ...report, values: [[]] },
      5,
      null,
    ]
    for (const one of broken) {
      await restart([{ ...saved, reports: [one] }])
      expect([site.take(), site.observations.size]).toEqual([[], 0])
    }
  })

  test('more than the bound: the oldest are dropped', async () => {
    const [saved] = stored()
    const [report] = saved.reports as unknown as [{ timeSeconds: number }]
    const reports = Array.from({ length: 1_500 }, (_, index) => ({
      ...report,
      timeSeconds: report.timeSeconds + index,
    }))
    site.restart()
    site.observations.restore([{ ...saved, reports }])
    expect([site.observations.droppedNotifications, stored()[0].reports?.length]).toEqual([500, 1_000])
  })

  test('property: any report, and the client goes on', async () => {
    const [saved] = stored()
    const [report] = saved.reports as [object]
    const anyValue = fc.oneof(
      fc.anything(),
      fc.double(),
      fc.record({ number: fc.string() }),
      fc.constant({ integer: '5' }),
    )
    const anyPlace = fc.oneof(fc.string(), fc.constantFrom('/3303/0/5700', '/3303/0', '/', '/3303/0/5700/0'))
    const anyReport = fc.record({
      timeSeconds: fc.oneof({ weight: 9, arbitrary: fc.double({ min: 0, noNaN: true }) }, fc.anything()),
      responseCode: fc.constantFrom(69, 132, 160, 68),
      contentFormat: fc.constantFrom(0, 42, 60, 110, 112, 11_542, 11_543, 11_544, 1_542),
      values: fc.array(fc.tuple(anyPlace, anyValue), { maxLength: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(anyReport, { maxLength: 4 }), async reports => {
        site.restart()
        site.hold('all')
        site.observations.restore([{ ...saved, reports: [...reports, report] }])
        await site.connect()
        site.observations.release()
        await site.clock.advance(200)
        site.take()
        expect(site.observations.size).toBeLessThanOrEqual(1)
      }),
      { seed: 1, numRuns: 200 },
    )
  })
})

describe('a client that is killed', () => {
  test.each(['memory', 'file'] as const)('tells after its restart what it kept (%s)', async kind => {
    const site = await restartSite()
    const directory = mkdtempSync(join(tmpdir(), 'lwm2m-history-'))
    const file = join(directory, 'state.json')
    const options = { servers: [{ ...account, storesNotifications: true }] }
    const memory = new MemoryPersistence()
    const open = () => (kind === 'file' ? fileStore(file) : memory)
    const state = open()
    const device = site.boot(state, options)
    await device.start()
    const values: string[] = []
    const subscription = site.server
      .observe('urn:dev:os:1', celsius, { accept: ContentFormat.senmlJson })
      .subscribe(({ values: read }) =>
        values.push(
          ...read.map(({ value, timeSeconds }) => `${JSON.stringify(value)}${timeSeconds === undefined ? '' : '@'}`),
        ),
      )
    await site.clock.advance(1_000)
    device.client.enterOffline()
    for (const sensorValue of [22, 23]) {
      device.sensor.set({ sensorValue })
      await site.clock.advance(1_000)
    }
    await state.flush()
    device.kill()
    const next = site.boot(open(), options)
    await next.start()
    await site.clock.advance(5_000)
    expect(values).toEqual(['21.5', '22@', '23@', '21.5@'])
    subscription.unsubscribe()
    const stopped = next.client.stop()
    await site.clock.advance(1_000)
    await stopped
    await site.close()
    rmSync(directory, { recursive: true })
    expect([site.errors, next.told]).toEqual([[], []])
  })
})
