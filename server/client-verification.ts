import type { Clock } from '../transport/clock.ts'
import { AlertDescription, DtlsError } from '../transport/dtls/alert.ts'
import { Certificate } from '../transport/dtls/certificate/certificate.ts'
import { CertificateError } from '../transport/dtls/certificate/certificate-error.ts'
import { PeerCache } from '../transport/dtls/certificate/peer-cache.ts'
import { readExpectedKey, verifyRawKey } from '../transport/dtls/certificate/raw-key.ts'
import { readTrustStore } from '../transport/dtls/certificate/trust-store.ts'
import type { VerifiedPeer } from '../transport/dtls/certificate/verified-peer.ts'
import { verifyCertificates } from '../transport/dtls/certificate/verify.ts'
import type { CertificateType } from '../transport/dtls/credentials.ts'
import { bytesOf, type PemOrDer } from '../transport/dtls/key-pair.ts'
import type { DtlsOptions } from '../transport/dtls/parameters.ts'

/** The name of the client that a raw public key, a SubjectPublicKeyInfo in DER, belongs to; undefined: nobody's. */
export type RawKeyLookup = (publicKey: Buffer) => string | undefined

/** Which clients a server trusts that share no key with it. */
export interface ClientTrust {
  /**
   * The authorities that vouch for the certificates of clients: each entry one certificate in DER or any number in PEM, not
   * changed afterwards. Default: none, so that no certificate is taken.
   */
  readonly trustStore?: readonly Uint8Array[] | undefined
  /** The raw public keys of clients in PEM or DER, by the names of the clients; or what knows the name. Default: none is taken. */
  readonly rawKeys?: Readonly<Record<string, PemOrDer>> | RawKeyLookup | undefined
  /**
   * Where in a certificate the name of its client is: its common name, or the first URI or else DNS name among its alternative
   * names. Default `commonName`.
   */
  readonly clientName?: 'commonName' | 'alternativeName' | undefined
}

/** What decides on clients; undefined where none is to be trusted. Throws CertificateError for what cannot be read. */
export function clientVerification(
  { trustStore, rawKeys, clientName }: ClientTrust,
  clock: Clock,
): Pick<DtlsOptions, 'verify' | 'peerCertificateTypes'> | undefined {
  if (trustStore !== undefined) readTrustStore(trustStore)
  const nameOf = typeof rawKeys === 'object' ? namesByKey(rawKeys) : rawKeys
  const certificates = new PeerCache<Certificate>()
  const keys = new PeerCache<VerifiedPeer>()
  const peerCertificateTypes: CertificateType[] = []
  if (trustStore !== undefined) peerCertificateTypes.push('x509')
  if (nameOf !== undefined) peerCertificateTypes.push('rpk')
  if (peerCertificateTypes.length === 0) return undefined
  return {
    peerCertificateTypes,
    verify: peer => {
      if (peer.kind === 'rpk' && nameOf !== undefined) return verifiedKey(peer.publicKey, nameOf, keys)
      if (peer.kind === 'rpk' || trustStore === undefined) throw unasked()
      const options = { purpose: 'client', nowMs: clock.now(), trustStore, cache: certificates } as const
      const verified = verifyCertificates(peer.chain, options)
      return clientName === 'alternativeName' ? { ...verified, identity: alternativeName(peer.chain) } : verified
    },
  }
}

function unasked(): DtlsError {
  return new DtlsError(AlertDescription.unsupportedCertificate, 'the client shows what nobody has asked it for')
}

function namesByKey(rawKeys: Readonly<Record<string, PemOrDer>>): RawKeyLookup {
  const names = new Map<string, string>()
  for (const [name, key] of Object.entries(rawKeys)) {
    const bytes = readExpectedKey(bytesOf(key), 0, `the key of ${name}`)
    names.set(Buffer.from(bytes).toString('base64'), name)
  }
  return publicKey => names.get(publicKey.toString('base64'))
}

function verifiedKey(publicKey: Buffer, nameOf: RawKeyLookup, keys: PeerCache<VerifiedPeer>): VerifiedPeer {
  const identity = nameOf(publicKey)
  if (identity !== undefined) return { ...verifyRawKey(publicKey, undefined, 0, keys), identity, names: [identity] }
  throw new CertificateError('the client', 'rawKey', `nobody's: SHA-256 ${verifyRawKey(publicKey).identity}`)
}

/** The fingerprint is nobody's name. */
function alternativeName([own = Buffer.alloc(0)]: readonly Buffer[]): string {
  const { fields, fingerprint } = Certificate.parse(own, 'the certificate')
  const { uris = [], dnsNames = [] } = fields.extensions.alternativeNames ?? {}
  return uris[0] ?? dnsNames[0] ?? fingerprint
}
