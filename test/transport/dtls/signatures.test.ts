import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  algorithmFor,
  isSignature,
  offeredAlgorithms,
  type SignatureAlgorithm,
  signatureAlgorithms,
  signingKeyType,
  signWith,
} from '../../../transport/dtls/signatures.ts'
import { pem } from '../../helpers/dtls-credentials.ts'

const keys = { ec: createPrivateKey(pem('server')), rsa: createPrivateKey(pem('server-rsa')) }
const message = Buffer.from('signed')

test('the algorithms by preference, none with SHA-1 (RFC 9155)', () => {
  expect([...signatureAlgorithms.values()].map(({ id, name }) => `${id.toString(16)} ${name}`)).toEqual([
    '403 ecdsa_secp256r1_sha256',
    '503 ecdsa_secp384r1_sha384',
    '804 rsa_pss_rsae_sha256',
    '805 rsa_pss_rsae_sha384',
    '401 rsa_pkcs1_sha256',
    '501 rsa_pkcs1_sha384',
  ])
  expect(offeredAlgorithms.some(id => id >> 8 === 2)).toBe(false)
})

test.each([...signatureAlgorithms.values()])('$name: signs, and verifies what it has signed only', algorithm => {
  const key = keys[algorithm.keyType]
  const publicKey = createPublicKey(key)
  const signature = signWith(key, message, algorithm)
  expect(isSignature(signature, message, publicKey, algorithm)).toBe(true)
  expect(isSignature(signature, Buffer.from('other'), publicKey, algorithm)).toBe(false)
  expect(isSignature(signature.subarray(1), message, publicKey, algorithm)).toBe(false)
  expect(isSignature(Buffer.alloc(0), message, publicKey, algorithm)).toBe(false)
  for (const other of signatureAlgorithms.values()) {
    if (other.keyType !== algorithm.keyType || other === algorithm) continue
    expect(isSignature(signature, message, publicKey, other), other.name).toBe(false)
  }
})

test.each(['rsa_pkcs1_sha256', 'rsa_pss_rsae_sha256'])(
  '%s: one without its leading zero is none (RFC 8017 §8.1.2)',
  name => {
    const algorithm = [...signatureAlgorithms.values()].find(row => row.name === name) as SignatureAlgorithm
    const publicKey = createPublicKey(keys.rsa)
    for (let count = 0; ; count++) {
      const data = Buffer.from(`${count}`)
      const signature = signWith(keys.rsa, data, algorithm)
      if (signature[0] !== 0) continue
      expect(isSignature(signature, data, publicKey, algorithm)).toBe(true)
      expect(isSignature(signature.subarray(1), data, publicKey, algorithm)).toBe(false)
      return
    }
  },
)

test('the preferred algorithm for a key among those of the peer', () => {
  expect(algorithmFor('ec', [0x0401, 0x0503, 0x0403])?.name).toBe('ecdsa_secp256r1_sha256')
  expect(algorithmFor('rsa', [0x0401, 0x0403, 0x0501])?.name).toBe('rsa_pkcs1_sha256')
  expect(algorithmFor('ec', [0x0203, 0x0401])).toBeUndefined()
})

test('keys of P-256 and of RSA sign, others do not', () => {
  expect(signingKeyType(keys.ec)).toBe('ec')
  expect(signingKeyType(createPublicKey(keys.rsa))).toBe('rsa')
  expect(signingKeyType(createPrivateKey(pem('server-p384')))).toBeUndefined()
  expect(signingKeyType(generateKeyPairSync('ed25519').publicKey)).toBeUndefined()
})
