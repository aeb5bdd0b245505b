import * as fc from 'fast-check'
import { EMPTY, repeat, Subject, type Subscription, throwError } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { type Path, parsePath } from '../../objects/path.ts'
import type { Change } from '../../objects/store.ts'
import { PathRouter } from '../../streams/route.ts'
import { marbles } from '../helpers/marbles.ts'

const change = (path: string, kind: Change['kind'] = 'value'): Change => ({ path: parsePath(path), kind })

/** Whether an observation of the first path is told of a change of the second. */
const matching: readonly (readonly [observed: string, changed: string, told: boolean])[] = [
  ['/3/0/9', '/3/0/9', true],
  ['/3/0', '/3/0/9', true],
  ['/3', '/3/0/7/1', true],
  ['/', '/3/0/9', true],
  ['/3/0/7/1', '/3/0/7', true],
  ['/3/0/7/1', '/3/0', true],
  ['/3/0/9', '/', true],
  ['/3/0/9', '/3/0/13', false],
  ['/3/0/9', '/3/1/9', false],
  ['/3/0', '/4/0', false],
  ['/3/0/7/1', '/3/0/7/2', false],
]

describe('PathRouter', () => {
  test.each(matching)('an observation of %s is told of a change of %s: %s', (observed, changed, told) => {
    const changes$ = new Subject<readonly Change[]>()
    const seen: (readonly Change[])[] = []
    new PathRouter(changes$).changesOf(parsePath(observed)).subscribe(changes => seen.push(changes))
    changes$.next([change(changed)])
    expect(seen).toEqual(told ? [[change(changed)]] : [])
  })

  test('routes to each observer its part of a batch, from one subscription for all of them', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const voltage = change('/3/0/7/1')
      const level = change('/3/0/9')
      const gone = change('/3/0', 'deleted')
      const other = change('/3303/0/5700')
      const batches = { a: [voltage, level, other], b: [other], c: [gone] }
      const changes$ = hot('-a-b-c-a-b', batches)
      const router = new PathRouter(changes$)
      const observe = (path: Path, subscription: string) => expectObservable(router.changesOf(path), subscription)
      observe([3, 0], '   ^-----!   ').toBe('-v---g   ', { v: [voltage, level], g: [gone] })
      observe([3, 0, 9], '--^-----! ').toBe('-----g-l ', { g: [gone], l: [level] })
      observe([3303], '   ----^---!').toBe('-------o ', { o: [other] })
      expectSubscriptions(changes$.subscriptions).toBe('^-------!')
    })
  })

  test('a batch that touches five paths below an observation gives one emission', () => {
    const changes$ = new Subject<readonly Change[]>()
    const seen: (readonly Change[])[] = []
    new PathRouter(changes$).changesOf([3, 0]).subscribe(changes => seen.push(changes))
    const batch = ['/3/0/0', '/3/0/1', '/3/0/7/0', '/3/0/7/1', '/3/0/9'].map(path => change(path))
    changes$.next(batch)
    expect(seen).toEqual([batch])
  })

  test('keeps nothing of an observer that has gone, and all of the others', () => {
    const changes$ = new Subject<readonly Change[]>()
    const router = new PathRouter(changes$)
    const seen: string[] = []
    const instance = router.changesOf([3, 0]).subscribe(() => seen.push('/3/0'))
    const first = router.changesOf([3, 0, 7, 1]).subscribe(() => seen.push('first'))
    const second = router.changesOf([3, 0, 7, 1]).subscribe(() => seen.push('second'))
    expect(router.size).toBe(4)

    first.unsubscribe()
    changes$.next([change('/3/0/7/1')])
    expect(seen).toEqual(['/3/0', 'second'])

    second.unsubscribe()
    expect(router.size).toBe(2)
    changes$.next([change('/3/0/7/1')])
    expect(seen).toEqual(['/3/0', 'second', '/3/0'])

    instance.unsubscribe()
    expect(router.size).toBe(0)
    expect(changes$.observed).toBe(false)
  })

  test('an observer may write, leave and let others come while it is told', () => {
    const changes$ = new Subject<readonly Change[]>()
    const router = new PathRouter(changes$)
    const seen: string[] = []
    const format = (name: string) => (changes: readonly Change[]) =>
      seen.push(`${name} ${changes.map(({ path }) => path.join('/')).join(' ')}`)
    const subscription = router.changesOf([3]).subscribe(changes => {
      subscription.unsubscribe()
      format('leaving')(changes)
      router.changesOf([3]).subscribe(format('coming'))
      changes$.next([change('/3/0/1')])
    })
    router.changesOf([3, 0]).subscribe(format('staying'))
    changes$.next([change('/3/0/0')])
    expect(seen).toEqual(['leaving 3/0/0', 'coming 3/0/1', 'staying 3/0/1', 'staying 3/0/0'])
  })

  test('ends its observers, the one of the root too, as its source ends, and listens anew for the next', () => {
    const changes$ = new Subject<readonly Change[]>()
    const router = new PathRouter(changes$)
    const seen: string[] = []
    for (const path of [[], [3, 0]]) router.changesOf(path).subscribe({ complete: () => seen.push('completed') })
    changes$.complete()
    expect(seen).toEqual(['completed', 'completed'])
    expect(router.size).toBe(0)

    const hot$ = new Subject<readonly Change[]>()
    const empty = new PathRouter(EMPTY)
    const failing = new PathRouter(throwError(() => new Error('store closed')))
    for (const attempt of [1, 2]) {
      empty.changesOf([3]).subscribe({ complete: () => seen.push(`empty ${attempt}`) })
      failing.changesOf([3]).subscribe({ error: (error: Error) => seen.push(`${error.message} ${attempt}`) })
    }
    expect(seen.slice(2)).toEqual(['empty 1', 'store closed 1', 'empty 2', 'store closed 2'])
    expect(empty.size + failing.size).toBe(0)

    const repeating = new PathRouter(hot$)
    repeating
      .changesOf([3])
      .pipe(repeat(2))
      .subscribe({ complete: () => seen.push('repeated') })
    repeating.changesOf([3]).subscribe()
    hot$.complete()
    expect(seen.at(-1)).toBe('repeated')
    expect(repeating.size).toBe(0)
  })

  test('changesOfAny: once a batch what concerns any of the paths, each change once', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const voltage = change('/3/0/7/1')
      const level = change('/3/0/9')
      const gone = change('/3', 'deleted')
      const other = change('/3303/0/5700')
      const batches = { a: [voltage, other, level], b: [change('/4/0/2')], c: [gone], d: [other] }
      const changes$ = hot('-a-b-c-d-', batches)
      const router = new PathRouter(changes$)
      const observe = (...paths: Path[]) => expectObservable(router.changesOfAny(paths), '^-------!')
      // Apart, one below the other, the same twice, none.
      observe([3, 0, 9], [3303]).toBe('-a---g-o', { a: [other, level], g: [gone], o: [other] })
      observe([3], [3, 0], [3, 0, 7, 1]).toBe('-a---g--', { a: [voltage, level], g: [gone] })
      observe([3, 0, 7], [3, 0, 7]).toBe('-a---g--', { a: [voltage], g: [gone] })
      observe([], [3303, 0, 5700]).toBe('-a-b-c-d', batches)
      observe().toBe('')
      expectSubscriptions(changes$.subscriptions).toBe('^-------!')
    })
  })

  test('changesOfAny: keeps nothing of an observer that has gone, and ends it once', () => {
    const changes$ = new Subject<readonly Change[]>()
    const router = new PathRouter(changes$)
    const overlapping: Path[] = [[3, 0, 7, 1], [3], [3, 0], [3, 0]]
    const leaving = router.changesOfAny(overlapping).subscribe()
    const seen: string[] = []
    router
      .changesOfAny([[3, 0, 7, 1], [4]])
      .subscribe({ next: () => seen.push('told'), complete: () => seen.push('ended') })
    expect(router.size).toBe(5)
    leaving.unsubscribe()
    expect(router.size).toBe(5)
    changes$.next([change('/3'), change('/4/0')])
    expect(seen).toEqual(['told'])
    changes$.complete()
    expect([seen, router.size, changes$.observed]).toEqual([['told', 'ended'], 0, false])
  })

  test('property: changesOfAny is the brute-force filter, whatever the paths have in common', () => {
    const anyPath = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 4 })
    const anyBatch = fc.array(anyPath, { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(fc.array(fc.array(anyPath, { maxLength: 4 }), { maxLength: 4 }), fc.array(anyBatch), (all, drawn) => {
        const changes$ = new Subject<readonly Change[]>()
        const router = new PathRouter(changes$)
        const batches = drawn.map(paths => paths.map((path): Change => ({ path, kind: 'value' })))
        const observers = all.map(paths => {
          const seen: (readonly Change[])[] = []
          return { paths, seen, subscription: router.changesOfAny(paths).subscribe(batch => seen.push(batch)) }
        })
        for (const batch of batches) changes$.next(batch)
        for (const { paths, seen, subscription } of observers) {
          const concerns = ({ path: at }: Change) => {
            return paths.some(path => path.every((id, level) => id === (at[level] ?? id)))
          }
          expect(seen).toEqual(batches.map(batch => batch.filter(concerns)).filter(({ length }) => length > 0))
          subscription.unsubscribe()
        }
        expect([router.size, changes$.observed]).toEqual([0, false])
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  test('property: what each observer sees is the brute-force filter over all batches', () => {
    const anyPath = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 4 })
    const anyBatch: fc.Arbitrary<Change[]> = fc.array(
      fc.record({ path: anyPath, kind: fc.constantFrom<Change['kind'][]>('value', 'created', 'deleted') }),
      { maxLength: 6 },
    )
    const anyStep = fc.oneof(
      fc.record({ observe: anyPath }),
      fc.record({ leave: fc.nat() }),
      fc.record({ batch: anyBatch }),
    )
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), steps => {
        const changes$ = new Subject<readonly Change[]>()
        const router = new PathRouter(changes$)
        const observers: {
          path: Path
          seen: (readonly Change[])[]
          expected: Change[][]
          subscription: Subscription
        }[] = []
        for (const step of steps) {
          if ('observe' in step) {
            const seen: (readonly Change[])[] = []
            const subscription = router.changesOf(step.observe).subscribe(changes => seen.push(changes))
            observers.push({ path: step.observe, seen, expected: [], subscription })
          } else if ('leave' in step) {
            observers[step.leave % observers.length]?.subscription.unsubscribe()
          } else {
            changes$.next(step.batch)
            for (const { path, expected, subscription } of observers) {
              const matched = step.batch.filter(({ path: at }) => path.every((id, level) => id === (at[level] ?? id)))
              if (matched.length > 0 && !subscription.closed) expected.push(matched)
            }
          }
        }
        for (const { seen, expected, subscription } of observers) {
          expect(seen).toEqual(expected)
          subscription.unsubscribe()
        }
        expect(router.size).toBe(0)
        expect(changes$.observed).toBe(false)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})
