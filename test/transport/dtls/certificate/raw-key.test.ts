import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { alertName } from '../../../../transport/dtls/alert.ts'
import { CertificateError } from '../../../../transport/dtls/certificate/certificate-error.ts'
import { verifyRawKey } from '../../../../transport/dtls/certificate/raw-key.ts'
import { armored } from '../../../helpers/certificates.ts'

const spki = (key: KeyObject) => key.export({ format: 'der', type: 'spki' })
const ec = (namedCurve: string) => spki(generateKeyPairSync('ec', { namedCurve }).publicKey)
const key = ec('P-256')
const other = ec('P-256')
const hash = (name: string) => createHash(name).update(key).digest()

function refusal(...args: Parameters<typeof verifyRawKey>): string {
  try {
    verifyRawKey(...args)
  } catch (error) {
    expect(error).toBeInstanceOf(CertificateError)
    const { alert, message } = error as CertificateError
    return `${alertName(alert)} | ${message}`
  }
  return 'accepted'
}

test('a raw public key is known by its SHA-256', () => {
  const { publicKey, identity, names } = verifyRawKey(key)
  expect(spki(publicKey)).toEqual(key)
  expect([identity, names]).toEqual([hash('sha256').toString('hex'), []])
})

describe('the expected key', () => {
  test.each([
    ['in DER', key, 0],
    ['in PEM', Buffer.from(armored('PUBLIC KEY', key)), 0],
    ['its SHA-256', hash('sha256'), 1],
    ['its SHA-384', hash('sha384'), 2],
    ['its SHA-512', hash('sha512'), 3],
  ] as const)('%s', (_name, expected, type) => {
    const unexpected = createHash('sha256').update(other).digest('hex')
    expect(refusal(key, expected, type)).toBe('accepted')
    expect(refusal(other, expected, type)).toBe(
      `certificate_unknown | the peer: raw public key: not the expected one: SHA-256 ${unexpected}`,
    )
  })

  test('or whoever knows them', () => {
    const isKnown = (shown: Buffer) => shown.equals(key)
    expect(refusal(key, isKnown)).toBe('accepted')
    expect(refusal(other, isKnown)).toMatch(/^certificate_unknown/)
  })

  test('cannot be used', () => {
    expect(refusal(key, Buffer.alloc(20), 1)).toMatch(/^internal_error \| the expected public key: unusable: 20 bytes/)
    expect(refusal(key, Buffer.from('garbage'))).toBe(
      'internal_error | the expected public key: unusable: neither DER nor PEM',
    )
  })
})

const compressed = Buffer.concat([
  Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
  Buffer.of(2 + ((key.at(-1) ?? 0) & 1)),
  key.subarray(27, 59),
])
const beside = Buffer.from(key)
beside.writeUInt8(beside.readUInt8(beside.length - 1) ^ 1, beside.length - 1)

test.each([
  ['nothing', Buffer.alloc(0), '0 bytes that are no uncompressed point of P-256'],
  ['garbage', Buffer.from('garbage'), '7 bytes that are no uncompressed point of P-256'],
  ['P-384', ec('P-384'), '120 bytes that are no uncompressed point of P-256'],
  ['a curve of the same length', ec('secp256k1'), '88 bytes that are no uncompressed point of P-256'],
  ['RSA', spki(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey), '294 bytes that are no'],
  ['a compressed point', compressed, '59 bytes that are no uncompressed point of P-256'],
  ['bytes behind it', Buffer.concat([key, Buffer.of(0)]), '92 bytes that are no uncompressed point of P-256'],
  ['a point beside the curve', beside, 'a point beside the curve P-256'],
])('%s is refused', (_name, shown, found) => {
  expect(refusal(shown)).toContain(`unsupported_certificate | the peer: public key: ${found}`)
})
