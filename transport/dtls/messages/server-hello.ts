import { AlertDescription, DtlsError } from '../alert.ts'
import { ByteReader, ByteWriter } from '../bytes.ts'
import { decodeExtensions, type Extensions, encodeExtensions } from '../extensions.ts'
import { ProtocolVersion } from '../record.ts'

/** RFC 5246 §7.4.1.3; always of DTLS 1.2 and with the null compression. */
export interface ServerHello {
  /** 32 bytes. */
  readonly random: Buffer
  /** 0–32 bytes: the client's where its session is resumed, empty where it cannot be resumed by ID. */
  readonly sessionId: Buffer
  /** The suite chosen. */
  readonly suite: number
  readonly extensions: Extensions
}

export function encodeServerHello(hello: ServerHello): Buffer {
  const writer = new ByteWriter()
    .uint16(ProtocolVersion.dtls12)
    .bytes(hello.random)
    .vector8(hello.sessionId)
    .uint16(hello.suite)
    .uint8(0)
  encodeExtensions(hello.extensions, writer, 'server')
  return writer.finish()
}

/**
 * Throws DtlsError decode_error for a malformed message, protocol_version for another version than DTLS 1.2,
 * illegal_parameter for a compression or an extension that breaks its rules, unsupported_extension for one that the
 * engine never offers.
 */
export function decodeServerHello(body: Uint8Array): ServerHello {
  const reader = new ByteReader(body)
  if (reader.uint16() !== ProtocolVersion.dtls12)
    throw new DtlsError(AlertDescription.protocolVersion, 'the server does not speak DTLS 1.2')
  const random = reader.bytes(32)
  const sessionId = reader.vector8(0, 32)
  const suite = reader.uint16()
  if (reader.uint8() !== 0)
    throw new DtlsError(AlertDescription.illegalParameter, 'the server chose a compression that was not offered')
  const extensions = reader.remaining === 0 ? {} : decodeExtensions(reader.vector16(), 'server')
  reader.end()
  return { random, sessionId, suite, extensions }
}
