import { describe, expect, test } from 'vitest'
import type { Change } from '../../objects/store.ts'
import { type ChangeSource, changes$ } from '../../streams/changes.ts'
import { FakeChangeSource } from '../helpers/change-source.ts'
import { marbles } from '../helpers/marbles.ts'

const batches: Record<string, readonly Change[]> = {
  a: [{ path: [3, 0, 9], kind: 'value' }],
  b: [
    { path: [3303, 1], kind: 'created' },
    { path: [3303, 0], kind: 'deleted' },
  ],
}

describe('changes$', () => {
  test('gives each transaction as one batch, from one listener for all subscribers, gone with the last', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const transactions = hot('-a--b--a--b', batches)
      const store: ChangeSource = {
        onChanges(listener) {
          const subscription = transactions.subscribe(listener)
          return () => subscription.unsubscribe()
        },
      }
      const shared$ = changes$(store)
      expectObservable(shared$, '^----!    ').toBe('-a--b      ', batches)
      expectObservable(shared$, '--^-----! ').toBe('----b--a   ', batches)
      expectSubscriptions(transactions.subscriptions).toBe('^-------!')
    })
  })

  test('listens again when someone comes after all have gone', () => {
    const store = new FakeChangeSource()
    const shared$ = changes$(store)
    expect(store.listeners).toBe(0)
    shared$.subscribe().unsubscribe()
    expect(store.listeners).toBe(0)

    const seen: (readonly Change[])[] = []
    const subscription = shared$.subscribe(changes => seen.push(changes))
    store.write([3, 0, 9])
    expect(seen).toEqual([[{ path: [3, 0, 9], kind: 'value' }]])
    subscription.unsubscribe()
    expect(store.listeners).toBe(0)
  })
})
