import { AlertDescription, DtlsError } from './alert.ts'
import { type ByteReader, ByteWriter } from './bytes.ts'

/** The handshake messages of DTLS 1.2 (RFC 5246 §7.4, RFC 6347 §4.3.2, RFC 5077 §3.3). */
export const HandshakeType = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  newSessionTicket: 4,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const

/** A whole message of the handshake. */
export interface HandshakeMessage {
  /** One of {@link HandshakeType}, or any other byte a peer sent. */
  readonly type: number
  /** `message_seq`: 0–65535, counted by each side from 0. */
  readonly sequence: number
  readonly body: Buffer
}

/** A part of a handshake message, or all of it (RFC 6347 §4.2.3). */
export interface HandshakeFragment {
  readonly type: number
  /** Bytes of the whole body, 0–2^24−1. */
  readonly length: number
  readonly sequence: number
  /** Where `bytes` begin in the body; they never reach beyond `length`. */
  readonly offset: number
  /** A view into the record. */
  readonly bytes: Buffer
}

/** Bytes of the header before each fragment (RFC 6347 §4.2.2). */
export const handshakeHeaderBytes = 12

/** The message in one piece: the form that the transcript hashes, however it was sent (RFC 6347 §4.2.6). */
export function encodeHandshake(message: HandshakeMessage): Buffer {
  return encodeFragment(message, 0, message.body.length)
}

/** `length` bytes of the body from `offset` on, with their header. */
export function encodeFragment(message: HandshakeMessage, offset: number, length: number): Buffer {
  return new ByteWriter(handshakeHeaderBytes + length)
    .uint8(message.type)
    .uint24(message.body.length)
    .uint16(message.sequence)
    .uint24(offset)
    .uint24(length)
    .bytes(message.body.subarray(offset, offset + length))
    .finish()
}

/**
 * Takes the next fragment out of a record, which may hold several.
 * Throws DtlsError decode_error when it is cut off or reaches beyond its message.
 */
export function readFragment(reader: ByteReader): HandshakeFragment {
  const type = reader.uint8()
  const length = reader.uint24()
  const sequence = reader.uint16()
  const offset = reader.uint24()
  const bytes = reader.bytes(reader.uint24())
  if (offset + bytes.length > length)
    throw new DtlsError(AlertDescription.decodeError, 'a fragment reaches beyond its handshake message')
  return { type, length, sequence, offset, bytes }
}
