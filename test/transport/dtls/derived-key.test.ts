import { expect, test } from 'vitest'
import { derivedKey } from '../../../transport/dtls/derived-key.ts'

test('HMAC-SHA-256 of the identity, 16 bytes of it (RFC 4231 §4.3)', () => {
  const key = derivedKey(Buffer.from('Jefe'), 'what do ya want for nothing?')
  expect(key.toString('hex')).toBe('5bdcc146bf60754e6a042426089575c7')
})

test('the same of a text and of its bytes, another of another identity', () => {
  const masterKey = Buffer.alloc(16, 1)
  expect(derivedKey(masterKey, Buffer.from('dévice'))).toEqual(derivedKey(masterKey, 'dévice'))
  expect(derivedKey(masterKey, 'device')).not.toEqual(derivedKey(masterKey, 'dévice'))
})
