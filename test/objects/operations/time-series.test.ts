import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { temperature } from '../../../objects/definitions/temperature.ts'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { formatOf } from '../../../objects/formats/formats.ts'
import { ObjectsApi } from '../../../objects/objects.ts'
import type { Operation, OperationOf, Outcome } from '../../../objects/operations/operation.ts'
import { perform } from '../../../objects/operations/perform.ts'
import { readValues } from '../../../objects/operations/read.ts'
import { parsePath } from '../../../objects/path.ts'
import { codeOf, discover, now, read, readComposite, setUp, textOf } from './setting.ts'

const { senmlJson, senmlCbor, lwm2mJson, lwm2mCbor, tlv, text, cbor } = ContentFormat
const place = '/3303/0/5700'

/** Two thermometers, at a time that only `at` moves. */
function thermometers(capacity = 9) {
  const setting = setUp()
  let seconds = 0
  const objects = new ObjectsApi(setting.store, () => seconds)
  for (const id of [0, 1]) objects.create(temperature, id)
  const series = objects.cache(place, { capacity })
  return {
    ...setting,
    objects,
    series,
    at: (timeSeconds: number, value: number, path = place) => {
      seconds = timeSeconds
      objects.set(path, value)
    },
    runFor: (shortServerId: number, operation: Operation, maximumSeriesBytes?: number) =>
      now(
        perform(
          setting.store,
          { ...setting.context, shortServerId, ...(maximumSeriesBytes !== undefined && { maximumSeriesBytes }) },
          operation,
        ),
      ),
  }
}

const observe = (path: string, accept: number): OperationOf<'observe'> => ({
  kind: 'observe',
  path: parsePath(path),
  accept,
})

/** Path, value and time of what a payload holds. */
function decoded(base: string, { contentFormat, payload }: Outcome): unknown[] {
  const { store } = thermometers()
  const values = formatOf(contentFormat as number)?.decode(parsePath(base), payload as Uint8Array, store) ?? []
  return values.map(({ path, value, timeSeconds }) => [`/${path.join('/')}`, value, timeSeconds])
}

/** The values of an outcome that have a time. */
const timed = ({ values = [] }: Outcome) =>
  values.filter(({ timeSeconds }) => timeSeconds !== undefined).map(({ value }) => value)

test('SenML JSON: all entries with their base times, oldest first, in place of the value', () => {
  const { run, at } = thermometers()
  at(1_700_000_000, 21)
  at(1_700_000_060.5, 22.5)
  const outcome = run(read(place, senmlJson))
  expect(textOf(outcome)).toBe('[{"bn":"/3303/0/5700","bt":1700000000,"v":21},{"bt":1700000060.5,"v":22.5}]')
  expect(outcome.values).toEqual([
    { path: [3303, 0, 5700], value: 21, timeSeconds: 1_700_000_000 },
    { path: [3303, 0, 5700], value: 22.5, timeSeconds: 1_700_000_060.5 },
  ])
  expect(outcome.series?.complete).toBe(true)
})

test('SenML CBOR: all entries with their base times, oldest first', () => {
  const { run, at } = thermometers()
  at(1_700_000_000, 21.5)
  at(1_700_000_060, 21.5)
  const payload = Buffer.from(run(read(place, senmlCbor)).payload as Uint8Array)
  // [{-2: "/3303/0/5700", -3: 1700000000, 2: 21.5_1}, {-3: 1700000060, 2: 21.5_1}]
  const expected = ['82', 'a3', '21', '6c', Buffer.from(place).toString('hex'), '22', '1a6553f100', '02', 'f94d60']
  expect(payload.toString('hex')).toBe([...expected, 'a2', '22', '1a6553f13c', '02', 'f94d60'].join(''))
})

test('an instance: entries beside what has no time', () => {
  const { run, at, objects } = thermometers()
  objects.set('/3303/0/5701', 'Cel')
  at(1_700_000_000, 21)
  at(1_700_000_060, 22)
  for (const format of [senmlJson, senmlCbor, lwm2mJson]) {
    expect(decoded('/3303/0', run(read('/3303/0', format)))).toEqual(
      expect.arrayContaining([
        ['/3303/0/5700', 21, 1_700_000_000],
        ['/3303/0/5700', 22, 1_700_000_060],
        ['/3303/0/5701', 'Cel', undefined],
      ]),
    )
  }
})

test('a format without times carries the value alone, and has no series', () => {
  const { run, at } = thermometers()
  at(1_700_000_000, 21)
  at(1_700_000_060, 22)
  expect(textOf(run(read(place, text)))).toBe('22')
  for (const format of [text, tlv, cbor, lwm2mCbor]) {
    const outcome = run(read(place, format))
    expect([outcome.values, outcome.series]).toEqual([[{ path: [3303, 0, 5700], value: 22 }], undefined])
  }
})

test('without an entry that the server does not have: the value without a time', () => {
  const { run, at, runFor, store } = thermometers()
  store.timeSeries.find([3303, 0, 5700])?.join(2)
  at(1_700_000_000, 21)
  run(read(place, senmlJson)).series?.delivered()
  const outcome = run(read(place, senmlJson))
  expect([textOf(outcome), outcome.series]).toEqual(['[{"bn":"/3303/0/5700","v":21}]', undefined])
  expect(timed(runFor(2, read(place, senmlJson)))).toEqual([21])
})

test('a Read leaves the entries where they are, and never limits them', () => {
  const { runFor, at, series } = thermometers()
  for (const value of [1, 2, 3]) at(1_700_000_000 + value, value)
  for (const operation of [read(place, senmlJson), readComposite([place])]) {
    const outcome = runFor(1, operation, 1)
    expect([timed(outcome), outcome.series?.complete, series.size]).toEqual([[1, 2, 3], true, 3])
  }
})

test('delivered() consumes what was carried and not what came since, once', () => {
  const { run, at, series } = thermometers()
  at(1_700_000_000, 21)
  const { series: part } = run(observe(place, senmlJson))
  at(1_700_000_060, 22)
  at(1_700_000_120, 23)
  part?.delivered()
  part?.delivered()
  expect(series.save().map(({ value }) => value)).toEqual([22, 23])
})

test('a composite carries the entries of all its series, by time', () => {
  const { run, at, objects, store } = thermometers()
  objects.cache('/3303/1/5700', { capacity: 9 })
  at(1_700_000_000, 1)
  at(1_700_000_000, 11, '/3303/1/5700')
  at(1_700_000_060, 12, '/3303/1/5700')
  const outcome = run(readComposite(['/3303/1/5700', place], 'observeComposite'))
  expect(decoded('/', outcome)).toEqual([
    ['/3303/0/5700', 1, 1_700_000_000],
    ['/3303/1/5700', 11, 1_700_000_000],
    ['/3303/1/5700', 12, 1_700_000_060],
  ])
  outcome.series?.delivered()
  expect(store.timeSeries.below([]).map(({ size }) => size)).toEqual([0, 0])
})

test('a report that would be too long carries the oldest entries, the rest comes with the next ones', () => {
  for (const format of [senmlJson, senmlCbor]) {
    const { runFor, at } = thermometers(500)
    const all = Array.from({ length: 500 }, (_, index) => index / 4)
    for (const value of all) at(1_700_000_000 + value, value)
    const received: unknown[] = []
    const lengths: number[] = []
    for (let complete = false; !complete && received.length <= all.length; ) {
      const outcome = runFor(1, observe(place, format), 1024)
      received.push(...timed(outcome))
      lengths.push(outcome.payload?.length ?? 0)
      complete = outcome.series?.complete === true
      outcome.series?.delivered()
    }
    expect(received).toEqual(all)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1024)
    // Three quarters full on the whole.
    expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThan(768)
  }
})

test('long entries before short ones, which the reckoning takes for even ones, fill most of a report', () => {
  const { runFor, at } = thermometers(200)
  for (let index = 0; index < 200; index++) at(1_700_000_000 + index, index < 30 ? Math.PI * 1e-200 : 1)
  const { payload, series } = runFor(1, observe(place, senmlJson), 1024)
  expect([payload?.length, series?.complete]).toEqual([expect.any(Number), false])
  expect(payload?.length).toBeLessThanOrEqual(1024)
  expect(payload?.length).toBeGreaterThan(512)
})

test('an entry alone goes even when it is too long', () => {
  const { runFor, at } = thermometers()
  at(1_700_000_000, 21)
  at(1_700_000_060, 22)
  const outcome = runFor(1, observe(place, senmlJson), 1)
  expect([timed(outcome), outcome.series?.complete]).toEqual([[21], false])
})

test('several series share a report fairly: a short one is whole, the long ones have as many each', () => {
  const { runFor, objects, store } = thermometers(100)
  for (const id of [2, 3]) objects.create(temperature, id)
  for (const id of [1, 2, 3]) objects.cache(`/3303/${id}/5700`, { capacity: 100 })
  for (const [id, count] of [3, 100, 60, 100].entries()) {
    for (let value = 0; value < count; value++) objects.set(`/3303/${id}/5700`, value)
  }
  const paths = [0, 1, 2, 3].map(id => `/3303/${id}/5700`)
  const outcome = runFor(1, readComposite(paths, 'observeComposite'), 2000)
  const carried = [0, 1, 2, 3].map(id => outcome.values?.filter(({ path }) => path[1] === id).map(({ value }) => value))
  const share = carried[1]?.length ?? 0
  expect(outcome.payload?.length).toBeLessThanOrEqual(2000)
  expect(outcome.payload?.length).toBeGreaterThan(1700)
  const first = (count: number) => Array.from({ length: count }, (_, index) => index)
  expect(carried).toEqual([first(3), first(share), first(share), first(share)])
  outcome.series?.delivered()
  expect(store.timeSeries.below([]).map(({ size }) => size)).toEqual([0, 100 - share, 60 - share, 100 - share])
})

test('a long series costs a short report few encodings of few entries', () => {
  const { runFor, at, store } = thermometers(10_000)
  for (let value = 0; value < 10_000; value++) at(1_700_000_000 + value, value)
  const series = store.timeSeries.find([3303, 0, 5700])
  let copied = 0
  if (series === undefined) throw new Error('no series')
  const appendTo = series.appendTo.bind(series)
  series.appendTo = (values, position, count) => {
    copied += count
    appendTo(values, position, count)
  }
  expect(timed(runFor(1, observe(place, senmlCbor), 1024)).length).toBeGreaterThan(50)
  expect(copied).toBeLessThan(500)
})

test('a read handler is not asked while the resource has a series', () => {
  const { run, objects, at, series } = thermometers()
  let asked = 0
  objects.onRead(place, () => ++asked)
  objects.onRead('/3303/1/5700', () => 99)
  expect(codeOf(run(read(place, text)))).toBe('4.04')
  expect(textOf(run(discover('/3303/0')))).not.toContain(place)
  at(1_700_000_000, 21)
  expect([textOf(run(read(place, text))), asked]).toEqual(['21', 0])
  expect(timed(run(read('/3303/0', senmlJson)))).toEqual([21])
  expect([textOf(run(read('/3303/1/5700', text))), asked]).toEqual(['99', 0])
  series.end()
  expect([textOf(run(read(place, text))), asked]).toEqual(['1', 1])
})

test('who reads without a Short Server ID sees the value alone', () => {
  const { store, at, objects, bootstrap } = thermometers()
  at(1_700_000_000, 21)
  expect(readValues(store, [3303, 0, 5700])).toEqual([{ path: [3303, 0, 5700], value: 21 }])
  objects.cache('/1/0/1', { capacity: 1 })
  objects.set('/1/0/1', 60)
  const outcome = bootstrap({ kind: 'bootstrapRead', path: [1, 0], accept: senmlJson })
  expect([timed(outcome), outcome.series]).toEqual([[], undefined])
  expect(textOf(outcome)).toContain('"v":60')
})

test('whatever the values, the times and the limit, each entry arrives once, in order, exactly', () => {
  const entries = fc.array(
    fc.record({
      stepSeconds: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 0, max: 100_000 }),
        fc.double({ min: 0, max: 2, noNaN: true }),
      ),
      value: fc.double({ noDefaultInfinity: true, noNaN: true }).map(value => value + 0),
    }),
    { minLength: 1, maxLength: 60 },
  )
  const format = fc.constantFrom(senmlJson, senmlCbor, lwm2mJson)
  fc.assert(
    fc.property(entries, format, fc.integer({ min: 0, max: 2000 }), (steps, contentFormat, maximumBytes) => {
      const { at, runFor, series } = thermometers(60)
      let seconds = 1_700_000_000
      for (const { stepSeconds, value } of steps) at((seconds += stepSeconds), value)
      const all = series.save().map(({ timeSeconds, value }) => [place, value, timeSeconds])
      const received: unknown[] = []
      for (let reports = 0; reports < all.length && received.length < all.length; reports++) {
        const outcome = runFor(1, observe(place, contentFormat), maximumBytes)
        const carried = decoded(place, outcome)
        expect((outcome.payload?.length ?? 0) <= maximumBytes || carried.length === 1).toBe(true)
        received.push(...carried)
        expect(outcome.series?.complete).toBe(received.length === all.length)
        outcome.series?.delivered()
      }
      expect(received).toEqual(all)
      expect(series.size).toBe(0)
    }),
    { seed: 5, numRuns: 150 },
  )
})
