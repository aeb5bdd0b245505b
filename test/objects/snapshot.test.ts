import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { accessControl } from '../../objects/definitions/access-control.ts'
import { oscore } from '../../objects/definitions/oscore.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import type { BootstrapOperation } from '../../objects/operations/operation.ts'
import { covers, formatPath, type Path, parsePath } from '../../objects/path.ts'
import type { PathValue } from '../../objects/path-value.ts'
import { accountObjectIds, restoreSnapshot, takeSnapshot } from '../../objects/snapshot.ts'
import type { Change, ObjectStore } from '../../objects/store.ts'
import { codeOf, setUp } from './operations/setting.ts'

/** Two accounts with an Access Control instance and an OSCORE instance, and an application object. */
function site() {
  const setting = setUp()
  const { store } = setting
  store.define(oscore)
  store.define(accessControl)
  store.createInstance(0, 1, [
    { path: [0, 1, 0], value: 'coap://bootstrap.example' },
    { path: [0, 1, 1], value: true },
    { path: [0, 1, 2], value: 3 },
  ])
  store.createInstance(2, 3, [
    { path: [2, 3, 0], value: 32000 },
    { path: [2, 3, 1], value: 0 },
    { path: [2, 3, 2, 1], value: 7 },
  ])
  store.createInstance(21, 0)
  store.set([32000, 0, 0], 5)
  store.set([32000, 0, 11], { 1: 2 })
  return setting
}

/** What the store tells while `run` runs. */
function told(store: ObjectStore, run: () => void): Change[][] {
  const calls: Change[][] = []
  const end = store.onChanges(changes => calls.push([...changes]))
  run()
  end()
  return calls
}

const changeTexts = (calls: readonly Change[][]) =>
  calls.map(changes => changes.map(({ kind, path }) => `${kind} ${formatPath(path)}`))

test('what was changed, added and taken away comes back in one batch that tells no more than that', () => {
  const { store } = site()
  const before = store.entries([])
  const snapshot = takeSnapshot(store)
  store.set([1, 0, 0], 9)
  store.createInstance(1, 4, [{ path: [1, 4, 0], value: 9 }])
  store.deleteInstance(0, 1)
  store.remove([32000, 0, 3])
  store.set([32000, 0, 9], true)
  store.set([32000, 0, 4], { 0: 40, 2: 43, 5: 45 })
  const calls = told(store, () => restoreSnapshot(store, snapshot))
  expect(store.entries([])).toEqual(before)
  expect(changeTexts(calls)).toEqual([
    [
      'created /0/1',
      'value /0/1/0',
      'value /0/1/1',
      'value /0/1/2',
      'deleted /1/4',
      'value /1/0/0',
      'value /32000/0/9',
      'value /32000/0/3',
      'value /32000/0/4/5',
      'value /32000/0/4/2',
    ],
  ])
  expect(told(store, () => restoreSnapshot(store, snapshot))).toEqual([])
})

test('only the named objects are restored, and one without instances becomes so again', () => {
  const { store } = site()
  store.deleteInstance(21, 0)
  const snapshot = takeSnapshot(store, [1, 21, 4711])
  store.set([1, 0, 0], 9)
  store.set([0, 0, 2], 3)
  store.createInstance(21, 6)
  restoreSnapshot(store, snapshot)
  expect(store.get([1, 0, 0])).toBe(1)
  expect(store.get([0, 0, 2])).toBe(3)
  expect(store.instanceIds(21)).toEqual([])
})

test('a multiple resource without resource instances is not the same as none', () => {
  const { store } = site()
  store.set([32000, 0, 4], {})
  const snapshot = takeSnapshot(store)
  store.set([32000, 0, 4, 1], 1)
  restoreSnapshot(store, snapshot)
  expect(store.entries([32000, 0, 4])).toEqual([{ path: [32000, 0, 4] }])
  store.remove([32000, 0, 4])
  restoreSnapshot(store, snapshot)
  expect(store.entries([32000, 0, 4])).toEqual([{ path: [32000, 0, 4] }])
})

test('the application is not asked: no handler is called', () => {
  const { store } = site()
  const snapshot = takeSnapshot(store)
  store.deleteInstance(32000, 0)
  store.createInstance(32000, 1)
  const called = () => expect.unreachable()
  store.handlers.add(32000, undefined, 2, { validate: called, written: called })
  store.handlers.addToObject(32000, { created: called, deleted: called })
  restoreSnapshot(store, snapshot)
  expect(store.instanceIds(32000)).toEqual([0])
})

test('a read-only value stays as the application has it now, but not that of an account', () => {
  const { store } = site()
  const snapshot = takeSnapshot(store)
  store.set([32000, 0, 0], 6)
  store.set([32000, 0, 11], { 2: 3 })
  store.set([32000, 0, 2], 99)
  store.set([32000, 0, 8], 99)
  store.set([1, 0, 0], 9)
  store.set([1, 0, 11], 41)
  restoreSnapshot(store, snapshot, { keepReadOnly: true })
  expect(store.get([32000, 0, 0])).toBe(6)
  expect(store.entries([32000, 0, 11])).toEqual([{ path: [32000, 0, 11, 2], value: 3 }])
  expect([store.get([32000, 0, 2]), store.get([32000, 0, 8])]).toEqual([12, 18])
  expect([store.get([1, 0, 0]), store.get([1, 0, 11])]).toEqual([1, undefined])
})

test('a read-only value that the session took away with its instance comes back', () => {
  const { store, bootstrap } = site()
  const snapshot = takeSnapshot(store)
  bootstrap({ kind: 'bootstrapDelete', path: [32000, 0] })
  bootstrap({
    kind: 'bootstrapWrite',
    path: [32000, 0, 2],
    contentFormat: ContentFormat.text,
    payload: Buffer.from('1'),
  })
  restoreSnapshot(store, snapshot, { keepReadOnly: true })
  expect(store.get([32000, 0, 0])).toBe(5)
})

test('a snapshot that does not fit the definitions changes nothing', () => {
  const { store } = site()
  const before = store.entries([])
  const restore = (path: Path, value: number) => () =>
    restoreSnapshot(store, {
      objectIds: [1, path[0] as number],
      entries: [
        { path: [1, 7], value: null },
        { path, value },
      ],
    })
  expect(restore([32000, 0, 2], 101)).toThrow('out of its range')
  expect(restore([32000, 0, 77], 1)).toThrow('/32000/0/77')
  expect(restore([32000, 0, 2, 1], 1)).toThrow('expected a signed 64-bit integer')
  expect(restore([4711, 0, 1], 1)).toThrow('there is no object 4711')
  expect(store.entries([])).toEqual(before)
})

const record = fc.record({
  place: fc.constantFrom('/0/0/0', '/0/1/0', '/0/5/10', '/1/0/0', '/1/0/1', '/1/2/0', '/2/3/2/1', '/2/4/0', '/3/0/15'),
  field: fc.constantFrom<object>({ v: 1 }, { v: 77 }, { vs: 'coap://x' }, { vb: true }),
})
const everything = fc.record({
  place: fc
    .tuple(fc.constantFrom('0', '1', '6'), fc.constantFrom('0', '1', '2', '3', '4/0', '4/7', '8', '9', '11/1'))
    .map(([instance, resource]) => `/32000/${instance}/${resource}`),
  field: fc.constantFrom<object>({ v: 1 }, { v: 12 }, { vs: 'text' }, { vb: true }),
})
const bootstrapWrite = fc.array(fc.oneof(record, everything), { minLength: 1, maxLength: 3 }).chain(records =>
  fc.integer({ min: 1, max: 3 }).map((level): BootstrapOperation => {
    const path = parsePath((records[0] as { place: string }).place).slice(0, level)
    const pack = records
      .filter(({ place }) => covers(path, parsePath(place)))
      .map(({ place, field }) => ({ n: place, ...field }))
    return {
      kind: 'bootstrapWrite',
      path,
      contentFormat: ContentFormat.senmlJson,
      payload: Buffer.from(JSON.stringify(pack)),
    }
  }),
)
const bootstrapDelete = fc
  .constantFrom('/', '/0', '/0/0', '/1', '/1/0', '/2', '/21/0', '/32000', '/32000/0', '/3/0', '/9999')
  .map((path): BootstrapOperation => ({ kind: 'bootstrapDelete', path: parsePath(path) }))
const operations = fc.array(fc.oneof({ weight: 3, arbitrary: bootstrapWrite }, bootstrapDelete), { maxLength: 6 })

/** Each change must be one: its place is there in one of the two only, or with another value. */
function expectDifferences(
  before: readonly PathValue[],
  after: readonly PathValue[],
  changes: readonly Change[],
): void {
  const textOf = (entries: readonly PathValue[], path: Path) =>
    JSON.stringify(entries.filter(entry => covers(path, entry.path)))
  for (const { path } of changes) expect(textOf(before, path), formatPath(path)).not.toBe(textOf(after, path))
}

test('whatever a bootstrap session did is taken back', () => {
  const seen = new Map<string | undefined, number>()
  fc.assert(
    fc.property(operations, session => {
      const { store, bootstrap } = site()
      const before = store.entries([])
      const snapshot = takeSnapshot(store)
      for (const operation of session) {
        const code = codeOf(bootstrap(operation))
        seen.set(code, (seen.get(code) ?? 0) + 1)
      }
      const failed = store.entries([])
      const calls = told(store, () => restoreSnapshot(store, snapshot))
      expect(store.entries([])).toEqual(before)
      expect(calls.length).toBeLessThanOrEqual(1)
      expectDifferences(failed, before, calls.flat())
    }),
    { seed: 1, numRuns: 1000 },
  )
  for (const code of ['2.02', '2.04', '4.00', '4.04', '4.05']) expect(seen.get(code), code).toBeGreaterThan(20)
})

test('with the values of the application kept, the accounts and what a server can set are as before', () => {
  fc.assert(
    fc.property(operations, fc.integer({ min: 50, max: 60 }), (session, reading) => {
      const { store, bootstrap } = site()
      const settable = (entries: readonly PathValue[]) =>
        entries.filter(
          ({ path: [objectId, , resourceId] }) =>
            accountObjectIds.includes(objectId as number) ||
            resourceId === undefined ||
            store.resource(objectId as number, resourceId)?.operations !== 'R',
        )
      const before = store.entries([])
      const snapshot = takeSnapshot(store)
      for (const operation of session) bootstrap(operation)
      if (store.hasInstance(32000, 0)) store.set([32000, 0, 0], reading)
      const expected = store.get([32000, 0, 0]) ?? 5
      restoreSnapshot(store, snapshot, { keepReadOnly: true })
      expect(settable(store.entries([]))).toEqual(settable(before))
      expect(store.get([32000, 0, 0])).toBe(expected)
    }),
    { seed: 1, numRuns: 500 },
  )
})
