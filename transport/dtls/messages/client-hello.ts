import { AlertDescription, DtlsError } from '../alert.ts'
import { ByteReader, ByteWriter } from '../bytes.ts'
import { decodeExtensions, type Extensions, encodeExtensions } from '../extensions.ts'
import { ProtocolVersion } from '../record.ts'

/** RFC 6347 §4.2.1. */
export interface ClientHello {
  /** The newest version the client speaks: {@link ProtocolVersion} `dtls12`, or newer where it was received. */
  readonly version: number
  /** 32 bytes. */
  readonly random: Buffer
  /** 0–32 bytes. */
  readonly sessionId: Buffer
  /** 0–255 bytes. */
  readonly cookie: Buffer
  /** By preference; among them may be signals such as 0x00ff (RFC 5746 §3.3). */
  readonly suites: readonly number[]
  /** The null method, 0, is always among them. */
  readonly compressions: readonly number[]
  readonly extensions: Extensions
}

export function encodeClientHello(hello: ClientHello): Buffer {
  const writer = new ByteWriter()
  writer
    .uint16(hello.version)
    .bytes(hello.random)
    .vector8(hello.sessionId)
    .vector8(hello.cookie)
    .nested16(() => {
      for (const suite of hello.suites) writer.uint16(suite)
    })
    .vector8(Buffer.from(hello.compressions))
  encodeExtensions(hello.extensions, writer, 'client')
  return writer.finish()
}

/**
 * Throws DtlsError decode_error for a malformed message, protocol_version for a client that does not speak DTLS 1.2,
 * illegal_parameter where the null compression is not offered or an extension breaks its rules.
 */
export function decodeClientHello(body: Uint8Array): ClientHello {
  const reader = new ByteReader(body)
  const version = reader.uint16()
  if (version >> 8 !== ProtocolVersion.dtls12 >> 8 || version > ProtocolVersion.dtls12)
    throw new DtlsError(AlertDescription.protocolVersion, 'the client does not speak DTLS 1.2')
  const random = reader.bytes(32)
  const sessionId = reader.vector8(0, 32)
  const cookie = reader.vector8()
  const suites = readSuites(reader.vector16(2))
  const compressions = [...reader.vector8(1)]
  if (!compressions.includes(0))
    throw new DtlsError(AlertDescription.illegalParameter, 'the client does not offer the null compression')
  const extensions = reader.remaining === 0 ? {} : decodeExtensions(reader.vector16(), 'client')
  reader.end()
  return { version, random, sessionId, cookie, suites, compressions, extensions }
}

function readSuites(bytes: Buffer): number[] {
  const reader = new ByteReader(bytes)
  const suites: number[] = []
  while (reader.remaining > 0) suites.push(reader.uint16())
  return suites
}
