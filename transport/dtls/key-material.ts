import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The certificates in one file or resource, as DER: one in DER, or all in PEM. Throws for what is none. */
export function readCertificates(bytes: Uint8Array): Buffer[] {
  const blocks = Buffer.from(bytes).toString('latin1').match(certificateBlock)
  return (blocks ?? [Buffer.from(bytes)]).map(block => new X509Certificate(block).raw)
}

/** A SubjectPublicKeyInfo in DER or PEM, as DER. Throws for what is none. */
export function readPublicKey(bytes: Uint8Array): Buffer {
  const key = Buffer.from(bytes)
  const publicKey = isPem(key) ? createPublicKey(key) : createPublicKey({ key, format: 'der', type: 'spki' })
  return publicKey.export({ format: 'der', type: 'spki' })
}

/** A private key in PEM, or PKCS #8 in DER. Throws for what is none. */
export function readPrivateKey(bytes: Uint8Array): KeyObject {
  const key = Buffer.from(bytes)
  return isPem(key) ? createPrivateKey(key) : createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

function isPem(bytes: Buffer): boolean {
  return bytes.includes('-----BEGIN ')
}
