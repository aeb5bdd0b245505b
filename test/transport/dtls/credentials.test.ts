import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkedKey, identityBytes, identityText, psk, requestKey } from '../../../transport/dtls/credentials.ts'
import { DtlsSite } from '../../helpers/dtls-site.ts'

const key = Buffer.from('c0ffee', 'hex')

test('an identity that is a text is taken as UTF-8, bytes as they are (RFC 4279 §5.1)', () => {
  expect(psk('gerät', key)).toEqual({ kind: 'psk', identity: Buffer.from('gerät'), key })
  expect(psk(Uint8Array.of(0, 255), key).identity).toEqual(Buffer.of(0, 255))
})

test('a key kept elsewhere is asked for when it is needed, each time', async () => {
  let asked = 0
  const credentials = psk('me', () => {
    asked++
    return Promise.resolve(key)
  })
  expect(asked).toBe(0)
  expect([await requestKey(credentials), await requestKey(credentials)]).toEqual([key, key])
  expect(asked).toBe(2)
})

test('a key at hand needs no asking', async () => {
  expect(await requestKey(psk('me', key))).toBe(key)
})

test('an empty key is refused, from wherever it comes', async () => {
  const empty = Buffer.alloc(0)
  expect(() => psk('me', empty)).toThrow(RangeError)
  expect(() => checkedKey(empty)).toThrow(RangeError)
  await expect(requestKey(psk('me', () => empty))).rejects.toThrow(RangeError)
})

test('identity and key have 65535 bytes at most (RFC 4279 §2)', () => {
  const longest = Buffer.alloc(65_535, 1)
  expect(psk(longest, longest).identity).toEqual(longest)
  const longer = Buffer.alloc(65_536, 1)
  expect(() => psk(longer, key)).toThrow(RangeError)
  expect(() => psk('me', longer)).toThrow(RangeError)
})

test('what is refused does not tell the key', () => {
  const secret = Buffer.alloc(65_536, 'secret')
  expect(() => psk('me', secret)).toThrow(/^a pre-shared key has 1–65535 bytes$/)
})

test('an identity is shown as text, in hexadecimal where it is none', () => {
  expect(identityText(Buffer.from('gerät'))).toBe('gerät')
  expect(identityText(Buffer.of(0xff, 0))).toBe('0xff00')
  expect(identityText(Buffer.from('0xfx'))).toBe('0xfx')
})

test('no two identities are shown alike', () => {
  expect(identityText(Buffer.from('0xff'))).not.toBe(identityText(Buffer.of(0xff)))
  const identities = fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc.string({ maxLength: 8, unit: fc.constantFrom('0', 'x', 'f', 'é') }).map(text => Buffer.from(text)),
  )
  fc.assert(
    fc.property(identities, bytes => {
      expect(identityBytes(identityText(Buffer.from(bytes)))).toEqual(Buffer.from(bytes))
    }),
    { seed: 1, numRuns: 2_000 },
  )
})

test('a session of an identity that is no text is resumed', async () => {
  const identity = Buffer.of(0xff, 0, 0x80)
  const site = await new DtlsSite({ server: { psk: name => (name.equals(identity) ? key : undefined) } }).listen()
  const credentials = psk(identity, key)
  const { resumable: session } = await site.connect({ credentials })
  if (session === undefined) throw new Error('nothing to resume')
  expect((await site.connect({ credentials, session })).isResumed).toBe(true)
})
