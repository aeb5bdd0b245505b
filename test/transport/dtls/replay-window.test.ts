import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReplayWindow } from '../../../transport/dtls/replay-window.ts'

test('nothing came yet', () => {
  const window = new ReplayWindow()
  expect(window.newest).toBe(-1)
  expect([0, 1, 2 ** 48 - 1].map(sequence => window.isNew(sequence))).toEqual([true, true, true])
})

test('what is not authentic moves nothing', () => {
  const window = new ReplayWindow()
  window.isNew(1000)
  expect(window.isNew(3)).toBe(true)
  expect(window.newest).toBe(-1)
})

test('64 sequence numbers are told apart, older ones dropped', () => {
  const window = new ReplayWindow()
  window.accept(100)
  expect([100, 99, 37, 36, 0, 101].map(sequence => window.isNew(sequence))).toEqual([
    false,
    true,
    true,
    false,
    false,
    true,
  ])
})

test('the highest sequence numbers', () => {
  const window = new ReplayWindow()
  window.accept(2 ** 48 - 2)
  expect(window.isNew(2 ** 48 - 2)).toBe(false)
  expect(window.isNew(2 ** 48 - 1)).toBe(true)
})

test.each([1, 2, 31, 32, 33, 63, 64, 65, 96, 2 ** 32])('moves on by %i, and knows what came before', count => {
  const window = new ReplayWindow()
  const accepted = [100, 131, 131 + count]
  for (const sequence of accepted) window.accept(sequence)
  for (let sequence = window.newest - 63; sequence <= window.newest; sequence++) {
    expect(window.isNew(sequence), `${sequence}`).toBe(!accepted.includes(sequence))
  }
})

test('is a set of all that was accepted, and of all that is 64 behind', () => {
  const steps = fc.array(
    fc.oneof(
      fc.nat(40),
      fc.nat(150),
      fc.integer({ min: 60, max: 70 }).map(n => 100 + n),
    ),
    {
      maxLength: 60,
    },
  )
  fc.assert(
    fc.property(steps, fc.constantFrom(0, 2 ** 31 - 60, 2 ** 32 - 70, 2 ** 48 - 200), (sequences, base) => {
      const window = new ReplayWindow()
      const accepted = new Set<number>()
      for (const step of sequences) {
        const newest = Math.max(-1, ...accepted)
        for (let sequence = base; sequence < base + 200; sequence++) {
          const isNew = !accepted.has(sequence) && sequence > newest - 64
          if (window.isNew(sequence) !== isNew) expect.fail(`${sequence} of ${[...accepted].join()}`)
        }
        const sequence = base + step
        // A late one may be accepted by nobody who asked before; it must do no harm.
        window.accept(sequence)
        if (sequence > newest - 64) accepted.add(sequence)
        expect(window.newest).toBe(Math.max(newest, sequence))
      }
    }),
    { seed: 4, numRuns: 100 },
  )
})
