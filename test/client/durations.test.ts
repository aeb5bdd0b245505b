import { array, assert, double, property } from 'fast-check'
import { expect, test } from 'vitest'
import { Durations } from '../../client/durations.ts'

function summaryOf(all: readonly number[]) {
  const durations = new Durations()
  for (const one of all) durations.add(one)
  return durations.summary()
}

test('no durations', () => {
  expect(summaryOf([])).toEqual({ count: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, maximumMs: 0 })
})

test('a duration of nothing, and one of days', () => {
  expect(summaryOf([0])).toEqual({ count: 1, p50Ms: 0, p90Ms: 0, p99Ms: 0, maximumMs: 0 })
  expect(summaryOf([1e9])).toEqual({ count: 1, p50Ms: 1e9, p90Ms: 1e9, p99Ms: 1e9, maximumMs: 1e9 })
})

test('a percentile is not below the true one, and 2 % above it at most', () => {
  assert(
    property(array(double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 }), all => {
      const sorted = all.toSorted((a, b) => a - b)
      const { p50Ms, p90Ms, p99Ms, maximumMs } = summaryOf(all)
      expect(maximumMs).toBe(sorted.at(-1))
      for (const [share, found] of [
        [0.5, p50Ms],
        [0.9, p90Ms],
        [0.99, p99Ms],
      ] as const) {
        const exact = sorted[Math.ceil(share * all.length) - 1] as number
        expect(found).toBeGreaterThanOrEqual(exact * (1 - 1e-9))
        expect(found).toBeLessThanOrEqual(exact * 1.02 * (1 + 1e-9))
      }
    }),
    { seed: 1, numRuns: 100 },
  )
})
