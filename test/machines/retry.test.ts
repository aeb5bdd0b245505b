import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { countFailure, retryDelayMs } from '../../machines/retry.ts'

const options = { initialDelaySeconds: 2, maximumDelaySeconds: 60 }

test('the delay doubles from the initial one until the maximum', () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7].map(failures => retryDelayMs(failures, options, 0) * 2)
  expect(ceilings).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
})

test('the fraction spreads the delay over the upper half of its ceiling', () => {
  expect(retryDelayMs(1, options, 0)).toBe(1000)
  expect(retryDelayMs(1, options, 0.5)).toBe(1500)
  expect(retryDelayMs(1, options, 1 - Number.EPSILON)).toBe(2000)
})

test('any number of failures gives a finite integer delay between half the initial one and the maximum', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      fc.double({ min: 0.1, max: 1e4, noNaN: true }),
      fc.double({ min: 1, max: 1e4, noNaN: true }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, initialDelaySeconds, factor, fraction) => {
        const maximumDelaySeconds = initialDelaySeconds * factor
        const delayMs = retryDelayMs(failures, { initialDelaySeconds, maximumDelaySeconds }, fraction)
        expect(Number.isSafeInteger(delayMs)).toBe(true)
        expect(delayMs).toBeGreaterThanOrEqual(Math.floor(initialDelaySeconds * 500))
        expect(delayMs).toBeLessThanOrEqual(Math.ceil(maximumDelaySeconds * 1000))
      },
    ),
    { seed: 1 },
  )
})

test('the count of failures stays at its bound', () => {
  expect(countFailure(0)).toBe(1)
  expect(countFailure(2 ** 31 - 2)).toBe(2 ** 31 - 1)
  expect(countFailure(2 ** 31 - 1)).toBe(2 ** 31 - 1)
})
