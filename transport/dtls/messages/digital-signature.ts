import type { ByteReader, ByteWriter } from '../bytes.ts'

/** A `digitally-signed` value (RFC 5246 §4.7). */
export interface DigitalSignature {
  /** The number of a signature algorithm; whether it was offered is for the reader to check. */
  readonly algorithm: number
  /** 0–65535 bytes. */
  readonly signature: Uint8Array
}

export function writeSignature(writer: ByteWriter, { algorithm, signature }: DigitalSignature): ByteWriter {
  return writer.uint16(algorithm).vector16(signature)
}

/** Throws DtlsError decode_error for a malformed signature. */
export function readSignature(reader: ByteReader): DigitalSignature {
  return { algorithm: reader.uint16(), signature: reader.vector16() }
}
