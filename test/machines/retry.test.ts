import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { countFailure, defaultRetry, isExhausted, retryDelayMs, withoutEnd } from '../../machines/retry.ts'

const options = { initialDelaySeconds: 2, maximumDelaySeconds: 60, spread: 0.5 }

test('the delay doubles from the initial one until the maximum', () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7].map(failures => retryDelayMs(failures, options, 0) * 2)
  expect(ceilings).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
})

test('the fraction gives back what the spread takes away', () => {
  expect(retryDelayMs(1, options, 0)).toBe(1000)
  expect(retryDelayMs(1, options, 0.5)).toBe(1500)
  expect(retryDelayMs(1, options, 1 - Number.EPSILON)).toBe(2000)
  expect(retryDelayMs(1, { ...options, spread: 0 }, 0)).toBe(2000)
  expect(retryDelayMs(1, { ...options, spread: 1 }, 0)).toBe(0)
})

const sequences = { initialDelaySeconds: 60, maximumDelaySeconds: 600, attempts: 3, sequenceDelaySeconds: 86_400 }

test('the delay begins anew with each sequence, after the wait between sequences', () => {
  const delays = [1, 2, 3, 4, 5, 6, 7].map(failures => retryDelayMs(failures, sequences, 0) / 1000)
  expect(delays).toEqual([60, 120, 86_400, 60, 120, 86_400, 60])
})

test('without a wait between sequences the maximum keeps them apart', () => {
  const { sequenceDelaySeconds: _, ...rest } = sequences
  expect(retryDelayMs(3, rest, 0)).toBe(600_000)
  expect(retryDelayMs(1, { ...rest, attempts: 1 }, 0)).toBe(600_000)
})

test('it is given up with the last attempt of the last sequence: by default of the first', () => {
  const givenUp = (counts: object) =>
    [1, 2, 3, 5, 6, 7].map(failures => isExhausted(failures, { ...sequences, ...counts }))
  expect(givenUp({})).toEqual([false, false, true, true, true, true])
  expect(givenUp({ sequences: 2 })).toEqual([false, false, false, false, true, true])
  expect(isExhausted(1, { ...sequences, attempts: 0, sequences: 0 })).toBe(true)
})

test('without a count of attempts there is no end', () => {
  expect(isExhausted(2 ** 31 - 1, defaultRetry)).toBe(false)
  expect(isExhausted(100, withoutEnd(sequences))).toBe(false)
  expect(retryDelayMs(3, withoutEnd(sequences), 0)).toBe(240_000)
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
        const delayMs = retryDelayMs(failures, { initialDelaySeconds, maximumDelaySeconds, spread: 0.5 }, fraction)
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
