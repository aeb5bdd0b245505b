import type { Certificate } from '../../transport/dtls/certificate/certificate.ts'
import { PeerCache } from '../../transport/dtls/certificate/peer-cache.ts'
import { verifyRawKey } from '../../transport/dtls/certificate/raw-key.ts'
import type { VerifiedPeer } from '../../transport/dtls/certificate/verified-peer.ts'
import { verifyCertificates } from '../../transport/dtls/certificate/verify.ts'
import type { CertificateType, KeyPairCredentials, VerifyPeer } from '../../transport/dtls/credentials.ts'
import { rpk, x509 } from '../../transport/dtls/key-pair.ts'
import { issueCertificate, type TestCertificate } from '../../transport/dtls/test-certificates.ts'
import { systemClock, systemRandom } from '../../transport/index.ts'

export type End = 'client' | 'server'

const yearMs = 365 * 86_400_000

const template = {
  notBeforeMs: systemClock.now() - yearMs,
  notAfterMs: systemClock.now() + yearMs,
  random: systemRandom,
}

/** One authority, which both ends trust, has signed the certificates of both. */
export const authority = await issueCertificate({ ...template, commonName: 'authority', authority: {} })

export const certificates: Readonly<Record<End, TestCertificate>> = {
  client: await issueCertificate({ ...template, commonName: 'client', issuer: authority, purposes: ['client'] }),
  server: await issueCertificate({ ...template, commonName: 'server', issuer: authority, purposes: ['server'] }),
}

/** What an end shows, of one pair of keys. */
export function credentialsOf(end: End): Readonly<Record<CertificateType, KeyPairCredentials>> {
  const { der, publicKey, privateKey } = certificates[end]
  return { x509: x509({ chain: der, key: privateKey }), rpk: rpk({ publicKey, key: privateKey }) }
}

/** Trusts `peer` alone, and keeps what it has read of it, or not. */
export function verifierOf(peer: End, isCached: boolean): VerifyPeer {
  const cache = isCached ? new PeerCache<Certificate>() : undefined
  const keys = isCached ? new PeerCache<VerifiedPeer>() : undefined
  const trustStore = [authority.der]
  const { publicKey } = certificates[peer]
  return shown =>
    shown.kind === 'x509'
      ? verifyCertificates(shown.chain, {
          purpose: peer,
          nowMs: systemClock.now(),
          trustStore,
          ...(cache && { cache }),
        })
      : verifyRawKey(shown.publicKey, key => key.equals(publicKey), 0, keys)
}
