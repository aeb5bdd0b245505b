import { createPublicKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { AlertDescription, DtlsError } from '../../transport/dtls/alert.ts'
import {
  type CertificateCredentials,
  type KeyPairCredentials,
  type RawKeyCredentials,
  type SigningKey,
  sign,
  type VerifyPeer,
} from '../../transport/dtls/credentials.ts'
import { rpk, x509 } from '../../transport/dtls/key-pair.ts'

/** A self-signed certificate and its private key, PEM, as `openssl req -x509` made them. */
export function pem(name: 'server' | 'client' | 'server-rsa' | 'server-p384'): string {
  return readFileSync(new URL(`../vectors/dtls/${name}.pem`, import.meta.url), 'utf8')
}

function certificate(name: Parameters<typeof pem>[0]): CertificateCredentials {
  return x509({ chain: pem(name), key: pem(name) })
}

function rawKey(name: Parameters<typeof pem>[0]): RawKeyCredentials {
  const publicKey = createPublicKey(pem(name)).export({ format: 'der', type: 'spki' })
  return rpk({ publicKey, key: pem(name) })
}

export const serverCertificate = certificate('server')
export const clientCertificate = certificate('client')
export const rsaCertificate = certificate('server-rsa')
export const serverKey = rawKey('server')
export const clientKey = rawKey('client')

/** Trusts who shows exactly what one of these shows; a certificate by the name of its subject, a key as `key of …`. */
export function trusting(...trusted: readonly KeyPairCredentials[]): VerifyPeer {
  return peer => {
    const own = peer.kind === 'x509' ? peer.chain[0] : peer.publicKey
    const known = trusted.find(each => each.kind === peer.kind && own?.equals(shownBy(each)))
    if (own === undefined || known === undefined) throw new DtlsError(AlertDescription.unknownCa, 'a stranger')
    if (peer.kind === 'rpk') {
      const publicKey = createPublicKey({ key: own, format: 'der', type: 'spki' })
      return { publicKey, names: [], identity: `key of ${known === serverKey ? 'server' : 'client'}` }
    }
    const { publicKey, subject } = new X509Certificate(own)
    return { publicKey, names: [], identity: subject.replace('CN=', '') }
  }
}

function shownBy(credentials: KeyPairCredentials): Uint8Array {
  return credentials.kind === 'x509' ? (credentials.chain[0] as Uint8Array) : credentials.publicKey
}

/** The same credentials, which sign the same the same way each time: ECDSA takes randomness that no seed reaches. */
export function steady<Credentials extends KeyPairCredentials>(credentials: Credentials): Credentials {
  const signatures = new Map<string, Uint8Array>()
  const key: SigningKey = (data, algorithm) => {
    const text = Buffer.from(data).toString('base64')
    const signature = signatures.get(text) ?? sign(credentials, data, algorithm)
    if (signature instanceof Promise) throw new Error('these sign at once')
    signatures.set(text, signature)
    return signature
  }
  return { ...credentials, key }
}
