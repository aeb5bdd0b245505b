import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { device } from '../../objects/definitions/device.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { OperationError, ValueError } from '../../objects/errors.ts'
import { type Change, ObjectStore } from '../../objects/store.ts'

function makeStore(): ObjectStore {
  const store = new ObjectStore()
  store.define(temperature)
  store.define(device)
  store.createInstance(3, 0)
  store.createInstance(3303, 0, [{ path: [3303, 0, 5700], value: 21.5 }])
  return store
}

function recorded(store: ObjectStore): (readonly Change[])[] {
  const calls: (readonly Change[])[] = []
  store.onChanges(changes => calls.push(changes))
  return calls
}

test('objects and instances are listed in ascending order', () => {
  const store = makeStore()
  store.createInstance(3303, 7)
  expect(store.createInstance(3303)).toBe(1)
  expect(store.createInstance(3303)).toBe(2)
  expect(store.instanceIds(3303)).toEqual([0, 1, 2, 7])
  expect(store.objects().map(({ id }) => id)).toEqual([3, 3303])
})

test('an instance that exists, or a second one of a single-instance object, is BAD_REQUEST', () => {
  const store = makeStore()
  expect(() => store.createInstance(3303, 0)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  expect(() => store.createInstance(3, 1)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  expect(() => store.createInstance(3303, 65535)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  expect(() => store.createInstance(3304)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
})

test('an instance whose values are refused is not created', () => {
  const store = makeStore()
  const calls = recorded(store)
  expect(() => store.createInstance(3303, 5, [{ path: [3303, 5, 5700], value: 'warm' }])).toThrow(ValueError)
  expect(store.hasInstance(3303, 5)).toBe(false)
  expect(calls).toEqual([])
})

test('type and range are checked, unknown places are NOT_FOUND', () => {
  const store = makeStore()
  expect(() => store.set([3303, 0, 5700], 'warm')).toThrow(ValueError)
  expect(() => store.set([3, 0, 9], 101)).toThrow(ValueError)
  expect(() => store.set([3, 0, 6], 1)).toThrow(ValueError)
  expect(() => store.set([3, 0, 6], { 65535: 1 })).toThrow(ValueError)
  // @ts-expect-error -- a Map would pass for an object without properties
  expect(() => store.set([3, 0, 6], new Map([[0, 1]]))).toThrow(ValueError)
  expect(() => store.set([3, 0, 4], 1)).toThrow(ValueError)
  for (const path of [
    [3304, 0, 5700],
    [3303, 1, 5700],
    [3303, 0, 9999],
    [3303, 0, 5700, 0],
    [3303, 0],
  ]) {
    expect(() => store.set(path, 1)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  }
  expect(store.get([3303, 0, 5700])).toBe(21.5)
})

test('a definition with the same id is refused, the same definition is not', () => {
  const store = makeStore()
  store.define(temperature)
  expect(() => store.define({ ...temperature })).toThrow(TypeError)
  expect(() => store.define({ id: 9, name: 'X', resources: { a: one(1), b: one(1) } })).toThrow(TypeError)
})

function one(id: number) {
  return { id, type: 'integer', operations: 'R' } as const
}

test('entries come in tree order, an empty instance and an empty multiple resource as a path without value', () => {
  const store = makeStore()
  store.createInstance(3303, 1)
  store.set([3303, 0, 5601], -3)
  store.set([3, 0, 7], { 10: 5000, 2: 3300 })
  store.set([3, 0, 6], {})
  expect(store.entries([])).toEqual([
    { path: [3, 0, 6] },
    { path: [3, 0, 7, 2], value: 3300 },
    { path: [3, 0, 7, 10], value: 5000 },
    { path: [3303, 0, 5601], value: -3 },
    { path: [3303, 0, 5700], value: 21.5 },
    { path: [3303, 1] },
  ])
  expect(store.entries([3, 0, 7, 10])).toEqual([{ path: [3, 0, 7, 10], value: 5000 }])
  expect(store.entries([3303], ({ id }) => id === 5601)).toEqual([
    { path: [3303, 0, 5601], value: -3 },
    { path: [3303, 1] },
  ])
  expect(store.entries([3304])).toEqual([])
})

test('a lone change is told at once, an equal value not at all', () => {
  const store = makeStore()
  const calls = recorded(store)
  store.set([3303, 0, 5700], 22)
  store.set([3303, 0, 5700], 22)
  store.set([3, 0, 7, 0], 3300)
  store.set([3, 0, 7], { 0: 3300 })
  store.set([3, 0, 7], { 0: 3301 })
  store.remove([3, 0, 7, 0])
  store.remove([3, 0, 7, 0])
  store.deleteInstance(3303, 0)
  expect(calls).toEqual([
    [{ path: [3303, 0, 5700], kind: 'value' }],
    [{ path: [3, 0, 7, 0], kind: 'value' }],
    [{ path: [3, 0, 7], kind: 'value' }],
    [{ path: [3, 0, 7, 0], kind: 'value' }],
    [{ path: [3303, 0], kind: 'deleted' }],
  ])
})

test('a server that writes the value already there causes a change', () => {
  const store = makeStore()
  const calls = recorded(store)
  store.batch(() => {
    store.batch(() => store.set([3303, 0, 5700], 21.5))
    store.set([3303, 0, 5700], 21.5)
  }, 'server')
  store.set([3303, 0, 5700], 21.5)
  expect(calls).toEqual([[{ path: [3303, 0, 5700], kind: 'value' }]])
})

test('a batch is one call, and inner batches join it', () => {
  const store = makeStore()
  const calls = recorded(store)
  const result = store.batch(() => {
    store.set([3303, 0, 5700], 1)
    return store.batch(() => store.createInstance(3303))
  })
  expect(result).toBe(1)
  expect(calls).toEqual([
    [
      { path: [3303, 0, 5700], kind: 'value' },
      { path: [3303, 1], kind: 'created' },
    ],
  ])
})

test('a throw undoes the batch and tells nobody; caught inside, only the inner batch is undone', () => {
  const store = makeStore()
  const calls = recorded(store)
  const before = store.entries([])
  const failure = new Error('no')
  expect(() =>
    store.batch(() => {
      store.set([3303, 0, 5700], 1)
      store.deleteInstance(3, 0)
      throw failure
    }),
  ).toThrow(failure)
  expect(store.entries([])).toEqual(before)
  expect(calls).toEqual([])

  store.batch(() => {
    store.set([3303, 0, 5601], 1)
    expect(() =>
      store.batch(() => {
        store.set([3303, 0, 5602], 2)
        throw failure
      }),
    ).toThrow(failure)
  })
  expect(store.get([3303, 0, 5601])).toBe(1)
  expect(store.has([3303, 0, 5602])).toBe(false)
  expect(calls).toEqual([[{ path: [3303, 0, 5601], kind: 'value' }]])
})

test('an async function is no batch: a type error, and undone at run time', () => {
  const store = makeStore()
  // @ts-expect-error -- the batch would end at the first await
  expect(() => store.batch(async () => store.set([3303, 0, 5700], 1))).toThrow(TypeError)
  expect(store.get([3303, 0, 5700])).toBe(21.5)
})

test('what a listener changes is told afterwards, to every listener in the same order', () => {
  const store = makeStore()
  const seen: string[] = []
  store.onChanges(changes => {
    seen.push(`a${changes[0]?.path[2]}`)
    if (changes[0]?.path[2] === 5700) store.set([3303, 0, 5602], 30)
  })
  store.onChanges(changes => seen.push(`b${changes[0]?.path[2]}`))
  store.set([3303, 0, 5700], 30)
  expect(seen).toEqual(['a5700', 'b5700', 'a5602', 'b5602'])
})

test('locks are counted; changes and waiting callbacks come with the last unlock', () => {
  const store = makeStore()
  const calls = recorded(store)
  const order: string[] = []
  store.whenUnlocked(() => order.push('at once'))
  const unlockA = store.lock()
  const unlockB = store.lock()
  store.whenUnlocked(() => {
    order.push('first')
    expect(calls).toHaveLength(1)
    const relock = store.lock()
    store.whenUnlocked(() => order.push('third'))
    order.push(store.locked ? 'locked' : 'open')
    relock()
  })
  store.whenUnlocked(() => order.push('second'))
  store.whenUnlocked(() => order.push('cancelled'))()
  store.set([3303, 0, 5700], 1)
  store.set([3303, 0, 5700], 2)
  unlockA()
  unlockA()
  expect([store.locked, order, calls]).toEqual([true, ['at once'], []])
  unlockB()
  expect(store.locked).toBe(false)
  expect(calls.map(({ length }) => length)).toEqual([2])
  expect(new Set(order)).toEqual(new Set(['at once', 'first', 'locked', 'second', 'third']))
  expect(order.slice(0, 3)).toEqual(['at once', 'first', 'locked'])
})

test('a callback that locks again makes the others wait on', () => {
  const store = makeStore()
  const unlock = store.lock()
  const order: string[] = []
  let unlockAgain = () => {}
  store.whenUnlocked(() => {
    unlockAgain = store.lock()
    order.push('first')
  })
  store.whenUnlocked(() => order.push('second'))
  unlock()
  expect(order).toEqual(['first'])
  unlockAgain()
  expect(order).toEqual(['first', 'second'])
})

test('bytes are copied in, so that a caller cannot change the store behind its back', () => {
  const store = new ObjectStore()
  store.define({ id: 42, name: 'Blob', resources: { data: { id: 0, type: 'opaque', operations: 'RW' } } })
  store.createInstance(42, 0)
  const bytes = Uint8Array.of(1, 2)
  store.set([42, 0, 0], bytes)
  bytes[0] = 9
  expect(store.get([42, 0, 0])).toEqual(Uint8Array.of(1, 2))
})

type Step = (store: ObjectStore) => void

const id = fc.integer({ min: 0, max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(id, fc.integer()).map(
    ([i, v]): Step =>
      store =>
        store.set([3303, i, 5700], v),
  ),
  fc.tuple(id, fc.integer()).map(
    ([i, v]): Step =>
      store =>
        store.set([3, 0, 7, i], v),
  ),
  fc.dictionary(fc.constantFrom('0', '1', '2'), fc.integer()).map(
    (v): Step =>
      store =>
        store.set([3, 0, 7], v),
  ),
  id.map(
    (i): Step =>
      store =>
        store.remove([3, 0, 7, i]),
  ),
  fc.constant<Step>(store => store.remove([3, 0, 7])),
  id.map(
    (i): Step =>
      store =>
        void store.createInstance(3303, i),
  ),
  id.map(
    (i): Step =>
      store =>
        store.deleteInstance(3303, i),
  ),
)

test('random batches that throw leave the store as it was, and their listeners in silence', () => {
  fc.assert(
    fc.property(fc.array(step), fc.array(fc.tuple(step, fc.boolean())), (preparation, steps) => {
      const store = makeStore()
      for (const prepare of preparation) tolerate(() => prepare(store))
      const before = store.entries([])
      const calls = recorded(store)
      const failure = new Error('end')
      expect(() =>
        store.batch(() => {
          for (const [run, nested] of steps) tolerate(() => (nested ? store.batch(() => run(store)) : run(store)))
          throw failure
        }),
      ).toThrow(failure)
      expect(store.entries([])).toEqual(before)
      expect(calls).toEqual([])
    }),
    { seed: 1, numRuns: 300 },
  )
})

function tolerate(run: () => void): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
  }
}
