import { createPublicKey, type KeyObject } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'

/** The curve of peers; certification authorities may have the next larger one (RFC 8422 §5.1.1). */
const peerCurves = ['prime256v1']
const authorityCurves = ['prime256v1', 'secp384r1']

const minimumRsaBits = 2048
/** Longer ones take a stranger nothing to send and this end long to check. */
const maximumRsaBits = 8192

/** Why a key will not do; undefined for one that will. */
export function publicKeyFault(key: KeyObject, owner: 'peer' | 'authority'): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key
  if (type === 'ec') {
    const { namedCurve = 'no name' } = details
    const curves = owner === 'peer' ? peerCurves : authorityCurves
    return curves.includes(namedCurve) ? undefined : `the curve ${namedCurve}, not ${curves.join(' or ')}`
  }
  if (type !== 'rsa') return `the algorithm ${type ?? 'of no name'}, not EC or RSA`
  const { modulusLength = 0 } = details
  const isRight = modulusLength >= minimumRsaBits && modulusLength <= maximumRsaBits
  return isRight ? undefined : `RSA of ${modulusLength} bits, not ${minimumRsaBits}–${maximumRsaBits}`
}

/** What stands before the 64 bytes of an uncompressed point of P-256 (RFC 5480 §2): there is one way to write it in DER. */
const p256Prefix = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex')
const coordinateBytes = 32
const p256Bytes = p256Prefix.length + 2 * coordinateBytes

/** Throws {@link CertificateError} `publicKey` for a SubjectPublicKeyInfo of anything but a point of P-256. */
export function readP256Key(subjectPublicKeyInfo: Uint8Array, place: string): KeyObject {
  const key = Buffer.from(subjectPublicKeyInfo)
  if (key.length !== p256Bytes || !key.subarray(0, p256Prefix.length).equals(p256Prefix)) {
    throw new CertificateError(place, 'publicKey', `${key.length} bytes that are no uncompressed point of P-256`)
  }
  try {
    // OpenSSL takes it as it is, and twice the time to find out what is in DER.
    const coordinate = (start: number) => key.toString('base64url', start, start + coordinateBytes)
    const [x, y] = [coordinate(p256Prefix.length), coordinate(p256Prefix.length + coordinateBytes)]
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  } catch (cause) {
    throw new CertificateError(place, 'publicKey', 'a point beside the curve P-256', { cause })
  }
}
