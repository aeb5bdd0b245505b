import { AlertDescription, DtlsError } from '../alert.ts'
import { ByteReader, ByteWriter } from '../bytes.ts'
import { ProtocolVersion } from '../record.ts'

/** RFC 6347 §4.2.1: asks a client to repeat its ClientHello with this cookie, so that its address is known as its own. */
export interface HelloVerifyRequest {
  /** 0–255 bytes. */
  readonly cookie: Buffer
}

/** Names DTLS 1.0, as servers of any version should: nothing is negotiated yet. */
export function encodeHelloVerifyRequest(request: HelloVerifyRequest): Buffer {
  return new ByteWriter().uint16(ProtocolVersion.dtls10).vector8(request.cookie).finish()
}

/** Throws DtlsError decode_error for a malformed message, protocol_version for one of no DTLS up to 1.2. */
export function decodeHelloVerifyRequest(body: Uint8Array): HelloVerifyRequest {
  const reader = new ByteReader(body)
  const version = reader.uint16()
  if (version !== ProtocolVersion.dtls10 && version !== ProtocolVersion.dtls12)
    throw new DtlsError(AlertDescription.protocolVersion, 'the server does not speak DTLS 1.2')
  const cookie = reader.vector8()
  reader.end()
  return { cookie }
}
