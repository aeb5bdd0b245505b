import { AlertDescription, DtlsError } from '../alert.ts'

/** The rules a certificate or raw public key can break: what people read of each, and what the peer is told (RFC 5246 §7.2.2). */
const rules = {
  missing: ['no certificate', AlertDescription.handshakeFailure],
  malformed: ['malformed', AlertDescription.badCertificate],
  expired: ['expired', AlertDescription.certificateExpired],
  notYetValid: ['not yet valid', AlertDescription.certificateExpired],
  signature: ['wrong signature', AlertDescription.badCertificate],
  signatureAlgorithm: ['signature algorithm', AlertDescription.unsupportedCertificate],
  publicKey: ['public key', AlertDescription.unsupportedCertificate],
  keyUsage: ['key usage', AlertDescription.unsupportedCertificate],
  extendedKeyUsage: ['extended key usage', AlertDescription.unsupportedCertificate],
  extension: ['unknown extension', AlertDescription.unsupportedCertificate],
  notCa: ['no certification authority', AlertDescription.badCertificate],
  pathLength: ['path length', AlertDescription.badCertificate],
  chainLength: ['chain length', AlertDescription.badCertificate],
  loop: ['loop', AlertDescription.badCertificate],
  issuer: ['unknown issuer', AlertDescription.unknownCa],
  hostName: ['wrong host', AlertDescription.certificateUnknown],
  caConstraint: ['CA constraint', AlertDescription.unknownCa],
  serviceCertificate: ['service certificate constraint', AlertDescription.certificateUnknown],
  domainIssued: ['domain-issued certificate', AlertDescription.certificateUnknown],
  rawKey: ['raw public key', AlertDescription.certificateUnknown],
  /** What this end was given to check with cannot be used; no fault of the peer. */
  configuration: ['unusable', AlertDescription.internalError],
} as const

export type CertificateRule = keyof typeof rules

/** Why a certificate, or raw public key, is refused. One line: which one, the rule it breaks, what was found. */
export class CertificateError extends DtlsError {
  /** The subject of the certificate, or where it stands if it could not be read. */
  readonly subject: string
  readonly rule: CertificateRule
  readonly found: string

  constructor(subject: string, rule: CertificateRule, found: string, options?: ErrorOptions) {
    const [name, alert] = rules[rule]
    super(alert, `${subject}: ${name}: ${found}`, options)
    this.subject = subject
    this.rule = rule
    this.found = found
  }
}

/** Reads what this end was given: that it is wrong is no fault of the peer. Throws {@link CertificateError} `configuration`. */
export function readOwn<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof CertificateError)) throw cause
    throw new CertificateError(cause.subject, 'configuration', cause.found, { cause })
  }
}
