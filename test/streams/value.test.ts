import { describe, expect, test } from 'vitest'
import type { Content, StoredContent } from '../../objects/content.ts'
import { device } from '../../objects/definitions/device.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import type { ResourcePath } from '../../objects/resource-path.ts'
import { type Change, ObjectStore } from '../../objects/store.ts'
import { changes$ } from '../../streams/changes.ts'
import { PathRouter } from '../../streams/route.ts'
import { value$ } from '../../streams/value.ts'
import { marbles } from '../helpers/marbles.ts'

const sensorValue: ResourcePath = [3303, 0, 5700]
const errorCode: ResourcePath = [3, 0, 11]

/** A store with a temperature and a device, and what `value$` says of one of its resources. */
function watched(path: ResourcePath) {
  const store = new ObjectStore()
  store.define(temperature)
  store.define(device)
  store.createInstance(3303, 0, [{ path: sensorValue, value: 21 }])
  store.createInstance(3, 0)
  const router = new PathRouter(changes$(store))
  const seen: (Content | undefined)[] = []
  const value = value$({ path, source: store, router })
  return { store, router, seen, value, subscription: value.subscribe(content => seen.push(content)) }
}

describe('value$', () => {
  test('the value now and each different one after; looks only when the path is touched, holds its source no longer than it is held', () => {
    marbles(({ hot, clock, expectObservable, expectSubscriptions }) => {
      const changes: Record<string, readonly Change[]> = {
        v: [{ path: sensorValue, kind: 'value' }],
        o: [{ path: [3303, 1, 5700], kind: 'value' }],
        d: [{ path: [3303, 0], kind: 'deleted' }],
        c: [{ path: [3303, 0], kind: 'created' }],
      }
      const batches$ = hot('        -v-v-o-v-d-c-v-o', changes)
      /** What is stored at each millisecond. */
      const values: readonly (StoredContent | undefined)[] = [
        21,
        22,
        22,
        22,
        22,
        99,
        99,
        23,
        23,
        undefined,
        undefined,
        undefined,
        undefined,
        22,
        22,
        99,
      ]
      const router = new PathRouter(batches$)
      const source = { content: () => values[clock.now()] }
      const value = value$({ path: sensorValue, source, router })
      expectObservable(value, '^----------!    ').toBe('na-----b-d      ', { n: 21, a: 22, b: 23, d: undefined })
      expectObservable(value, '----^---------! ').toBe('----a--b-d---a  ', { a: 22, b: 23, d: undefined })
      expectSubscriptions(batches$.subscriptions).toBe('^-------------! ')
    })
  })

  test('a transaction is one value, one that is rolled back none', () => {
    const { store, seen } = watched(sensorValue)
    store.batch(() => {
      for (const value of [22, 23, 24]) store.set(sensorValue, value)
    })
    expect(() =>
      store.batch(() => {
        store.set(sensorValue, 25)
        throw new Error('rolled back')
      }),
    ).toThrow('rolled back')
    store.set([3303, 0, 5601], 1)
    expect(seen).toEqual([21, 24])
  })

  test('what is missing is undefined, before it comes and after it has gone', () => {
    const { store, seen } = watched([3303, 1, 5700])
    store.createInstance(3303, 1)
    store.set([3303, 1, 5700], 20)
    store.remove([3303, 1, 5700])
    store.set([3303, 1, 5700], 20)
    store.deleteInstance(3303, 1)
    expect(seen).toEqual([undefined, 20, undefined, 20, undefined])
  })

  test('a multiple resource by resource instance id, whole or one of them', () => {
    const { store, seen, router } = watched(errorCode)
    const one: unknown[] = []
    value$({ path: [3, 0, 11, 1], source: store, router }).subscribe(content => one.push(content))
    store.set(errorCode, { 0: 0 })
    store.set([3, 0, 11, 1], 4)
    store.set([3, 0, 11, 0], 1)
    store.remove([3, 0, 11, 1])
    expect(seen).toEqual([undefined, { 0: 0 }, { 0: 0, 1: 4 }, { 0: 1, 1: 4 }, { 0: 1 }])
    expect(one).toEqual([undefined, 4, undefined])
  })

  test('the same value, written again by a server, is told once', () => {
    const { store, seen } = watched(sensorValue)
    const told: unknown[] = []
    store.onChanges(changes => told.push(...changes))
    store.batch(() => store.set(sensorValue, 21), 'server')
    expect(told).toHaveLength(1)
    expect(seen).toEqual([21])
  })

  test('who hears the present value may write in answer', () => {
    const { store, value } = watched(sensorValue)
    const seen: unknown[] = []
    value.subscribe(content => {
      seen.push(content)
      if (content !== 24) store.set(sensorValue, Number(content) + 1)
    })
    expect(seen).toEqual([21, 22, 23, 24])
  })

  test('nothing is left at the router when the last has gone', () => {
    const { router, subscription } = watched(sensorValue)
    expect(router.size).toBe(3)
    subscription.unsubscribe()
    expect(router.size).toBe(0)
  })
})
