import { retry } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { sink } from '../../streams/sink.ts'
import { marbles } from '../helpers/marbles.ts'

/** Takes numbers and refuses NaN; notes what it is told and when. */
function numbers(now: () => number = () => 0) {
  const told: string[] = []
  const observer = sink<number>({
    write: value => {
      if (Number.isNaN(value)) throw new RangeError('not a number')
      told.push(`${now()} ${value}`)
    },
    refused: error => told.push(`${now()} refused: ${(error as Error).message}`),
    failed: error => told.push(`${now()} failed: ${String(error)}`),
  })
  return { told, observer }
}

describe('sink', () => {
  test('a value that is refused leaves the subscription as it is', () => {
    marbles(({ hot, clock, flush, expectSubscriptions }) => {
      const source$ = hot('-a-n-b-|', { a: 1, n: Number.NaN, b: 2 })
      const { told, observer } = numbers(() => clock.now())
      source$.subscribe(observer)
      expectSubscriptions(source$.subscriptions).toBe('^------!')
      flush()
      expect(told).toEqual(['1 1', '3 refused: not a number', '5 2'])
    })
  })

  test('an error of the source ends its subscription; the sink takes the next', () => {
    marbles(({ cold, clock, flush, expectSubscriptions }) => {
      const failing$ = cold('-a-#', { a: 1 }, 'broken')
      const next$ = cold('    -b|', { b: 2 })
      const { told, observer } = numbers(() => clock.now())
      failing$.subscribe(observer)
      clock.setTimeout(() => next$.subscribe(observer), 4)
      expectSubscriptions(failing$.subscriptions).toBe('^--!')
      expectSubscriptions(next$.subscriptions).toBe('   ----^-!')
      flush()
      expect(told).toEqual(['1 1', '3 failed: broken', '5 2'])
    })
  })

  test('a source that is retried goes on by itself', () => {
    marbles(({ cold, clock, flush, expectSubscriptions }) => {
      const source$ = cold('-a-#', { a: 1 }, 'broken')
      const { told, observer } = numbers(() => clock.now())
      source$.pipe(retry(1)).subscribe(observer)
      expectSubscriptions(source$.subscriptions).toBe(['^--!', '---^--!'])
      flush()
      expect(told).toEqual(['1 1', '4 1', '6 failed: broken'])
    })
  })

  test('completion of one source changes nothing for another', () => {
    marbles(({ hot, clock, flush, expectSubscriptions }) => {
      const short$ = hot('-a|', { a: 1 })
      const long$ = hot(' ---b-', { b: 2 })
      const { told, observer } = numbers(() => clock.now())
      short$.subscribe(observer)
      long$.subscribe(observer)
      expectSubscriptions(short$.subscriptions).toBe('^-!')
      expectSubscriptions(long$.subscriptions).toBe(' ^  ')
      flush()
      expect(told).toEqual(['1 1', '3 2'])
    })
  })
})
