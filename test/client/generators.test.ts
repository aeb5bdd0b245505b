import { expect, test } from 'vitest'
import { applyDeviceFile, parseDeviceFile } from '../../client/device-file.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ObjectsApi } from '../../objects/objects.ts'
import { formatPath } from '../../objects/path.ts'
import { ObjectStore } from '../../objects/store.ts'
import { seededRandom } from '../../transport/random.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'

const table = 'hour,celsius\n0,19.5\n1,20.5\n2,21\n'

async function running(resources: Readonly<Record<string, unknown>>, { id = 3303, seed = 1 } = {}) {
  const text = JSON.stringify({ objects: [{ id, instances: { 0: resources } }] })
  const file = await parseDeviceFile(text, { readFile: () => Promise.resolve(Buffer.from(table)) })
  const { clock } = simulatedWorld()
  const store = new ObjectStore()
  const objects = new ObjectsApi(store)
  const batches: string[][] = []
  store.onChanges(changes => batches.push(changes.map(({ path }) => formatPath(path))))
  const stop = applyDeviceFile({ objects }, file, { clock, random: seededRandom(seed) })
  /** The values of a resource, one a second, the one of now first. */
  const values = async (path: string, count: number) => {
    const seen: unknown[] = [objects.get(path)]
    while (seen.length < count) {
      await clock.advance(1000)
      seen.push(objects.get(path))
    }
    return seen
  }
  return { objects, clock, stop, batches, values }
}

const path = '/3303/0/5700'
const ramp = { generator: 'ramp', from: 0, to: 4, periodSeconds: 4, everySeconds: 1 }

test('a ramp begins again, turns round, or stays', async () => {
  const expected = {
    repeat: [0, 1, 2, 3, 0, 1, 2, 3, 0],
    reverse: [0, 1, 2, 3, 4, 3, 2, 1, 0],
    hold: [0, 1, 2, 3, 4, 4, 4, 4, 4],
  }
  for (const [atEnd, values] of Object.entries(expected)) {
    const site = await running({ 5700: { ...ramp, atEnd } })
    expect(await site.values(path, 9)).toEqual(values)
  }
})

test('a sine begins at its mean', async () => {
  const sine = { generator: 'sine', mean: 20, amplitude: 5, periodSeconds: 4, everySeconds: 1, decimals: 6 }
  expect(await (await running({ 5700: sine })).values(path, 5)).toEqual([20, 25, 20, 15, 20])
})

test('a random walk stays within its bounds and steps, and its seed repeats it', async () => {
  const walk = { generator: 'randomWalk', min: 10, max: 12, step: 1, everySeconds: 1 }
  const of = async (rest: object, seed = 1) =>
    (await (await running({ 5700: { ...walk, ...rest } }, { seed })).values(path, 50)) as number[]
  const values = await of({})
  expect(values[0]).toBe(11)
  for (const [index, value] of values.entries()) {
    expect(value).toBeGreaterThanOrEqual(10)
    expect(value).toBeLessThanOrEqual(12)
    if (index > 0) expect(Math.abs(value - (values[index - 1] ?? 0))).toBeLessThanOrEqual(1)
  }
  expect(new Set(values).size).toBeGreaterThan(20)
  expect(await of({}, 2)).not.toEqual(values)
  expect(await of({ seed: 7 }, 2)).toEqual(await of({ seed: 7 }, 3))
})

test('a table is replayed, over and over or once', async () => {
  const csv = { generator: 'csv', file: 'day.csv', column: 'celsius', everySeconds: 1 }
  expect(await (await running({ 5700: csv })).values(path, 5)).toEqual([19.5, 20.5, 21, 19.5, 20.5])
  expect(await (await running({ 5700: { ...csv, repeat: false } })).values(path, 5)).toEqual([19.5, 20.5, 21, 21, 21])
})

test('a constant makes entries of a time series', async () => {
  const constant = { generator: 'constant', value: 3, everySeconds: 1 }
  const { clock } = simulatedWorld()
  const objects = new ObjectsApi(new ObjectStore(), () => clock.now() / 1000)
  objects.create(temperature, 0)
  const series = objects.cache(path, { capacity: 10 })
  const text = JSON.stringify({ objects: [{ id: 3303, instances: { 0: { 5700: constant } } }] })
  const file = await parseDeviceFile(text, { readFile: () => Promise.reject(new Error('none')) })
  applyDeviceFile({ objects }, file, { clock, random: seededRandom(1) })
  await clock.advance(3000)
  expect(series.save().map(({ value }) => value)).toEqual([3, 3, 3, 3])
})

test('an integer gets whole numbers, a resource instance its own generator', async () => {
  const { objects, clock } = await running({ 7: { 0: { ...ramp, to: 2 }, 1: 5000 }, 9: { ...ramp, to: 2 } }, { id: 3 })
  await clock.advance(1000)
  expect(objects.get('/3/0/7')).toEqual({ 0: 1, 1: 5000 })
  expect(objects.get('/3/0/9')).toBe(1)
})

test('one timer, and one transaction for all that are due at once', async () => {
  const { clock, stop, batches } = await running({ 5700: ramp, 5601: { ...ramp, everySeconds: 2 }, 5602: ramp })
  expect(clock.pendingTimers).toBe(1)
  batches.length = 0
  await clock.advance(2000)
  expect(batches).toEqual([
    ['/3303/0/5602', '/3303/0/5700'],
    ['/3303/0/5601', '/3303/0/5602', '/3303/0/5700'],
  ])
  stop()
  expect(clock.pendingTimers).toBe(0)
})

test('it waits for an instance that a server has deleted', async () => {
  const { objects, clock } = await running({ 5700: ramp })
  objects.delete('/3303/0')
  await clock.advance(2000)
  expect(objects.has('/3303/0')).toBe(false)
  objects.create(temperature, 0)
  await clock.advance(1000)
  expect(objects.get(path)).toBe(3)
})
