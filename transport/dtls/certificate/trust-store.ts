import { Certificate } from './certificate.ts'
import { readOwn } from './certificate-error.ts'
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
    const place = `entry ${index + 1} of the trust store`
    const certificates = readOwn(() => readCertificates(entry, place).map(der => Certificate.parse(der, place)))
    parsed.set(entry, certificates)
    return certificates
  })
}
