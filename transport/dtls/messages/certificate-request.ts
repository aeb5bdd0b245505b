import { ByteReader, ByteWriter } from '../bytes.ts'
import type { SigningKeyType } from '../signatures.ts'

/** The server wants to know who the client is (RFC 5246 §7.4.4). */
export interface CertificateRequest {
  /** Kinds of keys, 1–255 of them: {@link clientCertificateTypes}, or any other byte a server sent. */
  readonly certificateTypes: readonly number[]
  /** By preference; at least one. */
  readonly signatureAlgorithms: readonly number[]
  /** The distinguished names of authorities it knows, DER, each 1–65535 bytes; none: any will do. */
  readonly authorities: readonly Uint8Array[]
}

/** `ClientCertificateType` of a kind of key: ecdsa_sign (RFC 8422 §5.5), rsa_sign (RFC 5246 §7.4.4). */
export const clientCertificateTypes: Readonly<Record<SigningKeyType, number>> = { ec: 64, rsa: 1 }

export function encodeCertificateRequest(request: CertificateRequest): Buffer {
  const writer = new ByteWriter().vector8(Buffer.from(request.certificateTypes))
  writer.nested16(() => {
    for (const algorithm of request.signatureAlgorithms) writer.uint16(algorithm)
  })
  writer.nested16(() => {
    for (const name of request.authorities) writer.vector16(name)
  })
  return writer.finish()
}

/** Throws DtlsError decode_error for a malformed message. */
export function decodeCertificateRequest(body: Uint8Array): CertificateRequest {
  const reader = new ByteReader(body)
  const certificateTypes = [...reader.vector8(1)]
  const signatureAlgorithms: number[] = []
  const algorithms = new ByteReader(reader.vector16(2))
  while (algorithms.remaining > 0) signatureAlgorithms.push(algorithms.uint16())
  const authorities: Buffer[] = []
  const names = new ByteReader(reader.vector16())
  while (names.remaining > 0) authorities.push(names.vector16(1))
  reader.end()
  return { certificateTypes, signatureAlgorithms, authorities }
}
