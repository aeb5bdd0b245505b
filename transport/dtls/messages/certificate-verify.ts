import { ByteReader, ByteWriter } from '../bytes.ts'
import { type DigitalSignature, readSignature, writeSignature } from './digital-signature.ts'

/** Shows that the client holds the key of its certificate: a signature of all messages before (RFC 5246 §7.4.8). */
export function encodeCertificateVerify(signature: DigitalSignature): Buffer {
  return writeSignature(new ByteWriter(), signature).finish()
}

/** Throws DtlsError decode_error for a malformed message. */
export function decodeCertificateVerify(body: Uint8Array): DigitalSignature {
  const reader = new ByteReader(body)
  const signature = readSignature(reader)
  reader.end()
  return signature
}
