import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultUpdateTiming, updateDelaySeconds } from '../../machines/lifetime.ts'

const delay = (lifetimeSeconds: number, timing: object = {}) =>
  updateDelaySeconds(lifetimeSeconds, { ...defaultUpdateTiming, ...timing })

test('a short lifetime: the Update goes out the early seconds before its end', () => {
  expect(delay(30)).toBe(20)
  expect(delay(40, { updateEarlySeconds: 6 })).toBe(30)
  expect(delay(60, { updateEarlySeconds: 20 })).toBe(40)
})

test('a longer lifetime leaves time for the retransmissions: up to a quarter of it', () => {
  expect(delay(100)).toBe(75)
  expect(delay(300)).toBe(225)
  expect(delay(86_400)).toBe(86_400 - 93)
})

test('more early seconds than the transmission takes are kept', () => {
  expect(delay(86_400, { updateEarlySeconds: 600 })).toBe(85_800)
})

test('the update period comes first when it is the shorter one', () => {
  expect(delay(86_400, { updatePeriodSeconds: 60 })).toBe(60)
  expect(delay(60, { updatePeriodSeconds: 3600 })).toBe(45)
})

test('Updates of the timer are at least 15 s apart', () => {
  expect(delay(86_400, { updatePeriodSeconds: 1 })).toBe(15)
  expect(delay(40, { updateEarlySeconds: 39 })).toBe(15)
  expect(delay(0, { updatePeriodSeconds: 1 })).toBe(15)
})

test('a lifetime too short for 15 s is renewed at its half', () => {
  expect(delay(20)).toBe(10)
  expect(delay(10)).toBe(5)
  expect(delay(1)).toBe(0.5)
})

test('an infinite lifetime needs no Update unless an update period asks for it', () => {
  expect(delay(0)).toBeUndefined()
  expect(delay(0, { updatePeriodSeconds: 3600 })).toBe(3600)
})

test('for every lifetime and timing the Update is due before the lifetime ends, and later for a longer lifetime', () => {
  const seconds = fc.integer({ min: 0, max: 2 ** 32 })
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 2 ** 32 - 2 })),
      seconds,
      seconds,
      fc.option(seconds, { nil: undefined }),
      (lifetimeSeconds, updateEarlySeconds, transmitWaitSeconds, updatePeriodSeconds) => {
        const timing = { updateEarlySeconds, transmitWaitSeconds, updatePeriodSeconds }
        const delaySeconds = delay(lifetimeSeconds, timing) as number
        expect(delaySeconds).toBeGreaterThan(0)
        expect(delaySeconds).toBeLessThan(lifetimeSeconds)
        expect(delay(lifetimeSeconds + 1, timing)).toBeGreaterThanOrEqual(delaySeconds)
      },
    ),
    { seed: 1 },
  )
})

test('a lifetime beyond 136 years keeps the deadline a finite integer', () => {
  expect(delay(Number.MAX_SAFE_INTEGER)).toBe(2 ** 32 - 1 - 93)
})
