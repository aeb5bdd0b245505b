import { ByteReader, ByteWriter } from '../bytes.ts'

/** ClientKeyExchange of the PSK suites (RFC 4279 §2), with the client's public key for ECDHE_PSK (RFC 5489 §2). */
export interface PskClientKeyExchange {
  /** 0–65535 bytes. */
  readonly identity: Buffer
  /** 1–255 bytes, with ECDHE_PSK and only there. */
  readonly publicKey?: Buffer
}

export function encodePskClientKeyExchange({ identity, publicKey }: PskClientKeyExchange): Buffer {
  const writer = new ByteWriter().vector16(identity)
  if (publicKey !== undefined) writer.vector8(publicKey)
  return writer.finish()
}

/** Throws DtlsError decode_error for a malformed message. */
export function decodePskClientKeyExchange(body: Uint8Array, keyExchange: 'psk' | 'ecdhePsk'): PskClientKeyExchange {
  const reader = new ByteReader(body)
  const identity = reader.vector16()
  const message = keyExchange === 'psk' ? { identity } : { identity, publicKey: reader.vector8(1) }
  reader.end()
  return message
}
