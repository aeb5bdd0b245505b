import { expect, test } from 'vitest'
import { Duplicates } from '../../../transport/coap/duplicates.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'

const token = Buffer.from([1])
const lifetimeMs = 247_000

function duplicatesOf(maximumBytes: number) {
  const clock = new SimulatedClock(0)
  const duplicates = new Duplicates(maximumBytes)
  const known = (from: number, to: number) => {
    let count = 0
    for (let id = from; id < to; id++) if (duplicates.find(id, token, clock.now()) !== undefined) count++
    return count
  }
  return { clock, duplicates, known }
}

test('a message is known until EXCHANGE_LIFETIME has passed', () => {
  const { clock, duplicates } = duplicatesOf(10_000)
  const seen = duplicates.remember(7, token, clock.now(), lifetimeMs)
  expect(duplicates.find(7, token, clock.now())).toBe(seen)
  clock.advanceSync(lifetimeMs - 1)
  expect(duplicates.find(7, token, clock.now())).toBe(seen)
  clock.advanceSync(1)
  expect(duplicates.find(7, token, clock.now())).toBeUndefined()
})

test('the same message id with another token is another message', () => {
  const { clock, duplicates } = duplicatesOf(10_000)
  duplicates.remember(7, token, clock.now(), lifetimeMs)
  expect(duplicates.find(7, Buffer.from([2]), clock.now())).toBeUndefined()
  expect(duplicates.find(7, Buffer.from([1, 2]), clock.now())).toBeUndefined()
  const other = duplicates.remember(7, Buffer.from([2]), clock.now(), lifetimeMs)
  expect(duplicates.find(7, Buffer.from([2]), clock.now())).toBe(other)
})

test('beyond the bound the oldest are forgotten, the newest stay', () => {
  const { clock, duplicates, known } = duplicatesOf(20_000)
  for (let id = 0; id < 10_000; id++)
    duplicates.setReply(duplicates.remember(id, token, clock.now(), lifetimeMs), Buffer.alloc(100))
  expect(known(0, 10_000)).toBeLessThanOrEqual(20_000 / 300 + 1)
  expect(known(9_960, 10_000)).toBe(40)
})

test('an answer to a message that was forgotten meanwhile does not eat up the bound', () => {
  const { clock, duplicates, known } = duplicatesOf(20_000)
  const slow = Array.from({ length: 1_000 }, (_, id) => duplicates.remember(id, token, clock.now(), lifetimeMs))
  for (const seen of slow) duplicates.setReply(seen, Buffer.alloc(1_000))
  for (let id = 2_000; id < 2_060; id++) duplicates.remember(id, token, clock.now(), lifetimeMs)
  expect(known(2_000, 2_060)).toBe(60)
})

test('a token is kept as a copy, so that its datagram can be freed', () => {
  const { clock, duplicates } = duplicatesOf(20_000)
  const datagram = Buffer.alloc(65_000, 1)
  const seen = duplicates.remember(1, datagram.subarray(4, 5), clock.now(), lifetimeMs)
  expect(seen.token.buffer.byteLength).toBeLessThan(65_000)
  expect(duplicates.find(1, token, clock.now())).toBe(seen)
})

test('what has expired is swept when others come', () => {
  const { clock, duplicates, known } = duplicatesOf(20_000)
  for (let id = 0; id < 90; id++)
    duplicates.setReply(duplicates.remember(id, token, clock.now(), lifetimeMs), Buffer.alloc(20))
  clock.advanceSync(lifetimeMs)
  for (let id = 100; id < 190; id++)
    duplicates.setReply(duplicates.remember(id, token, clock.now(), lifetimeMs), Buffer.alloc(20))
  expect(known(100, 190)).toBe(90)
})
