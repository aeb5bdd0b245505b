import { expect, test } from 'vitest'
import { OperationError, ValueError } from '../../objects/errors.ts'
import { ObjectsApi } from '../../objects/objects.ts'
import { restoreSnapshot, takeSnapshot } from '../../objects/snapshot.ts'
import { ObjectStore } from '../../objects/store.ts'
import type { TimeSeries, TimeSeriesOptions } from '../../objects/time-series.ts'
import { deliver, integer, path, sensor, seriesAt, setUp, undelivered } from './time-series-setting.ts'

test('each write of the application makes an entry with its time and is told, also of an equal value', () => {
  const { objects, handle, store, told } = setUp()
  const series = objects.cache(integer, { capacity: 4 })
  objects.set(integer, 1)
  objects.set(integer, 1)
  handle.set({ integer: 1 })
  expect(series.save()).toEqual([
    { timeSeconds: 1_700_000_001, value: 1 },
    { timeSeconds: 1_700_000_002, value: 1 },
    { timeSeconds: 1_700_000_003, value: 1 },
  ])
  expect(told).toEqual([[integer], [integer], [integer]])
  expect([series.size, series.dropped, store.get(path)]).toEqual([3, 0, 1])
})

test('another resource has no entries, and an equal value of it is no change', () => {
  const { objects, handle, told } = setUp()
  const series = objects.cache(integer, { capacity: 4 })
  handle.set({ unsigned: 5 })
  handle.set({ unsigned: 5 })
  objects.create(sensor, 1, { integer: 1 })
  expect([series.size, told]).toEqual([0, [['/32000/0/1'], ['/32000/1', '/32000/1/0']]])
})

test('a full series drops the new entry by default, and counts it', () => {
  const { objects, values, told, store } = setUp()
  const series = objects.cache(integer, { capacity: 2 })
  for (const value of [1, 2, 3, 3]) objects.set(integer, value)
  expect([values(), series.size, series.dropped, store.get(path)]).toEqual([[1, 2], 2, 2, 3])
  // The last one was neither a new value nor an entry.
  expect(told).toHaveLength(3)
})

test('dropOldest drops the oldest entry, and counts it', () => {
  const { objects, values, told } = setUp()
  const series = objects.cache(integer, { capacity: 2, whenFull: 'dropOldest' })
  for (const value of [1, 2, 3, 3]) objects.set(integer, value)
  expect([values(), series.size, series.dropped]).toEqual([[3, 3], 2, 2])
  expect(told).toHaveLength(4)
})

test('entries of one instant have times of their own, in the order of the writes', () => {
  const store = new ObjectStore()
  const objects = new ObjectsApi(store, () => 1_700_000_000)
  objects.create(sensor, 0)
  const series = objects.cache(integer, { capacity: 3 })
  for (const value of [1, 2, 3]) objects.set(integer, value)
  const times = series.save().map(({ timeSeconds }) => timeSeconds)
  expect(new Set(times).size).toBe(3)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(times.map(Math.floor)).toEqual([1_700_000_000, 1_700_000_000, 1_700_000_000])
})

test.each(['dropNewest', 'dropOldest'] as const)('a batch that fails takes its entries back, %s', whenFull => {
  const { objects, values, store, told } = setUp()
  const series = objects.cache(integer, { capacity: 3, whenFull })
  for (const value of [1, 2]) objects.set(integer, value)
  const before = [series.save(), series.dropped]
  const failing = () =>
    objects.batch(() => {
      for (const value of [3, 4, 5, 6, 7]) objects.set(integer, value)
      objects.set(integer, 101)
    })
  expect(failing).toThrow(ValueError)
  expect([series.save(), series.dropped, store.get(path)]).toEqual([...before, 2])
  expect(told).toHaveLength(2)
  objects.batch(() => objects.set(integer, 8))
  expect(values()).toEqual([1, 2, 8])
})

test.each([
  ['delivered', (series: TimeSeries) => deliver(series, 1, 2), []],
  ['delivered in part', (series: TimeSeries) => deliver(series, 1, 1), []],
  ['restored', (series: TimeSeries) => series.restore([{ timeSeconds: 1, value: 9 }]), [2, 3]],
  ['ended', (series: TimeSeries) => series.end(), []],
] as const)('what is %s in a batch that fails stays so', (_, interrupt, left) => {
  const { objects, store } = setUp()
  objects.cache(integer, { capacity: 2, whenFull: 'dropOldest' })
  const series = seriesAt(store)
  for (const value of [1, 2]) objects.set(integer, value)
  const failing = () =>
    objects.batch(() => {
      objects.set(integer, 3)
      interrupt(series)
      throw new Error('stop')
    })
  expect(failing).toThrow('stop')
  expect([undelivered(series, 1), series.size]).toEqual([left, left.length])
})

test('what a server writes, and what is restored, sets the value and makes no entry', () => {
  const { store, objects, told } = setUp()
  const series = objects.cache(integer, { capacity: 4 })
  store.batch(() => store.set(path, 5), 'server')
  expect([store.get(path), series.size]).toEqual([5, 0])
  const snapshot = takeSnapshot(store)
  store.batch(() => store.set(path, 6), 'server')
  restoreSnapshot(store, snapshot)
  restoreSnapshot(store, snapshot)
  expect([store.get(path), series.size]).toEqual([5, 0])
  expect(told).toHaveLength(3)
})

test('the validate option and the validate handler keep a value out, which is set all the same', () => {
  const { store, objects, values, told } = setUp()
  objects.cache(integer, { capacity: 9, validate: value => (value as number) > 0 })
  objects.onWrite(sensor, 'integer', { validate: (_path, value) => value < 10 })
  for (const value of [-1, 5, 11, 11]) objects.set(integer, value)
  expect([values(), store.get(path), told.length]).toEqual([[5], 11, 3])
})

test('a validate handler that refuses with an OperationError keeps a value out; any other throw fails the write', () => {
  const { store, objects, values } = setUp()
  objects.cache(integer, { capacity: 9 })
  let error: Error = new OperationError('CONFLICT', 'not now')
  objects.onWrite(integer, {
    validate: () => {
      throw error
    },
  })
  objects.set(integer, 1)
  error = new Error('broken')
  expect(() => objects.set(integer, 2)).toThrow('broken')
  expect([values(), store.get(path)]).toEqual([[], 1])
})

test('resource instances have series of their own, written one by one or together', () => {
  const { objects, values, told } = setUp()
  objects.cache('/32000/0/10/1', { capacity: 4 })
  objects.cache('/32000/0/10/2', { capacity: 4, validate: value => value !== 22 })
  objects.set('/32000/0/10', { 0: 10, 1: 11, 2: 12 })
  objects.set('/32000/0/10/1', 21)
  objects.set('/32000/0/10', { 1: 21, 2: 22 })
  objects.set('/32000/0/10', { 1: 21, 2: 22 })
  objects.set('/32000/0/10', { 2: 22 })
  objects.set('/32000/0/10', { 2: 22 })
  expect([values('/32000/0/10/1'), values('/32000/0/10/2')]).toEqual([[11, 21, 21, 21], [12]])
  expect(told.flat()).toEqual(['/32000/0/10', '/32000/0/10/1', '/32000/0/10', '/32000/0/10', '/32000/0/10'])
})

test('one resource instance whose validate throws leaves the others without an entry', () => {
  const { objects, values } = setUp()
  objects.cache('/32000/0/10/1', { capacity: 4 })
  objects.cache('/32000/0/10/2', {
    capacity: 4,
    validate: () => {
      throw new Error('broken')
    },
  })
  expect(() => objects.set('/32000/0/10', { 1: 1, 2: 2 })).toThrow('broken')
  expect([values('/32000/0/10/1'), objects.get('/32000/0/10')]).toEqual([[], undefined])
})

test.each(['0', '1', '2', '3', '4', '10/0'])('a type of fixed size has a series: %s', id => {
  const { objects } = setUp()
  expect(objects.cache(`/32000/0/${id}`, { capacity: 1 }).size).toBe(0)
})

test.each(['5', '6', '7', '8', '9', '10'])('any other resource is METHOD_NOT_ALLOWED: %s', id => {
  const { objects } = setUp()
  const cache = () => objects.cache(`/32000/0/${id}`, { capacity: 1 })
  expect(cache).toThrow(expect.objectContaining({ code: 'METHOD_NOT_ALLOWED' }))
})

test.each([
  ['/32000/0', 'INVALID_PATH'],
  ['/', 'INVALID_PATH'],
  ['/32000/0/99', 'NOT_FOUND'],
  ['/32001/0/0', 'NOT_FOUND'],
  ['/32000/0/0/0', 'NOT_FOUND'],
])('a place that can have no series: %s is %s', (place, code) => {
  const { objects } = setUp()
  expect(() => objects.cache(place, { capacity: 1 })).toThrow(expect.objectContaining({ code }))
})

test.each([
  { capacity: 0 },
  { capacity: -1 },
  { capacity: 1.5 },
  { capacity: Number.NaN },
  { capacity: 10_001 },
  { capacity: 1, whenFull: 'drop' },
])('options that there are not: %j', options => {
  const { objects, store } = setUp()
  expect(() => objects.cache(integer, options as TimeSeriesOptions)).toThrow(TypeError)
  expect(store.timeSeries.isEmpty).toBe(true)
})

test('a place has one series, and another one when that has ended', () => {
  const { objects, store, told } = setUp()
  const series = objects.cache(integer, { capacity: 10_000 })
  expect(() => objects.cache(integer, { capacity: 1 })).toThrow(TypeError)
  objects.set(integer, 1)
  series.end()
  expect([series.size, store.timeSeries.isEmpty]).toEqual([0, true])
  objects.set(integer, 1)
  expect([series.size, told.length]).toEqual([0, 1])
  const another = objects.cache(integer, { capacity: 1 })
  series.end()
  objects.set(integer, 2)
  expect(another.size).toBe(1)
})

test('without a source of time there is no series', () => {
  const store = new ObjectStore()
  const objects = new ObjectsApi(store)
  objects.create(sensor, 0)
  expect(() => objects.cache(integer, { capacity: 1 })).toThrow(TypeError)
})

test('the series at and below a path', () => {
  const { objects, store } = setUp()
  objects.create(sensor, 1)
  for (const place of ['/32000/0/0', '/32000/0/10/3', '/32000/1/0']) objects.cache(place, { capacity: 1 })
  const below = (...place: number[]) => store.timeSeries.below(place).map(series => series.path.join('/'))
  expect(below()).toEqual(['32000/0/0', '32000/0/10/3', '32000/1/0'])
  expect(below(32000, 0)).toEqual(['32000/0/0', '32000/0/10/3'])
  expect(below(32000, 0, 10)).toEqual(['32000/0/10/3'])
  expect(below(32000, 0, 10, 4)).toEqual([])
})

test('an entry stays until every reader has it', () => {
  const { objects, store, values } = setUp()
  objects.cache(integer, { capacity: 9 })
  const series = seriesAt(store)
  series.join(1)
  series.join(2)
  for (const value of [1, 2, 3]) objects.set(integer, value)
  deliver(series, 1, 3)
  expect([values(), undelivered(series, 1), undelivered(series, 2)]).toEqual([[1, 2, 3], [], [1, 2, 3]])
  deliver(series, 2, 2)
  expect([values(), undelivered(series, 1), undelivered(series, 2)]).toEqual([[3], [], [3]])
  objects.set(integer, 4)
  expect([undelivered(series, 1), undelivered(series, 2)]).toEqual([[4], [3, 4]])
})

test('a reader that leaves holds nothing back; joined twice, it leaves twice', () => {
  const { objects, store, values } = setUp()
  objects.cache(integer, { capacity: 9 })
  const series = seriesAt(store)
  for (const reader of [1, 2, 2]) series.join(reader)
  for (const value of [1, 2]) objects.set(integer, value)
  deliver(series, 1, 1)
  series.leave(2)
  series.leave(3)
  expect(values()).toEqual([1, 2])
  series.leave(2)
  expect(values()).toEqual([2])
})

test('without a reader, what one server has is gone', () => {
  const { objects, store, values } = setUp()
  objects.cache(integer, { capacity: 9 })
  const series = seriesAt(store)
  for (const value of [1, 2, 3]) objects.set(integer, value)
  deliver(series, 7, 2)
  expect([values(), undelivered(series, 8)]).toEqual([[3], [3]])
})

test('beside readers, a server that was sent entries is not sent them again, and holds nothing back', () => {
  const { objects, store, values } = setUp()
  objects.cache(integer, { capacity: 9 })
  const series = seriesAt(store)
  series.join(1)
  for (const value of [1, 2, 3]) objects.set(integer, value)
  deliver(series, 7, 2)
  expect([values(), undelivered(series, 7), undelivered(series, 1)]).toEqual([[1, 2, 3], [3], [1, 2, 3]])
  deliver(series, 1, 3)
  expect(values()).toEqual([])
})

test('a reader behind what dropOldest dropped goes on with the oldest', () => {
  const { objects, store } = setUp()
  objects.cache(integer, { capacity: 2, whenFull: 'dropOldest' })
  const series = seriesAt(store)
  series.join(1)
  const position = series.positionOf(1)
  for (const value of [1, 2, 3, 4]) objects.set(integer, value)
  // The server had been told of the first entry, which is gone by now.
  series.delivered(1, position + 1)
  expect(undelivered(series, 1)).toEqual([3, 4])
})

test('saved entries come before those that came since, as many as there is room for, and nobody has them', () => {
  for (const [whenFull, expected] of [
    ['dropNewest', [1, 2, 3]],
    ['dropOldest', [2, 3, 4]],
  ] as const) {
    const first = setUp()
    const saved = first.objects.cache(integer, { capacity: 3 })
    for (const value of [1, 2, 3]) first.objects.set(integer, value)
    const { objects, store } = setUp()
    const series = objects.cache(integer, { capacity: 3, whenFull })
    seriesAt(store).join(1)
    seriesAt(store).join(2)
    objects.set(integer, 4)
    deliver(seriesAt(store), 1, 1)
    series.restore(structuredClone(saved.save()))
    expect([undelivered(seriesAt(store), 1), series.dropped]).toEqual([expected, 1])
  }
})

test.each([
  [{ timeSeconds: 1, value: 101 }],
  [{ timeSeconds: 1, value: '1' }],
  [{ timeSeconds: Number.NaN, value: 1 }],
  [{ timeSeconds: Number.POSITIVE_INFINITY, value: 1 }],
])('entries that are none are not restored, nor those before: %j', entry => {
  const { objects, values } = setUp()
  const series = objects.cache(integer, { capacity: 3 })
  objects.set(integer, 4)
  expect(() => series.restore([{ timeSeconds: 0, value: 0 }, entry])).toThrow(ValueError)
  expect([values(), series.dropped]).toEqual([[4], 0])
})

test('the application tells that what a read handler supplies has changed', () => {
  const { objects, told } = setUp()
  objects.onRead(integer, () => 5)
  objects.changed(integer)
  objects.changed('/32000/0/10/1')
  expect(told).toEqual([[integer], ['/32000/0/10/1']])
  expect(() => objects.changed('/32000/0')).toThrow(expect.objectContaining({ code: 'INVALID_PATH' }))
  for (const unknown of ['/32000/1/0', '/32000/0/99', '/32000/0/0/0']) {
    expect(() => objects.changed(unknown)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  }
  expect(() =>
    objects.batch(() => {
      objects.changed(integer)
      throw new Error('stop')
    }),
  ).toThrow('stop')
  expect(told).toHaveLength(2)
})
