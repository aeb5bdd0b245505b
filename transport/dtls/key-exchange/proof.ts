import type { KeyPairCredentials } from '../credentials.ts'
import { certificateTypeIds } from '../messages/certificate.ts'
import { algorithmFor, type SignatureAlgorithm } from '../signatures.ts'

/** What an end proves with who it is, and how. */
export interface Proof {
  readonly credentials: KeyPairCredentials
  readonly algorithm: SignatureAlgorithm
}

/** What a peer takes as a proof: signatures that it verifies, and forms of certificates, by their ids. */
export interface AcceptedProofs {
  readonly algorithms: readonly number[]
  readonly certificateTypes: readonly number[]
}

/** The proof that the peer can verify; undefined where it cannot. */
export function proofBy(credentials: KeyPairCredentials, accepted: AcceptedProofs): Proof | undefined {
  if (!accepted.certificateTypes.includes(certificateTypeIds[credentials.kind])) return undefined
  const algorithm = algorithmFor(credentials.keyType, accepted.algorithms)
  return algorithm && { credentials, algorithm }
}

/** Without an extension that says otherwise, an end shows certificates (RFC 7250 §4.1). */
export const defaultCertificateTypes: readonly number[] = [certificateTypeIds.x509]
