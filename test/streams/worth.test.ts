import { Subject } from 'rxjs'
import { expect, test } from 'vitest'
import type { Change } from '../../objects/store.ts'
import { worthNotifying } from '../../streams/worth.ts'
import { marbles } from '../helpers/marbles.ts'

const of = (id: number): Change => ({ path: [3, 0, id], kind: 'value' })

test('lets batches pass in which something is worth a notification, whole and at once', () => {
  marbles(({ hot, expectObservable, expectSubscriptions }) => {
    const batches = { a: [of(1), of(9)], b: [of(1)], c: [of(9)] }
    const changes$ = hot(' -a-b-c-b-(abc)-|', batches)
    const judge = { areWorth: (changes: readonly Change[]) => changes.some(({ path }) => path[2] === 9) }
    const worth$ = changes$.pipe(worthNotifying(judge))
    expectObservable(worth$).toBe('                 -a---c---(ac)--|', batches)
    expectObservable(worth$, '^--------!').toBe('   -a---c', batches)
    expectSubscriptions(changes$.subscriptions).toBe([' ^--------------!', '^--------!'])
  })
})

test('an error of the source or of the judge ends it', () => {
  marbles(({ hot, expectObservable, expectSubscriptions }) => {
    const broken = new Error('broken')
    const changes$ = hot('-a-b-#', { a: [of(1)], b: [of(2)] }, broken)
    const judge = {
      areWorth: ([change]: readonly Change[]) => {
        if (change?.path[2] === 2) throw broken
        return true
      },
    }
    expectObservable(changes$.pipe(worthNotifying({ areWorth: () => true }))).toBe(
      '-a-b-#',
      { a: [of(1)], b: [of(2)] },
      broken,
    )
    expectObservable(changes$.pipe(worthNotifying(judge))).toBe('-a-#', { a: [of(1)] }, broken)
    expectSubscriptions(changes$.subscriptions).toBe(['^----!', '^--!'])
  })
})

test('asks the judge once a batch, for each subscriber: a threshold that is crossed is not crossed again', () => {
  const changes$ = new Subject<readonly Change[]>()
  let asked = 0
  const judge = { areWorth: () => ++asked % 2 === 1 }
  const seen: number[] = []
  changes$.pipe(worthNotifying(judge)).subscribe(() => seen.push(asked))
  for (const id of [1, 2, 3]) changes$.next([of(id)])
  expect([seen, asked]).toEqual([[1, 3], 3])
})
