import type { KeyObject } from 'node:crypto'
import { AlertDescription, DtlsError } from '../alert.ts'
import type { VerifiedPeer } from '../certificate/verified-peer.ts'
import type { CertificateType, PeerCertificate } from '../credentials.ts'
import { illegal } from '../handshake.ts'
import type { DigitalSignature } from '../messages/digital-signature.ts'
import type { DtlsOptions } from '../parameters.ts'
import { isSignature, type SigningKeyType, signatureAlgorithms, signingKeyType } from '../signatures.ts'

/** The forms in which an end verifies certificates: those it was told, or those of its own (RFC 7250 §4.1). */
export function verifiedTypes(
  { peerCertificateTypes }: DtlsOptions,
  own: readonly { readonly kind: string }[],
): readonly CertificateType[] {
  if (peerCertificateTypes !== undefined) return peerCertificateTypes
  const forms = new Set(own.map(({ kind }): CertificateType => (kind === 'rpk' ? 'rpk' : 'x509')))
  return [...forms]
}

/** Throws DtlsError for a peer that is not to be trusted, or has a key with which nothing is signed here. */
export function verifyPeer(
  { verify }: DtlsOptions,
  shown: PeerCertificate,
  keyTypes: readonly SigningKeyType[],
): VerifiedPeer {
  if (verify === undefined)
    throw new DtlsError(AlertDescription.certificateUnknown, 'nothing says which certificates are to be trusted')
  const peer = verify(shown)
  const keyType = signingKeyType(peer.publicKey)
  if (keyType === undefined || !keyTypes.includes(keyType))
    throw new DtlsError(
      AlertDescription.unsupportedCertificate,
      'the key of the peer is of a kind that was not asked for',
    )
  return peer
}

/** Throws DtlsError decryptError for a signature that is not one of `data` (RFC 5246 §7.4.3, §7.4.8). */
export function checkSignature(signed: DigitalSignature, data: Uint8Array, key: KeyObject): void {
  const algorithm = signatureAlgorithms.get(signed.algorithm)
  if (algorithm === undefined || algorithm.keyType !== signingKeyType(key))
    throw illegal('the peer signed with an algorithm that was not offered, or is not one of its key')
  if (!isSignature(signed.signature, data, key, algorithm))
    throw new DtlsError(AlertDescription.decryptError, 'the peer does not hold the private key of what it has shown')
}
