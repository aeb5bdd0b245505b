import { ByteReader, ByteWriter } from '../bytes.ts'

/** RFC 5077 §3.3. */
export interface NewSessionTicket {
  /** How long the client should keep the ticket, 0–2^32−1; 0: it decides itself. */
  readonly lifetimeHintSeconds: number
  /** 0–65535 bytes; empty: the server changed its mind and gives none. */
  readonly ticket: Buffer
}

export function encodeNewSessionTicket({ lifetimeHintSeconds, ticket }: NewSessionTicket): Buffer {
  return new ByteWriter()
    .uint16(Math.floor(lifetimeHintSeconds / 2 ** 16))
    .uint16(lifetimeHintSeconds % 2 ** 16)
    .vector16(ticket)
    .finish()
}

/** Throws DtlsError decode_error for a malformed message. */
export function decodeNewSessionTicket(body: Uint8Array): NewSessionTicket {
  const reader = new ByteReader(body)
  const lifetimeHintSeconds = reader.uint16() * 2 ** 16 + reader.uint16()
  const ticket = reader.vector16()
  reader.end()
  return { lifetimeHintSeconds, ticket }
}
