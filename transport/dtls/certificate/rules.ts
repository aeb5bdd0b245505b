import type { Certificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import type { KeyUsage } from './extensions.ts'
import { publicKeyFault } from './public-key.ts'

/** What the owner of a certificate is in the handshake. */
export type Purpose = 'server' | 'client'

/** Extended key usages (RFC 5280 §4.2.1.12). */
const extendedKeyUsages: Readonly<Record<Purpose, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
}
const anyExtendedKeyUsage = '2.5.29.37.0'

/** ECDSA (RFC 5758 §3.2) and RSA PKCS #1 v1.5 (RFC 4055 §5), each with SHA-256, SHA-384 and SHA-512. */
const signatureAlgorithms = new Set([
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
])

/**
 * Checks a path, the peer's own certificate first, by the rules of RFC 5280 §6.1; its signatures are right.
 * Throws {@link CertificateError}.
 */
export function checkPath(
  path: readonly [Certificate, ...Certificate[]],
  { purpose, nowMs }: { readonly purpose: Purpose; readonly nowMs: number },
): void {
  const anchor = path.at(-1)
  let authoritiesBelow = 0
  for (const certificate of path) {
    const isAnchor = certificate === anchor
    checkValidity(certificate, nowMs)
    checkUnknownExtensions(certificate)
    checkExtendedKeyUsage(certificate, purpose)
    // Nobody asks who signed what is trusted anyway.
    if (!isAnchor) checkSignatureAlgorithm(certificate)
    if (certificate === path[0]) {
      checkPeer(certificate)
      continue
    }
    checkAuthority(certificate, isAnchor)
    checkPathLength(certificate, authoritiesBelow)
    // A new key of the same authority does not count (RFC 5280 §6.1.4 l).
    if (!certificate.isSelfIssued) authoritiesBelow++
  }
}

/** Whether the key of the peer itself can be used at all. Throws {@link CertificateError} `publicKey`. */
export function checkPeerKey({ name, publicKey }: Certificate): void {
  const fault = publicKeyFault(publicKey, 'peer')
  if (fault !== undefined) throw new CertificateError(name, 'publicKey', fault)
}

function checkPeer(certificate: Certificate): void {
  checkPeerKey(certificate)
  // Each suite has its key sign (RFC 8422 §5.3, §5.6).
  checkKeyUsage(certificate, 'digitalSignature')
}

/** Without the extension a key is for everything. */
function checkKeyUsage({ name, fields }: Certificate, needed: KeyUsage): void {
  const { keyUsage } = fields.extensions
  if (keyUsage === undefined || keyUsage.includes(needed)) return
  throw new CertificateError(name, 'keyUsage', `for ${keyUsage.join(', ') || 'nothing'}, not for ${needed}`)
}

/** Only what is trusted may be of the time before the extension (RFC 5280 §6.1.4 k). */
function checkAuthority(certificate: Certificate, isAnchor: boolean): void {
  const { basicConstraints } = certificate.fields.extensions
  if (basicConstraints === undefined ? !isAnchor : !basicConstraints.isCa) {
    const found = basicConstraints === undefined ? 'it has no basic constraints' : 'its basic constraints deny it'
    throw new CertificateError(certificate.name, 'notCa', found)
  }
  checkKeyUsage(certificate, 'keyCertSign')
}

function checkPathLength({ name, fields }: Certificate, authoritiesBelow: number): void {
  const { pathLength = Number.POSITIVE_INFINITY } = fields.extensions.basicConstraints ?? {}
  if (authoritiesBelow <= pathLength) return
  throw new CertificateError(name, 'pathLength', `${authoritiesBelow} authorities below it, at most ${pathLength}`)
}

function checkValidity({ name, fields }: Certificate, nowMs: number): void {
  if (nowMs > fields.notAfterMs) {
    throw new CertificateError(name, 'expired', `valid until ${timeText(fields.notAfterMs)}, now ${timeText(nowMs)}`)
  }
  if (nowMs < fields.notBeforeMs) {
    const found = `valid from ${timeText(fields.notBeforeMs)}, now ${timeText(nowMs)}`
    throw new CertificateError(name, 'notYetValid', found)
  }
}

function checkUnknownExtensions({ name, fields }: Certificate): void {
  const [unknown] = fields.extensions.unknown
  if (unknown !== undefined) throw new CertificateError(name, 'extension', `${unknown}, which nobody may pass over`)
}

/** An authority with extended key usages issues for these only, as everybody has it. */
function checkExtendedKeyUsage({ name, fields }: Certificate, purpose: Purpose): void {
  const { extendedKeyUsage } = fields.extensions
  if (extendedKeyUsage === undefined) return
  if (extendedKeyUsage.some(id => id === extendedKeyUsages[purpose] || id === anyExtendedKeyUsage)) return
  throw new CertificateError(name, 'extendedKeyUsage', `for ${describeUsages(extendedKeyUsage)}, not for a ${purpose}`)
}

const shownUsages = 4

function describeUsages(ids: readonly string[]): string {
  const names = ids.slice(0, shownUsages).map(id => {
    if (id === extendedKeyUsages.server) return 'a server'
    return id === extendedKeyUsages.client ? 'a client' : id
  })
  return `${names.join(', ')}${ids.length > shownUsages ? ', …' : ''}`
}

function checkSignatureAlgorithm({ name, fields }: Certificate): void {
  const { signatureAlgorithm } = fields
  if (!signatureAlgorithms.has(signatureAlgorithm))
    throw new CertificateError(name, 'signatureAlgorithm', `${signatureAlgorithm}, no ECDSA or RSA with SHA-2`)
}

/** `2030-01-01T00:00:00Z` */
function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -5)}Z`
}
