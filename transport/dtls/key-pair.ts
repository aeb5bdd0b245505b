import { createPublicKey, type KeyObject } from 'node:crypto'
import { Certificate } from './certificate/certificate.ts'
import { readCertificates, readPrivateKey, readPublicKey } from './certificate/pem.ts'
import type { CertificateCredentials, RawKeyCredentials, SigningKey } from './credentials.ts'
import { type SigningKeyType, signingKeyType } from './signatures.ts'

/** A file or resource in PEM or DER. */
export type PemOrDer = string | Uint8Array

/**
 * A certificate, those that certify it, and its key. `chain` is one file, or one a certificate, the own certificate first.
 * Throws CertificateError for what cannot be read, RangeError for a key that is not that of the certificate or of a kind
 * that does not sign here.
 */
export function x509(given: {
  readonly chain: PemOrDer | readonly PemOrDer[]
  readonly key: SigningKey | PemOrDer
}): CertificateCredentials {
  const files = Array.isArray(given.chain) ? given.chain : [given.chain]
  const chain = files.flatMap(file => readCertificates(bytesOf(file)))
  const [own] = chain
  if (own === undefined) throw new RangeError('a chain has one certificate at least')
  return { kind: 'x509', chain, ...keyPair(Certificate.parse(own, 'the certificate').publicKey, given.key) }
}

/**
 * A key pair without a certificate (RFC 7250); `publicKey` is a SubjectPublicKeyInfo, by default that of `key`.
 * Throws CertificateError for what cannot be read, RangeError for keys that are no pair or of a kind that does not sign
 * here, or for a function without its public key.
 */
export function rpk(given: { readonly publicKey?: PemOrDer; readonly key: SigningKey | PemOrDer }): RawKeyCredentials {
  const publicKey = given.publicKey === undefined ? publicKeyOf(given.key) : readPublicKey(bytesOf(given.publicKey))
  return {
    kind: 'rpk',
    publicKey,
    ...keyPair(createPublicKey({ key: publicKey, format: 'der', type: 'spki' }), given.key),
  }
}

function keyPair(publicKey: KeyObject, given: SigningKey | PemOrDer): { key: SigningKey; keyType: SigningKeyType } {
  const keyType = signingKeyType(publicKey)
  if (keyType === undefined) throw new RangeError('a key that signs is one of P-256 or of RSA')
  const key = readKey(given)
  if (typeof key !== 'function' && !isPair(key, publicKey))
    throw new RangeError('the private key does not belong to the public key')
  return { key, keyType }
}

function publicKeyOf(given: SigningKey | PemOrDer): Buffer {
  const key = readKey(given)
  if (typeof key === 'function') throw new RangeError('a key that is a function needs its public key beside it')
  return createPublicKey(key).export({ format: 'der', type: 'spki' })
}

function readKey(given: SigningKey | PemOrDer): SigningKey {
  return isPemOrDer(given) ? readPrivateKey(bytesOf(given)) : given
}

/** Whether a key is given itself, and not as what signs with it. */
export function isPemOrDer(given: SigningKey | PemOrDer): given is PemOrDer {
  return typeof given === 'string' || given instanceof Uint8Array
}

/** A private key as a Security object holds it (/0/x/5): PKCS #8 in DER. Throws CertificateError. */
export function privateKeyDer(given: PemOrDer): Buffer {
  return readPrivateKey(bytesOf(given)).export({ format: 'der', type: 'pkcs8' })
}

function isPair(privateKey: KeyObject, publicKey: KeyObject): boolean {
  return privateKey.asymmetricKeyType === publicKey.asymmetricKeyType && createPublicKey(privateKey).equals(publicKey)
}

export function bytesOf(file: PemOrDer): Uint8Array {
  return typeof file === 'string' ? Buffer.from(file) : file
}
