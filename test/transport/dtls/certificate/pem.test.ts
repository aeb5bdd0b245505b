import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  readCertificateOrKey,
  readCertificates,
  readPrivateKey,
  readPublicKey,
} from '../../../../transport/dtls/certificate/pem.ts'
import { armored, issueFamily, pem } from '../../../helpers/certificates.ts'

const { root, server } = await issueFamily()
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const { privateKey: rsaKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const spki = publicKey.export({ format: 'der', type: 'spki' })
const text = (...parts: string[]) => Buffer.from(parts.join(''))

describe('certificates', () => {
  test('in DER', () => expect(readCertificates(root.der)).toEqual([root.der]))

  test('in PEM, with whatever stands around', () => {
    const others = `# ours\n${armored('PRIVATE KEY', spki)}subject=server\r\n`
    expect(readCertificates(text(others, pem(server), 'and\n', pem(root).replaceAll('\n', '\r\n')))).toEqual([
      server.der,
      root.der,
    ])
  })

  test.each([
    ['garbage', 'neither DER nor PEM', text('garbage')],
    ['nothing', 'neither DER nor PEM', Buffer.alloc(0)],
    ['DER and more', 'neither DER nor PEM', Buffer.concat([root.der, Buffer.of(0)])],
    ['PEM of something else', 'no CERTIFICATE in the PEM text', text(armored('PUBLIC KEY', spki))],
    ['PEM that is cut off', 'the CERTIFICATE in the PEM text does not end', text(pem(root).slice(0, -5))],
    [
      'PEM with an end of something else',
      'the CERTIFICATE in the PEM text does not end',
      text(pem(root).replace('END C', 'END D')),
    ],
    ['PEM that is no base64', 'the CERTIFICATE is no base64', text(pem(root).replace('M', '!'))],
    ['PEM that lacks a character', 'the CERTIFICATE is no base64', text(pem(root).replace('M', ''))],
    ['PEM without content', 'the CERTIFICATE is no base64', text(armored('CERTIFICATE', Buffer.alloc(0)))],
    ['a megabyte', '1000001 bytes, at most 1000000', Buffer.alloc(1_000_001, '\n')],
  ])('%s: %s', (_name, message, bytes) => {
    expect(() => readCertificates(bytes, 'x.pem')).toThrow(
      expect.objectContaining({ message: `x.pem: malformed: ${message}`, rule: 'malformed' }),
    )
  })
})

describe('private keys', () => {
  const blocks = {
    'PKCS #8': privateKey.export({ format: 'pem', type: 'pkcs8' }),
    'SEC 1': privateKey.export({ format: 'pem', type: 'sec1' }),
  }
  test.each(Object.entries(blocks))('%s in PEM, behind the parameters of its curve', (_name, block) => {
    const parameters = armored('EC PARAMETERS', Buffer.from('06082a8648ce3d030107', 'hex'))
    expect(readPrivateKey(text(parameters, pem(server), String(block))).equals(privateKey)).toBe(true)
  })

  test('PKCS #8, SEC 1 and PKCS #1 in DER', () => {
    for (const type of ['pkcs8', 'sec1'] as const)
      expect(readPrivateKey(privateKey.export({ format: 'der', type })).equals(privateKey)).toBe(true)
    for (const type of ['pkcs8', 'pkcs1'] as const)
      expect(readPrivateKey(rsaKey.export({ format: 'der', type })).equals(rsaKey)).toBe(true)
  })

  const encrypted = { cipher: 'aes-128-cbc', passphrase: 'secret' } as const
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  test.each([
    ['a certificate', 'malformed: no PRIVATE KEY in the PEM text', text(pem(root))],
    ['a certificate in DER', 'malformed: sequence instead of integer', root.der],
    [
      'an encrypted key',
      'malformed: it is encrypted',
      text(privateKey.export({ format: 'pem', type: 'pkcs8', ...encrypted }).toString()),
    ],
    [
      'an encrypted key of the old kind',
      'malformed: it is encrypted',
      text(privateKey.export({ format: 'pem', type: 'sec1', ...encrypted }).toString()),
    ],
    ['no key', 'malformed: no key in it', Buffer.from('3003020100', 'hex')],
    ['another curve', 'public key: the curve secp384r1, not prime256v1', p384.export({ format: 'der', type: 'pkcs8' })],
    [
      'another algorithm',
      'public key: the algorithm ed25519, not EC or RSA',
      generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }),
    ],
  ])('%s: %s', (_name, message, bytes) => {
    expect(() => readPrivateKey(bytes, 'x.key')).toThrow(new RegExp(`^x.key: ${message}$`))
  })
})

describe('public keys', () => {
  test('in DER and PEM', () => {
    expect(readPublicKey(spki)).toEqual(spki)
    expect(readPublicKey(text(armored('PUBLIC KEY', spki)))).toEqual(spki)
  })

  test.each([
    ['none', 'no PUBLIC KEY in the PEM text', text(pem(root))],
    ['two', '2 of them, one is expected', text(armored('PUBLIC KEY', spki).repeat(2))],
  ])('%s: %s', (_name, message, bytes) => expect(() => readPublicKey(bytes)).toThrow(message))

  test('or a certificate, where either will do', () => {
    expect(readCertificateOrKey(text(armored('PUBLIC KEY', spki)), 'x')).toEqual(spki)
    expect(readCertificateOrKey(text(pem(root)), 'x')).toEqual(root.der)
    expect(() => readCertificateOrKey(text(pem(root), armored('PUBLIC KEY', spki)), 'x')).toThrow('2 of them')
  })
})
