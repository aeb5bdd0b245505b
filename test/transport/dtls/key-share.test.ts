import { describe, expect, test } from 'vitest'
import { AlertDescription } from '../../../transport/dtls/alert.ts'
import { KeyShare, namedGroups } from '../../../transport/dtls/key-share.ts'
import { type Random, seededRandom } from '../../../transport/random.ts'

const hex = (text: string) => Buffer.from(text, 'hex')

/** Draws these bytes, one after the other. */
function drawing(...drawn: string[]): Random {
  const left = drawn.map(hex)
  return { ...seededRandom(1), bytes: () => left.shift() as Buffer }
}

const illegalParameter = expect.objectContaining({ code: 'DTLS', alert: AlertDescription.illegalParameter })
const { x25519, secp256r1 } = namedGroups

describe('X25519', () => {
  const aliceSecret = '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'
  const bobSecret = '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'

  test('gives the known answer (RFC 7748 §6.1)', () => {
    const alice = KeyShare.generate(x25519, drawing(aliceSecret))
    const bob = KeyShare.generate(x25519, drawing(bobSecret))
    expect(alice.publicKey.toString('hex')).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
    expect(bob.publicKey.toString('hex')).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f')
    const secret = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'
    expect(alice.secret(bob.publicKey).toString('hex')).toBe(secret)
    expect(bob.secret(alice.publicKey).toString('hex')).toBe(secret)
  })

  test.each([
    ['zero', '00'.repeat(32)],
    ['one', `01${'00'.repeat(31)}`],
    ['a point of order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['p − 1', `ec${'ff'.repeat(30)}7f`],
    ['no byte', ''],
    ['a byte too few', '09'.repeat(31)],
    ['a byte too many', '09'.repeat(33)],
  ])('refuses %s', (_name, peer) => {
    expect(() => KeyShare.generate(x25519, seededRandom(1)).secret(hex(peer))).toThrow(illegalParameter)
  })
})

describe('P-256', () => {
  /** A vector of NIST, "ECC CDH Primitive", P-256, count 0. */
  const secret = '7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534'
  const x = 'ead218590119e8876b29146ff89ca61770c4edbbf97d38ce385ed281d8a6b230'
  const y = '28af61281fd35e2fa7002523acc85a429cb06ee6648325389f59edfce1405141'
  const peerX = '700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287'
  const peerY = 'db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac'
  const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'

  test('gives the known answer', () => {
    const share = KeyShare.generate(secp256r1, drawing(secret))
    expect(share.publicKey.toString('hex')).toBe(`04${x}${y}`)
    expect(share.secret(hex(`04${peerX}${peerY}`)).toString('hex')).toBe(
      '46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b',
    )
  })

  test('draws again what is no private key', () => {
    const share = KeyShare.generate(secp256r1, drawing('00'.repeat(32), order, 'ff'.repeat(32), secret))
    expect(share.publicKey.toString('hex')).toBe(`04${x}${y}`)
  })

  test.each([
    ['a point off the curve', `04${peerX}${x}`],
    ['coordinates above the prime', `04${'ff'.repeat(64)}`],
    ['the point at infinity', '00'],
    ['a compressed point', `02${peerX}`],
    ['a hybrid point', `06${peerX}${peerY}`],
    ['no byte', ''],
    ['a byte too few', `04${peerX}${peerY}`.slice(0, -2)],
    ['a byte too many', `04${peerX}${peerY}00`],
  ])('refuses %s', (_name, peer) => {
    expect(() => KeyShare.generate(secp256r1, seededRandom(1)).secret(hex(peer))).toThrow(illegalParameter)
  })
})

describe.each([x25519, secp256r1])('two ends of group %i', group => {
  test('arrive at the same secret, which no third has', () => {
    const random = seededRandom(5)
    const [one, two, third] = [0, 1, 2].map(() => KeyShare.generate(group, random)) as [KeyShare, KeyShare, KeyShare]
    expect([one.group, new Set([one, two, third].map(({ publicKey }) => publicKey.toString('hex'))).size]).toEqual([
      group,
      3,
    ])
    expect(one.secret(two.publicKey)).toEqual(two.secret(one.publicKey))
    expect(one.secret(two.publicKey)).toHaveLength(32)
    expect(third.secret(two.publicKey)).not.toEqual(one.secret(two.publicKey))
  })
})

test.each([0, 24, 30, 65_535])('the group %i is refused', group => {
  expect(() => KeyShare.generate(group, seededRandom(1))).toThrow(illegalParameter)
})
