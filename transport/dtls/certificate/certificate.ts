import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'
import { contextTag, DerError, DerReader, DerTag } from './der.ts'
import { type Extensions, readExtensions } from './extensions.ts'
import { type Name, readName } from './name.ts'

/** What is signed of a certificate, and how (RFC 5280 §4.1). */
interface CertificateFields {
  readonly signatureAlgorithm: string
  readonly issuer: Name
  readonly subject: Name
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly subjectPublicKeyInfo: Buffer
  readonly extensions: Extensions
}

/** A certificate that was read, and believed nothing of yet. OpenSSL has the keys and signatures, the rest is read here. */
export class Certificate {
  readonly der: Buffer
  readonly fields: CertificateFields
  readonly publicKey: KeyObject
  readonly #x509: X509Certificate
  /** Whose key was found to have signed it. */
  #signer: Certificate | undefined

  /**
   * Reads one certificate, of a copy of the bytes. Throws {@link CertificateError} `malformed` for what is none and `publicKey` for one of a
   * kind that OpenSSL does not know; `place` says which it is until its subject is known.
   */
  static parse(der: Uint8Array, place: string): Certificate {
    const bytes = Buffer.from(der)
    try {
      return new Certificate(bytes, readFields(bytes), place)
    } catch (cause) {
      if (cause instanceof DerError) throw new CertificateError(place, 'malformed', cause.message, { cause })
      throw cause
    }
  }

  private constructor(der: Buffer, fields: CertificateFields, place: string) {
    this.der = der
    this.fields = fields
    try {
      this.#x509 = new X509Certificate(der)
    } catch (cause) {
      throw new CertificateError(place, 'malformed', 'OpenSSL does not read it', { cause })
    }
    try {
      this.publicKey = this.#x509.publicKey
    } catch (cause) {
      throw new CertificateError(this.name, 'publicKey', 'of a kind that OpenSSL does not know', { cause })
    }
  }

  /** Its subject, as errors show it. */
  get name(): string {
    return this.fields.subject.text || 'a certificate without subject'
  }

  /** Whether it names itself as who signed it; that it did is another question. */
  get isSelfIssued(): boolean {
    return this.isNamedIssuerOf(this)
  }

  /** The SHA-256 of its bytes in hexadecimal. */
  get fingerprint(): string {
    return createHash('sha256').update(this.der).digest('hex')
  }

  /** Whether `certificate` names it as its issuer. */
  isNamedIssuerOf(certificate: Certificate): boolean {
    return this.fields.subject.encoded.equals(certificate.fields.issuer.encoded)
  }

  /** Whether its key signed `certificate`. */
  hasSigned(certificate: Certificate): boolean {
    if (certificate.#signer === this) return true
    try {
      if (!certificate.#x509.verify(this.publicKey)) return false
    } catch {
      // A key of another kind than the signature.
      return false
    }
    certificate.#signer = this
    return true
  }
}

const version1 = 0
const version3 = 2

/** Throws DerError. */
function readFields(der: Buffer): CertificateFields {
  const outermost = new DerReader(der)
  const certificate = outermost.sequence()
  outermost.end()
  const signed = certificate.sequence()
  const version = signed.optionalInside(contextTag(0, true))?.smallInteger() ?? version1
  signed.integer()
  const signatureAlgorithm = signed.value(DerTag.sequence)
  const issuer = readName(signed)
  const validity = signed.sequence()
  const notBeforeMs = validity.timeMs()
  const notAfterMs = validity.timeMs()
  validity.end()
  const subject = readName(signed)
  const subjectPublicKeyInfo = signed.value(DerTag.sequence).encoded
  signed.optional(contextTag(1, false))
  signed.optional(contextTag(2, false))
  const extensions = signed.optionalInside(contextTag(3, true))
  if (extensions !== undefined && version !== version3) throw new DerError('extensions in an old version')
  signed.end()
  // It is told twice, and only once signed (RFC 5280 §4.1.1.2).
  if (!certificate.value(DerTag.sequence).encoded.equals(signatureAlgorithm.encoded))
    throw new DerError('two signature algorithms')
  certificate.value(DerTag.bitString)
  certificate.end()
  return {
    signatureAlgorithm: signed.open(signatureAlgorithm).objectIdentifier(),
    issuer,
    subject,
    notBeforeMs,
    notAfterMs,
    subjectPublicKeyInfo,
    extensions: extensions === undefined ? { unknown: [] } : readAllExtensions(extensions),
  }
}

function readAllExtensions(explicit: DerReader): Extensions {
  const extensions = readExtensions(explicit.sequence())
  explicit.end()
  return extensions
}
