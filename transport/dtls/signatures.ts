import { constants, type KeyObject, sign, verify } from 'node:crypto'

/** The kinds of keys that sign: EC on P-256, RSA. */
export type SigningKeyType = 'ec' | 'rsa'

/** A way to sign, a row of the table. */
export interface SignatureAlgorithm {
  /** As registered at IANA (`SignatureScheme`), two bytes. */
  readonly id: number
  readonly name: string
  readonly keyType: SigningKeyType
  readonly hash: 'sha256' | 'sha384'
  /** How RSA pads; absent for ECDSA. */
  readonly padding?: 'pkcs1' | 'pss'
}

/** Without SHA-1, which is broken (RFC 9155). */
const rows: readonly SignatureAlgorithm[] = [
  { id: 0x0403, name: 'ecdsa_secp256r1_sha256', keyType: 'ec', hash: 'sha256' },
  { id: 0x0503, name: 'ecdsa_secp384r1_sha384', keyType: 'ec', hash: 'sha384' },
  { id: 0x0804, name: 'rsa_pss_rsae_sha256', keyType: 'rsa', hash: 'sha256', padding: 'pss' },
  { id: 0x0805, name: 'rsa_pss_rsae_sha384', keyType: 'rsa', hash: 'sha384', padding: 'pss' },
  { id: 0x0401, name: 'rsa_pkcs1_sha256', keyType: 'rsa', hash: 'sha256', padding: 'pkcs1' },
  { id: 0x0501, name: 'rsa_pkcs1_sha384', keyType: 'rsa', hash: 'sha384', padding: 'pkcs1' },
]

/** The signature algorithms by their id, the preferred first (RFC 5246 §7.4.1.4.1, RFC 8446 §4.2.3). */
export const signatureAlgorithms: ReadonlyMap<number, SignatureAlgorithm> = new Map(rows.map(row => [row.id, row]))

/** All of them, as they are offered. */
export const offeredAlgorithms: readonly number[] = [...signatureAlgorithms.keys()]

/** The preferred algorithm for a kind of key among those that the peer verifies; undefined where there is none. */
export function algorithmFor(keyType: SigningKeyType, verified: readonly number[]): SignatureAlgorithm | undefined {
  return rows.find(row => row.keyType === keyType && verified.includes(row.id))
}

/** The kind of a key that signs; undefined for one that does not here: the only curve is P-256. */
export function signingKeyType(key: KeyObject): SigningKeyType | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails } = key
  if (asymmetricKeyType === 'rsa') return 'rsa'
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ec' : undefined
}

export function signWith(key: KeyObject, data: Uint8Array, algorithm: SignatureAlgorithm): Buffer {
  return sign(algorithm.hash, data, { key, ...paddingOf(algorithm) })
}

/** Whether `signature` is one of `data`; the key is of the algorithm's kind. */
export function isSignature(
  signature: Uint8Array,
  data: Uint8Array,
  key: KeyObject,
  algorithm: SignatureAlgorithm,
): boolean {
  // OpenSSL fills up one that has lost its leading zeros; RFC 8017 §8.1.2 does not.
  if (algorithm.keyType === 'rsa' && signature.length !== modulusBytes(key)) return false
  try {
    return verify(algorithm.hash, data, { key, ...paddingOf(algorithm) }, signature)
  } catch {
    // A key that OpenSSL does not calculate with, say of too many bits.
    return false
  }
}

function modulusBytes({ asymmetricKeyDetails }: KeyObject): number {
  return Math.ceil((asymmetricKeyDetails?.modulusLength ?? 0) / 8)
}

/** A salt is as long as the hash (RFC 8446 §4.2.3). */
function paddingOf({ padding }: SignatureAlgorithm): { padding?: number; saltLength?: number } {
  if (padding === undefined) return {}
  if (padding === 'pkcs1') return { padding: constants.RSA_PKCS1_PADDING }
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
}
