import { BehaviorSubject } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { NotificationAttributes } from '../../objects/attributes/evaluate.ts'
import type { Path } from '../../objects/path.ts'
import type { Change } from '../../objects/store.ts'
import { changes$ } from '../../streams/changes.ts'
import { observation } from '../../streams/observation.ts'
import { PathRouter } from '../../streams/route.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { FakeChangeSource } from '../helpers/change-source.ts'
import { marbles } from '../helpers/marbles.ts'

const temperature: Path = [3303, 0, 5700]

describe('observation', () => {
  test('notifies what concerns its path, by its attributes, and holds its sources no longer than it lives', () => {
    marbles(({ hot, cold, clock, expectObservable, expectSubscriptions }) => {
      const batches: Record<string, Change[]> = {
        t: [{ path: temperature, kind: 'value' }],
        o: [{ path: [3, 0, 9], kind: 'value' }],
        d: [{ path: [3303, 0], kind: 'deleted' }],
      }
      const store$ = hot('        -t-o-t 1494ms o 999ms d', batches)
      const attributes$ = cold('  a', { a: { pminSeconds: 1, pmaxSeconds: 4 } })
      const router = new PathRouter(store$)
      const causes$ = observation({ paths: [temperature], router, attributes$, clock })
      expectObservable(causes$, ' ^ 6999ms !').toBe('1s c 1499ms c 3999ms p', { c: 'changed', p: 'pmax' })
      expectSubscriptions(store$.subscriptions).toBe('     ^ 6999ms !')
      expectSubscriptions(attributes$.subscriptions).toBe('^ 6999ms !')
    })
  })

  test('one transaction below it is one notification; several observations each keep their own time', () => {
    const clock = new SimulatedClock(0)
    const store = new FakeChangeSource()
    const router = new PathRouter(changes$(store))
    const sent: string[] = []
    const observe = (path: Path, attributes: NotificationAttributes) =>
      observation({ paths: [path], router, attributes$: new BehaviorSubject(attributes), clock }).subscribe(cause =>
        sent.push(`${clock.now() / 1000}s /${path.join('/')} ${cause}`),
      )
    const subscriptions = [
      observe([3303], {}),
      observe([3303, 0], { pminSeconds: 2 }),
      observe(temperature, { pmaxSeconds: 3 }),
      observe([3, 0], { pmaxSeconds: 4 }),
    ]
    expect(store.listeners).toBe(1)
    clock.advanceSync(1000)
    store.write(temperature, [3303, 0, 5601], [3303, 0, 5602])
    clock.advanceSync(3500)
    expect(sent).toEqual([
      '1s /3303 changed',
      '1s /3303/0/5700 changed',
      '2s /3303/0 changed',
      '4s /3/0 pmax',
      '4s /3303/0/5700 pmax',
    ])
    for (const subscription of subscriptions) subscription.unsubscribe()
    expect([clock.pendingTimers, router.size, store.listeners]).toEqual([0, 0, 0])
  })

  test('the root stands for all but what no server may read (LwM2M Core 1.2.2 §6.4)', () => {
    marbles(({ hot, cold, clock, expectObservable }) => {
      const key: Change = { path: [0, 0, 5], kind: 'value' }
      const oscore: Change = { path: [21, 0], kind: 'created' }
      const reading: Change = { path: temperature, kind: 'value' }
      const store$ = hot('-k-o-t-m-', { k: [key], o: [oscore, key], t: [reading], m: [key, reading] })
      const router = new PathRouter(store$)
      const attributes$ = cold('a', { a: {} })
      const parts$ = cold('p', {
        p: [
          { path: [], attributes: {} },
          { path: temperature, attributes: {} },
        ],
      })
      const root = observation({ paths: [[]], router, attributes$, clock })
      const composite = observation({ paths: [[], temperature], router, parts$, clock })
      expectObservable(root).toBe('     -----c-c-', { c: 'changed' })
      expectObservable(composite).toBe('-----c-c-', { c: 'changed' })
    })
  })

  test('one transaction that touches five paths of a composite is one notification', () => {
    marbles(({ hot, cold, clock, expectObservable, expectSubscriptions }) => {
      const paths: Path[] = [[3, 0, 9], [3, 0, 13], [4, 0], [3303], temperature]
      const touched = [[3, 0, 9], [3, 0, 13], [4, 0, 2], [3303, 1], temperature]
      const store$ = hot<readonly Change[]>('-b-o-b-', {
        b: touched.map((path): Change => ({ path, kind: 'value' })),
        o: [{ path: [3, 0, 10], kind: 'value' }],
      })
      const parts$ = cold('p', { p: paths.map(path => ({ path, attributes: {} })) })
      const router = new PathRouter(store$)
      expectObservable(observation({ paths, router, parts$, clock }), '^-----!').toBe('-c---c-', { c: 'changed' })
      expectSubscriptions(store$.subscriptions).toBe('^-----!')
      expectSubscriptions(parts$.subscriptions).toBe('^-----!')
    })
  })

  test('what is not worth a notification neither notifies nor counts for pmax', () => {
    let noted = 0
    marbles(({ hot, cold, clock, expectObservable }) => {
      const store$ = hot<readonly Change[]>('499ms l 999ms w', {
        l: [{ path: [3303, 0, 5601], kind: 'value' }],
        w: [{ path: temperature, kind: 'value' }],
      })
      const judge = { areWorth: (changes: readonly Change[]) => changes.some(({ path }) => path[2] === 5700) }
      const options = { paths: [[3303, 0]], router: new PathRouter(store$), clock, judge, onChange: () => noted++ }
      const attributes$ = cold('a', { a: { pmaxSeconds: 1 } })
      const causes$ = observation({ ...options, attributes$ })
      expectObservable(causes$, '^ 2s !').toBe('1s p 498ms c', { c: 'changed', p: 'pmax' })
    })
    expect(noted).toBe(1)
  })

  test('samples are worth what the judge says, of the places that there are when an instance comes or goes', () => {
    const clock = new SimulatedClock(0)
    const store = new FakeChangeSource()
    const router = new PathRouter(changes$(store))
    const ids = new Set([0])
    const reads: string[] = []
    const places = () =>
      [...ids].map(id => ({
        periodMs: 1_000,
        read: () => {
          reads.push(`${clock.now() / 1000} /3303/${id}`)
          return [{ path: [3303, id, 5700], value: id }]
        },
      }))
    const sent: number[] = []
    const judge = { areWorth: (changes: readonly Change[]) => changes.some(({ path }) => path[1] === 1) }
    const attributes$ = new BehaviorSubject<NotificationAttributes>({})
    const options = { paths: [[3303]], router, clock, judge, places, attributes$ }
    const subscription = observation(options).subscribe(() => sent.push(clock.now() / 1000))
    clock.advanceSync(1_500)
    ids.add(1)
    store.announce([{ path: [3303, 1], kind: 'created' }])
    expect(sent).toEqual([1.5])
    clock.advanceSync(1_100)
    store.write([3303, 0, 5700])
    ids.delete(0)
    store.announce([{ path: [3303, 0], kind: 'deleted' }])
    clock.advanceSync(1_100)
    expect(reads).toEqual(['1 /3303/0', '2.5 /3303/0', '2.5 /3303/1', '3.6 /3303/1'])
    expect(sent).toEqual([1.5, 2.5, 3.6])
    subscription.unsubscribe()
    expect([clock.pendingTimers, router.size]).toEqual([0, 0])
  })
})
