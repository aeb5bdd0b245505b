import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { copySession, openResumable, sealResumable } from '../../../transport/dtls/resumable-session.ts'
import { seededRandom } from '../../../transport/random.ts'
import { buffers } from '../../helpers/dtls-decoders.ts'
import { resumableSessions, sessionOf } from '../../helpers/dtls-session.ts'

const key = Buffer.alloc(32, 1)
const context = 'account-1'
const session = { ...sessionOf(7, 1_700_000_000_000), ticket: Buffer.from('ticket'), serverName: 'lwm2m.example' }

test('a session opens as it was sealed', () => {
  const random = seededRandom(1)
  fc.assert(
    fc.property(resumableSessions, fc.string(), (any, where) => {
      expect(openResumable(sealResumable(any, key, where, random), key, where)).toEqual(any)
    }),
    { seed: 7 },
  )
})

test('a session sealed with another key or in another context does not open', () => {
  const sealed = sealResumable(session, key, context, seededRandom(1))
  expect(openResumable(sealed, Buffer.alloc(32, 2), context)).toBeUndefined()
  expect(openResumable(sealed, key, 'account-2')).toBeUndefined()
})

test('a sealed session does not open with any bit changed, nor cut off, nor lengthened', () => {
  const sealed = sealResumable(session, key, context, seededRandom(1))
  for (let bit = 0; bit < 8 * sealed.length; bit++) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    expect(openResumable(changed, key, context)).toBeUndefined()
  }
  for (let length = 0; length < sealed.length; length++)
    expect(openResumable(sealed.subarray(0, length), key, context)).toBeUndefined()
  expect(openResumable(Buffer.concat([sealed, Buffer.of(0)]), key, context)).toBeUndefined()
})

test('any bytes do not open', () => {
  fc.assert(
    fc.property(buffers(0, 200), bytes => openResumable(bytes, key, context) === undefined),
    { seed: 8 },
  )
})

test('the secret is not to be seen in the sealed session, and no two of them share a nonce', () => {
  const random = seededRandom(1)
  const [one, other] = [sealResumable(session, key, context, random), sealResumable(session, key, context, random)]
  expect(one.includes(session.masterSecret.subarray(0, 8))).toBe(false)
  expect(one.subarray(1, 13)).not.toEqual(other.subarray(1, 13))
})

test('sealing leaves the session alone', () => {
  const before = copySession(session)
  sealResumable(session, key, context, seededRandom(1))
  expect(session).toEqual(before)
})

test('a key of another length than 32 bytes is a mistake of the caller', () => {
  expect(() => sealResumable(session, key.subarray(1), context, seededRandom(1))).toThrow(RangeError)
  expect(() => openResumable(Buffer.alloc(100, 1), key.subarray(1), context)).toThrow(RangeError)
})

test('fractions of a millisecond are dropped', () => {
  const sealed = sealResumable(sessionOf(1, 1_700_000_000_000.9), key, context, seededRandom(1))
  expect(openResumable(sealed, key, context)?.establishedMs).toBe(1_700_000_000_000)
})

test('a copy has a master secret of its own', () => {
  const copy = copySession(session)
  expect(copy).toEqual(session)
  copy.masterSecret.fill(0)
  expect(session.masterSecret).toEqual(Buffer.alloc(48, 7))
})
