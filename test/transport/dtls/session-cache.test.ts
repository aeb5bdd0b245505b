import { expect, test } from 'vitest'
import { SessionCache } from '../../../transport/dtls/session-cache.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { sessionOf } from '../../helpers/dtls-session.ts'

const limits = { maximumSessions: 3, lifetimeSeconds: 60 }
const id = (number: number) => Buffer.of(number)

function newCache() {
  const clock = new SimulatedClock()
  const cache = new SessionCache(clock, limits)
  const add = (number: number) => cache.add(sessionOf(number, clock.now()))
  const known = () => [1, 2, 3, 4, 5].filter(number => cache.find(id(number)) !== undefined)
  return { clock, cache, add, known }
}

test('a session is found by its id, whatever kind of bytes the id is', () => {
  const { clock, cache, add } = newCache()
  add(1)
  expect(cache.find(id(1))).toEqual(sessionOf(1, clock.now()))
  expect(cache.find(new Uint8Array([9, 1, 9]).subarray(1, 2))).toEqual(sessionOf(1, clock.now()))
  expect(cache.find(id(2))).toBeUndefined()
  expect(cache.find(Buffer.alloc(0))).toBeUndefined()
})

test('the least recently used session makes room for a new one', () => {
  const { cache, add, known } = newCache()
  for (const number of [1, 2, 3]) add(number)
  cache.find(id(1))
  add(4)
  expect(known()).toEqual([1, 3, 4])
  for (let number = 0; number < 256; number++) add(number)
  expect(cache.size).toBe(3)
})

test('a session added again replaces the one before', () => {
  const { clock, cache, add } = newCache()
  add(1)
  cache.add({ ...sessionOf(1, clock.now()), serverName: 'other' })
  expect(cache.size).toBe(1)
  expect(cache.find(id(1))?.serverName).toBe('other')
})

test('a session is over when its lifetime is, counted from the full handshake', async () => {
  const { clock, cache, add } = newCache()
  add(1)
  await clock.advance(59_999)
  expect(cache.find(id(1))).toBeDefined()
  await clock.advance(1)
  expect(cache.find(id(1))).toBeUndefined()
  expect(cache.size).toBe(0)
})

test('sessions that are over give way first, without a timer', async () => {
  const { clock, cache, add } = newCache()
  add(1)
  add(2)
  await clock.advance(60_000)
  add(3)
  expect(cache.size).toBe(1)
  expect(clock.pendingTimers).toBe(0)
})

test('a session that is deleted is not found again (RFC 5246 §7.2)', () => {
  const { cache, add, known } = newCache()
  add(1)
  add(2)
  cache.delete(id(1))
  cache.delete(id(9))
  expect(known()).toEqual([2])
})

test('what the cache forgets or is given and gives are not the same secrets', () => {
  const { clock, cache } = newCache()
  const given = sessionOf(1, clock.now())
  cache.add(given)
  const found = cache.find(id(1))
  cache.delete(id(1))
  expect(given.masterSecret).toEqual(Buffer.alloc(48, 1))
  expect(found?.masterSecret).toEqual(Buffer.alloc(48, 1))
  cache.add(given)
  given.masterSecret.fill(0)
  expect(cache.find(id(1))?.masterSecret).toEqual(Buffer.alloc(48, 1))
})
