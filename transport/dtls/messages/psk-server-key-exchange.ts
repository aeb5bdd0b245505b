import { ByteReader, ByteWriter } from '../bytes.ts'
import { type EcdheShare, readEcdheShare, writeEcdheShare } from './ecdhe-share.ts'

/** ServerKeyExchange of the PSK suites (RFC 4279 §2), with the server's share for ECDHE_PSK (RFC 5489 §2). */
export interface PskServerKeyExchange {
  /** 0–65535 bytes. */
  readonly identityHint: Buffer
  /** With ECDHE_PSK, and only there. */
  readonly share?: EcdheShare
}

export function encodePskServerKeyExchange({ identityHint, share }: PskServerKeyExchange): Buffer {
  const writer = new ByteWriter().vector16(identityHint)
  if (share !== undefined) writeEcdheShare(writer, share)
  return writer.finish()
}

/** Throws DtlsError decode_error for a malformed message, illegal_parameter for a curve that is not a named one. */
export function decodePskServerKeyExchange(body: Uint8Array, keyExchange: 'psk' | 'ecdhePsk'): PskServerKeyExchange {
  const reader = new ByteReader(body)
  const identityHint = reader.vector16()
  const message = keyExchange === 'psk' ? { identityHint } : { identityHint, share: readEcdheShare(reader) }
  reader.end()
  return message
}
