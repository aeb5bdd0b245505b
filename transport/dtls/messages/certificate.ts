import { ByteReader, ByteWriter } from '../bytes.ts'
import type { CertificateCredentials, CertificateType, PeerCertificate, RawKeyCredentials } from '../credentials.ts'

/** How the extensions client_certificate_type and server_certificate_type number the forms (RFC 7250 §3). */
export const certificateTypeIds: Readonly<Record<CertificateType, number>> = { x509: 0, rpk: 2 }

/** What is shown: a chain of certificates (RFC 5246 §7.4.2) or a public key (RFC 7250 §3). */
type ShownCertificate = Pick<CertificateCredentials, 'kind' | 'chain'> | Pick<RawKeyCredentials, 'kind' | 'publicKey'>

/** @param certificate undefined: a client that has none */
export function encodeCertificate(certificate: ShownCertificate | undefined): Buffer {
  if (certificate?.kind === 'rpk') return new ByteWriter().vector24(certificate.publicKey).finish()
  const chain = new ByteWriter()
  for (const each of certificate?.chain ?? []) chain.vector24(each)
  return new ByteWriter().vector24(chain.finish()).finish()
}

/**
 * Reads the form that was agreed on; undefined: an empty one. All bytes are views.
 * Throws DtlsError decode_error for a malformed message.
 */
export function decodeCertificate(body: Uint8Array, kind: CertificateType): PeerCertificate | undefined {
  const reader = new ByteReader(body)
  const content = reader.vector24()
  reader.end()
  if (content.length === 0) return undefined
  if (kind === 'rpk') return { kind, publicKey: content }
  const chain: Buffer[] = []
  const certificates = new ByteReader(content)
  while (certificates.remaining > 0) chain.push(certificates.vector24(1))
  return { kind, chain }
}
