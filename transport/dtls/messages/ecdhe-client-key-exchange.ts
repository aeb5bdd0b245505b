import { ByteReader, ByteWriter } from '../bytes.ts'

/** ClientKeyExchange of the certificate suites: the client's public key, 1–255 bytes (RFC 8422 §5.7). */
export function encodeEcdheClientKeyExchange(publicKey: Uint8Array): Buffer {
  return new ByteWriter().vector8(publicKey).finish()
}

/** Throws DtlsError decode_error for a malformed message. */
export function decodeEcdheClientKeyExchange(body: Uint8Array): Buffer {
  const reader = new ByteReader(body)
  const publicKey = reader.vector8(1)
  reader.end()
  return publicKey
}
