import { timingSafeEqual } from 'node:crypto'
import * as fc from 'fast-check'
import { beforeEach, expect, test, vi } from 'vitest'
import { CookieJar } from '../../../transport/dtls/cookie.ts'
import type { ClientHello } from '../../../transport/dtls/messages/client-hello.ts'
import { seededRandom } from '../../../transport/random.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { buffers } from '../../helpers/dtls-decoders.ts'

vi.mock('node:crypto', async importOriginal => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) }
})

beforeEach(() => {
  vi.clearAllMocks()
})

const address = { host: '192.0.2.1', port: 40_000 }
const hello: ClientHello = {
  version: 0xfefd,
  random: Buffer.alloc(32, 1),
  sessionId: Buffer.of(1, 2),
  cookie: Buffer.alloc(0),
  suites: [0xc0a8, 0x00a8],
  compressions: [0],
  extensions: { extendedMasterSecret: true },
}

/** The secret turns each 120 s, counted from the making of the jar. */
const periodMs = 120_000

function newJar() {
  const clock = new SimulatedClock()
  return { clock, jar: new CookieJar(clock, seededRandom(1)) }
}

test('a cookie returned by the same client from the same address is valid', () => {
  const { jar } = newJar()
  const cookie = jar.cookie(address, hello)
  expect(cookie).toHaveLength(32)
  expect(jar.isValid(cookie, address, { ...hello, cookie })).toBe(true)
})

test('extensions may change between the two ClientHello, what RFC 6347 §4.2.1 names may not', () => {
  const { jar } = newJar()
  const cookie = jar.cookie(address, hello)
  expect(jar.isValid(cookie, address, { ...hello, extensions: {} })).toBe(true)
})

test.each<[string, Partial<ClientHello>]>([
  ['version', { version: 0xfefc }],
  ['random', { random: Buffer.alloc(32, 2) }],
  ['session id', { sessionId: Buffer.of(1) }],
  ['suites', { suites: [0xc0a8] }],
  ['compressions', { compressions: [1, 0] }],
])('a cookie is not valid with another %s', (_what, change) => {
  const { jar } = newJar()
  const cookie = jar.cookie(address, hello)
  expect(jar.isValid(cookie, address, { ...hello, ...change })).toBe(false)
})

test.each([
  ['host', { ...address, host: '192.0.2.2' }],
  ['port', { ...address, port: 40_001 }],
])('a cookie is not valid from another %s', (_what, other) => {
  const { jar } = newJar()
  expect(jar.isValid(jar.cookie(address, hello), other, hello)).toBe(false)
})

test('address and parameters do not run into each other', () => {
  const { jar } = newJar()
  const random = Buffer.concat([Buffer.of(0xfe, 0xfd), Buffer.alloc(30, 1)])
  const cookie = jar.cookie({ host: '::1', port: 0x3132 }, { ...hello, random, sessionId: Buffer.of(5, 0) })
  // The same bytes in the same order, if nothing told where the host ends.
  const shifted = Buffer.concat([random.subarray(2), Buffer.of(2, 5)])
  const other = { ...hello, random: shifted, sessionId: Buffer.alloc(0) }
  expect(jar.isValid(cookie, { host: '::112', port: 0xfefd }, other)).toBe(false)
})

test('cookies are compared in constant time', () => {
  const { jar } = newJar()
  const cookie = jar.cookie(address, hello)
  jar.isValid(cookie, address, hello)
  jar.isValid(Buffer.alloc(32), address, hello)
  expect(vi.mocked(timingSafeEqual).mock.calls.map(([given]) => given)).toEqual([cookie, Buffer.alloc(32)])
})

test('a cookie of another server is not valid', () => {
  const { jar, clock } = newJar()
  const other = new CookieJar(clock, seededRandom(2))
  expect(jar.isValid(other.cookie(address, hello), address, hello)).toBe(false)
})

test('a cookie holds while its secret is the current or the previous one, not longer', async () => {
  const { jar, clock } = newJar()
  await clock.advance(periodMs - 1)
  const cookie = jar.cookie(address, hello)
  await clock.advance(1)
  expect(jar.cookie(address, hello)).not.toEqual(cookie)
  expect(jar.isValid(cookie, address, hello)).toBe(true)
  await clock.advance(periodMs - 1)
  expect(jar.isValid(cookie, address, hello)).toBe(true)
  await clock.advance(1)
  expect(jar.isValid(cookie, address, hello)).toBe(false)
})

test('a cookie is over, too, where nobody came for many periods', async () => {
  const { jar, clock } = newJar()
  const cookie = jar.cookie(address, hello)
  await clock.advance(10 * periodMs)
  expect(jar.isValid(cookie, address, hello)).toBe(false)
})

test('a server that waits for cookies has no timer', () => {
  const { jar, clock } = newJar()
  jar.cookie(address, hello)
  expect(clock.pendingTimers).toBe(0)
})

test('a cookie changed, cut or lengthened is not valid, nor any other bytes', () => {
  const { jar } = newJar()
  const cookie = jar.cookie(address, hello)
  for (let bit = 0; bit < 8 * cookie.length; bit++) {
    const changed = Buffer.from(cookie)
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    expect(jar.isValid(changed, address, hello)).toBe(false)
  }
  for (let length = 0; length < cookie.length; length++)
    expect(jar.isValid(cookie.subarray(0, length), address, hello)).toBe(false)
  expect(jar.isValid(Buffer.concat([cookie, Buffer.of(0)]), address, hello)).toBe(false)
  fc.assert(
    fc.property(buffers(0, 255), bytes => !jar.isValid(bytes, address, hello)),
    { seed: 6 },
  )
})
