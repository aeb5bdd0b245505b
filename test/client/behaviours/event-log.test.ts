import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventLog } from '../../../client/behaviours/event-log.ts'
import { LogRing } from '../../../client/behaviours/log-ring.ts'
import { eventLog20, eventLog as eventLogObject } from '../../../objects/definitions/event-log.ts'
import { type BehaviourSite, behaviourSite } from '../../helpers/behaviour-site.ts'
import { endpoint } from '../../helpers/site.ts'

const [logClass, logStart, logStop, logStatus, logData, logDataFormat] = [4010, 4011, 4012, 4013, 4014, 4015].map(
  id => `/20/0/${id}`,
) as [string, string, string, string, string, string]

const shown = async ({ read }: BehaviourSite, path = logData) =>
  Buffer.from((await read(path)) as Uint8Array).toString()

const executeWith = ({ server, clock }: BehaviourSite, path: string, args: string) =>
  clock.until(server.execute(endpoint, path, args))

describe('Log Start and Log Stop', () => {
  test('nothing is collected before Start and after Stop; the status says so', async () => {
    const site = await behaviourSite()
    const log = eventLog(site.client)
    log.log('before')
    expect(await site.read(logStatus)).toBe(1)
    await site.execute(logStart)
    expect(await site.read(logStatus)).toBe(0)
    log.log('one')
    log.log(Buffer.from('two\n'))
    expect(await site.read(logStatus)).toBe(2)
    await site.execute(logStop)
    log.log('after')
    expect(await site.read(logStatus)).toBe(3)
    expect(log.status).toBe(3)
    expect(await shown(site)).toBe('one\ntwo\n')
  })

  test('Start empties the log, with argument 0 of 1 it goes on; Stop keeps it, with 1 it empties it', async () => {
    const site = await behaviourSite()
    const log = eventLog(site.client, { isRunning: true })
    log.log('one')
    await executeWith(site, logStart, "0='1'")
    log.log('two')
    expect(await shown(site)).toBe('one\ntwo\n')
    await executeWith(site, logStart, "0='0'")
    expect(await shown(site)).toBe('')
    log.log('three')
    await executeWith(site, logStop, "0='0'")
    expect(await shown(site)).toBe('three\n')
    await executeWith(site, logStop, "0='1'")
    expect(await shown(site)).toBe('')
    expect(await site.read(logStatus)).toBe(1)
  })

  test('argument 1 of Start: it stops by itself after so many seconds', async () => {
    const site = await behaviourSite()
    const log = eventLog(site.client)
    const told = await site.observe(logStatus)
    await executeWith(site, logStart, "1='30'")
    await site.seconds(29)
    log.log('in time')
    await site.seconds(1)
    log.log('too late')
    await site.seconds(1)
    expect(told.map(line => line.split('=')[1])).toEqual(['0', '2', '3'])
    expect(await shown(site)).toBe('in time\n')
  })

  test('a Start without argument 1 goes on without end, whatever the one before said', async () => {
    const site = await behaviourSite()
    const log = eventLog(site.client)
    await executeWith(site, logStart, "1='30'")
    await executeWith(site, logStart, "0='1'")
    await site.seconds(60)
    expect(log.status).toBe(0)
    const timers = site.clock.pendingTimers
    await executeWith(site, logStart, "1='30'")
    expect(site.clock.pendingTimers).toBe(timers + 1)
    log.unsubscribe()
    expect(site.clock.pendingTimers).toBe(timers)
  })

  test.each([
    [logStart, "0='2'"],
    [logStart, "1='soon'"],
    [logStart, "1='99999999999'"],
    [logStop, "0='yes'"],
  ])('%s with %s is 4.00 and changes nothing', async (path, args) => {
    const site = await behaviourSite()
    const log = eventLog(site.client, { isRunning: true })
    log.log('one')
    await expect(executeWith(site, path, args)).rejects.toMatchObject({ responseCode: 0x80 })
    expect(log.status).toBe(2)
    expect(await shown(site)).toBe('one\n')
  })
})

describe('Log Data', () => {
  test('for a new entry the oldest go; one that is larger than the log sets the error bit until the next Start', async () => {
    const site = await behaviourSite()
    const log = eventLog(site.client, { maximumBytes: 10, isRunning: true })
    for (const entry of ['abc', 'def', 'ghi', 'jkl']) log.log(entry)
    expect(await shown(site)).toBe('ghi\njkl\n')
    log.log('much too long')
    expect(await site.read(logStatus)).toBe(6)
    expect(await shown(site)).toBe('ghi\njkl\n')
    await site.execute(logStart)
    expect(await site.read(logStatus)).toBe(0)
  })

  test('is told to who observes it', async () => {
    const site = await behaviourSite()
    const log = eventLog(site.client, { isRunning: true })
    const told = await site.observe(logData)
    log.log('one')
    await site.seconds(1)
    expect(told).toHaveLength(1)
  })

  test('comes in the format that a server chooses of those that there are', async () => {
    const site = await behaviourSite()
    const json = (entries: readonly Uint8Array[]) => Buffer.from(JSON.stringify(entries.map(entry => entry.length)))
    const log = eventLog(site.client, { isRunning: true, formats: { 2: json } })
    log.log('one')
    expect(await site.read(logDataFormat)).toBe(0)
    for (const unknown of [1, 3, 100, -1, 256]) expect(await site.write(logDataFormat, unknown)).toBe('4.00')
    expect(await site.write(logDataFormat, 2)).toBe('done')
    expect(await shown(site)).toBe('[4]')
    expect(await site.write(logDataFormat, 0)).toBe('done')
    expect(await shown(site)).toBe('one\n')
  })
})

test('Log Class: generic collects all, another one only its own', async () => {
  const site = await behaviourSite()
  const log = eventLog(site.client, { isRunning: true })
  log.log('system', 1)
  expect(await site.write(logClass, 256)).toBe('4.00')
  expect(await site.write(logClass, 2)).toBe('done')
  log.log('also system', 1)
  log.log('security', 2)
  log.log('generic')
  expect(await shown(site)).toBe('system\nsecurity\n')
})

test('each instance of version 2.0 is a log of its own, and ends with its instance', async () => {
  const site = await behaviourSite({ client: { objects: [eventLog20] } })
  expect(site.client.objects.definitions()).not.toContain(eventLogObject)
  const logs = [0, 1].map(instanceId => eventLog(site.client, { instanceId, isRunning: true }))
  logs[1]?.log('second')
  expect(await shown(site)).toBe('')
  expect(await shown(site, '/20/1/4014')).toBe('second\n')
  expect(await site.delete('/20/1')).toBe('done')
  expect(() => logs[1]?.log('gone')).not.toThrow()
  logs[0]?.unsubscribe()
  logs[0]?.log('over')
  expect(logs[0]?.status).toBe(1)
  expect(await site.execute(logStop)).toBe('4.04')
})

test('a ring holds the newest entries, as many as fit', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 40 })
  fc.assert(
    fc.property(entries, fc.integer({ min: 1, max: 30 }), (all, room) => {
      const ring = new LogRing(room)
      const taken = all.filter(entry => ring.add(entry) && entry.length > 0)
      let bytes = 0
      const expected: Uint8Array[] = []
      for (const entry of taken.toReversed()) {
        bytes += entry.length
        if (bytes > room) break
        expected.unshift(entry)
      }
      expect(ring.entries).toEqual(expected)
      expect(all.filter(entry => entry.length > room)).toHaveLength(
        all.filter(entry => !new LogRing(room).add(entry)).length,
      )
    }),
    { seed: 1 },
  )
})
