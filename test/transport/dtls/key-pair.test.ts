import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { sign } from '../../../transport/dtls/credentials.ts'
import { rpk, x509 } from '../../../transport/dtls/key-pair.ts'
import { signatureAlgorithms } from '../../../transport/dtls/signatures.ts'
import { pem } from '../../helpers/dtls-credentials.ts'

const key = createPrivateKey(pem('server'))
const der = new X509Certificate(pem('server')).raw
const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' })

test('a certificate and its key are read from PEM, from DER, or are at hand', () => {
  const expected = { kind: 'x509', chain: [der], keyType: 'ec' }
  expect(x509({ chain: pem('server'), key: pem('server') })).toMatchObject(expected)
  expect(x509({ chain: Buffer.from(pem('server')), key: key.export({ format: 'der', type: 'pkcs8' }) })).toMatchObject(
    expected,
  )
  expect(x509({ chain: der, key })).toEqual({ ...expected, key })
  expect(x509({ chain: pem('server-rsa'), key: pem('server-rsa') }).keyType).toBe('rsa')
})

test('a chain is one file, or one a certificate', () => {
  const other = new X509Certificate(pem('client')).raw
  expect(x509({ chain: pem('server') + pem('client'), key }).chain).toEqual([der, other])
  expect(x509({ chain: [der, pem('client')], key }).chain).toEqual([der, other])
})

test('a raw public key is read from DER or PEM', () => {
  const text = createPublicKey(key).export({ format: 'pem', type: 'spki' })
  expect(rpk({ publicKey, key })).toEqual({ kind: 'rpk', publicKey, key, keyType: 'ec' })
  expect(rpk({ publicKey: text, key }).publicKey).toEqual(publicKey)
})

test('keys that are no pair are refused', () => {
  const message = 'the private key does not belong to the public key'
  expect(() => x509({ chain: pem('server'), key: pem('client') })).toThrow(message)
  expect(() => x509({ chain: pem('server'), key: pem('server-rsa') })).toThrow(message)
  expect(() => rpk({ publicKey, key: pem('client') })).toThrow(message)
})

test('a key of another curve, no certificate and no key are refused', () => {
  expect(() => x509({ chain: pem('server-p384'), key: pem('server-p384') })).toThrow('P-256')
  expect(() => x509({ chain: [], key })).toThrow(RangeError)
  expect(() => x509({ chain: 'nothing', key })).toThrow()
  expect(() => x509({ chain: der, key: 'nothing' })).toThrow()
})

test('a key that is kept elsewhere is asked, each time', async () => {
  const algorithm = signatureAlgorithms.get(0x0403)
  if (algorithm === undefined) throw new Error('no such algorithm')
  const asked: unknown[] = []
  const credentials = x509({
    chain: der,
    key: (data, how) => {
      asked.push(data, how)
      return Uint8Array.of(1)
    },
  })
  expect(await sign(credentials, Uint8Array.of(7), algorithm)).toEqual(Uint8Array.of(1))
  expect(asked).toEqual([Uint8Array.of(7), algorithm])
})
