import { ByteReader, ByteWriter } from '../bytes.ts'
import { type DigitalSignature, readSignature, writeSignature } from './digital-signature.ts'
import { type EcdheShare, readEcdheShare, writeEcdheShare } from './ecdhe-share.ts'

/** ServerKeyExchange of the certificate suites: the server's share, signed with the key of its certificate (RFC 8422 §5.4). */
export interface EcdheServerKeyExchange extends DigitalSignature {
  readonly share: EcdheShare
}

export function encodeEcdheServerKeyExchange(exchange: EcdheServerKeyExchange): Buffer {
  const writer = new ByteWriter()
  writeEcdheShare(writer, exchange.share)
  return writeSignature(writer, exchange).finish()
}

/** Throws DtlsError decode_error for a malformed message, illegal_parameter for a curve that is not a named one. */
export function decodeEcdheServerKeyExchange(body: Uint8Array): EcdheServerKeyExchange {
  const reader = new ByteReader(body)
  const exchange = { share: readEcdheShare(reader), ...readSignature(reader) }
  reader.end()
  return exchange
}

/** What the server signs: its share belongs to this handshake and to no other (RFC 8422 §5.4). */
export function signedShare(clientRandom: Uint8Array, serverRandom: Uint8Array, share: EcdheShare): Buffer {
  const writer = new ByteWriter().bytes(clientRandom).bytes(serverRandom)
  writeEcdheShare(writer, share)
  return writer.finish()
}
