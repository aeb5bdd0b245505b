import { Certificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import type { PeerCache } from './peer-cache.ts'
import { publicKeyFault } from './public-key.ts'

/** How many certificates a peer may show. */
const longestChain = 8

/**
 * Reads what a peer has shown, its own certificate first (RFC 5246 §7.4.2), as far as `cache` does not know it.
 * Throws {@link CertificateError} `missing`, `chainLength` or `malformed`.
 */
export function readChain(
  chain: readonly Uint8Array[],
  cache?: PeerCache<Certificate>,
): [Certificate, ...Certificate[]] {
  const [own, ...others] = chain
  if (own === undefined) throw new CertificateError('the peer', 'missing', 'it has shown none')
  if (chain.length > longestChain) {
    throw new CertificateError('the peer', 'chainLength', `${chain.length} certificates, at most ${longestChain}`)
  }
  const parse = (der: Uint8Array, index: number) =>
    cache?.find(der) ?? Certificate.parse(der, `certificate ${index + 1} of ${chain.length}`)
  return [parse(own, 0), ...others.map((der, index) => parse(der, index + 1))]
}

/**
 * The certificates from the peer's own to the first that is trusted, each signed by the next. Those that the peer has
 * shown may be in any order and too many. Throws {@link CertificateError} `issuer`, `signature`, `publicKey` or `loop`.
 */
export function buildPath(
  [own, ...others]: readonly [Certificate, ...Certificate[]],
  anchors: readonly Certificate[],
): [Certificate, ...Certificate[]] {
  const path: [Certificate, ...Certificate[]] = [own]
  const unused = new Set(others)
  for (let current = own; ; ) {
    if (anchors.some(({ der }) => der.equals(current.der))) return path
    const trusted = findIssuer(current, anchors)
    if (trusted instanceof Certificate) return [...path, trusted]
    // Each is used once: nothing goes round in circles, and the work is bounded by the square of the length.
    const issuer = findIssuer(current, unused)
    if (!(issuer instanceof Certificate)) throw issuer ?? trusted ?? missingIssuer(current, path)
    unused.delete(issuer)
    path.push(issuer)
    current = issuer
  }
}

/** Who of the candidates signed it; or why one that should have did not; undefined where none is named. */
function findIssuer(
  certificate: Certificate,
  candidates: Iterable<Certificate>,
): Certificate | CertificateError | undefined {
  let refusal: CertificateError | undefined
  for (const candidate of candidates) {
    if (!candidate.isNamedIssuerOf(certificate)) continue
    const fault = publicKeyFault(candidate.publicKey, 'authority')
    if (fault !== undefined) refusal = new CertificateError(candidate.name, 'publicKey', fault)
    else if (candidate.hasSigned(certificate)) return candidate
    else refusal = new CertificateError(certificate.name, 'signature', `not made by the key of ${candidate.name}`)
  }
  return refusal
}

function missingIssuer(certificate: Certificate, path: readonly Certificate[]): CertificateError {
  const { name, fields } = certificate
  if (certificate.isSelfIssued) return new CertificateError(name, 'issuer', 'it is self-signed and not trusted')
  if (path.some(other => other.isNamedIssuerOf(certificate)))
    return new CertificateError(name, 'loop', `signed by ${fields.issuer.text}, which stands below it`)
  return new CertificateError(name, 'issuer', `${fields.issuer.text} is neither trusted nor shown`)
}
