import type { MatchingType } from '../transport/dtls/certificate/matching.ts'
import { readPrivateKey } from '../transport/dtls/certificate/pem.ts'
import type { SigningKey } from '../transport/dtls/credentials.ts'
import type { ProofSource } from './proof.ts'

/** The key that signs: that of /0/x/5, or the one that the application keeps. Throws DtlsError, RangeError where there is none. */
export function signingKey({ account, stored, environment }: ProofSource): SigningKey {
  const { securityInstanceId: id, uri } = account
  const { publicKeyOrIdentity, secretKey } = stored
  const place = `the private key (/0/${id}/5)`
  if (secretKey.length > 0) return readPrivateKey(secretKey, place)
  const kept = environment.keys.find(id, uri, publicKeyOrIdentity)
  if (kept?.kind !== 'signing') throw new RangeError(`${place} is empty`)
  return kept.key
}

/** /0/x/13, 0 by default (LwM2M Core 1.2.2 §E.1). Throws RangeError. */
export function matchingTypeOf(value: number | undefined, securityInstanceId: number): MatchingType {
  return smallNumber(value, `the matching type (/0/${securityInstanceId}/13)`) ?? 0
}

/** A number from 0 to 3, as whoever defines the object anew may let be anything. Throws RangeError. */
export function smallNumber(value: number | undefined, place: string): 0 | 1 | 2 | 3 | undefined {
  if (value === undefined || value === 0 || value === 1 || value === 2 || value === 3) return value
  throw new RangeError(`${place} is ${value}, not 0 to 3`)
}
