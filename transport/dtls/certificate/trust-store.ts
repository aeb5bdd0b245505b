import { Certificate } from './certificate.ts'
import { CertificateError, configurationError } from './certificate-error.ts'
import { readCertificates } from './pem.ts'

/** They are parsed once, not in each handshake. */
const parsed = new WeakMap<Uint8Array, readonly Certificate[]>()

/**
 * The certificates of a trust store, each entry one in DER or any number in PEM; entries are not changed once used.
 * Throws {@link CertificateError} `configuration`.
 */
export function readTrustStore(entries: readonly Uint8Array[]): Certificate[] {
  return entries.flatMap((entry, index) => {
    const known = parsed.get(entry)
    if (known !== undefined) return known
    const certificates = readEntry(entry, `entry ${index + 1} of the trust store`)
    parsed.set(entry, certificates)
    return certificates
  })
}

function readEntry(entry: Uint8Array, place: string): Certificate[] {
  try {
    return readCertificates(entry, place).map(der => Certificate.parse(der, place))
  } catch (cause) {
    throw cause instanceof CertificateError ? configurationError(cause) : cause
  }
}
