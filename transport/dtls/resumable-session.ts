import type { Random } from '../random.ts'
import { seal, unseal } from '../sealing.ts'
import { DtlsError } from './alert.ts'
import { ByteReader, ByteWriter } from './bytes.ts'

/**
 * What two ends need to go on without a full handshake (RFC 5246 §7.3, RFC 5077). Always with an extended master secret
 * (RFC 7627 §5.3); never with keys, sequence numbers or Connection IDs, which are new in each session.
 */
export interface ResumableSession {
  readonly suiteId: number
  /** 48 bytes. */
  readonly masterSecret: Buffer
  /** 0–32 bytes; empty: resumable by its ticket only. */
  readonly sessionId: Buffer
  /** What a client was given by its server, 1–65535 bytes. */
  readonly ticket?: Buffer
  /** The server's hint with the ticket, 0–2^32−1. */
  readonly ticketLifetimeSeconds?: number
  /** The server_name it was made for; it is not resumed for another one (RFC 6066 §3). */
  readonly serverName?: string
  /** Who the client proved to be. */
  readonly peerIdentity?: string
  /** When the full handshake ended, in whole milliseconds since 1970. */
  readonly establishedMs: number
  readonly encryptThenMac: boolean
}

/** Bytes of a master secret (RFC 5246 §8.1). */
const masterSecretBytes = 48

/**
 * Encrypts a session for storage with a key of 32 bytes, for one context, as `seal` does: 2^32 sessions a key at most.
 */
export function sealResumable(session: ResumableSession, key: Uint8Array, context: string, random: Random): Buffer {
  const plaintext = encodeSession(session)
  try {
    return seal(plaintext, key, context, random)
  } finally {
    plaintext.fill(0)
  }
}

/** The session in `sealed`; undefined where another key or context sealed it, or it was changed or cut off. */
export function openResumable(sealed: Uint8Array, key: Uint8Array, context: string): ResumableSession | undefined {
  const plaintext = unseal(sealed, key, context)
  const session = plaintext && decodeSession(plaintext)
  plaintext?.fill(0)
  return session
}

/** The same session with a master secret of its own, so that either can be wiped. */
export function copySession(session: ResumableSession): ResumableSession {
  return { ...session, masterSecret: Buffer.from(session.masterSecret) }
}

/** Which of the optional fields follow. */
const present = { ticket: 1, ticketLifetime: 2, serverName: 4, peerIdentity: 8 } as const

function encodeSession(session: ResumableSession): Buffer {
  const { ticket, ticketLifetimeSeconds, serverName, peerIdentity } = session
  const writer = new ByteWriter()
    .uint16(session.suiteId)
    .vector8(session.sessionId)
    .uint24(Math.floor(session.establishedMs / 2 ** 24))
    .uint24(Math.floor(session.establishedMs) % 2 ** 24)
    .uint8(session.encryptThenMac ? 1 : 0)
    .uint8(
      (ticket === undefined ? 0 : present.ticket) |
        (ticketLifetimeSeconds === undefined ? 0 : present.ticketLifetime) |
        (serverName === undefined ? 0 : present.serverName) |
        (peerIdentity === undefined ? 0 : present.peerIdentity),
    )
  if (ticket !== undefined) writer.vector16(ticket)
  if (ticketLifetimeSeconds !== undefined)
    writer.uint16(Math.floor(ticketLifetimeSeconds / 2 ** 16)).uint16(ticketLifetimeSeconds % 2 ** 16)
  if (serverName !== undefined) writer.vector16(Buffer.from(serverName))
  if (peerIdentity !== undefined) writer.vector24(Buffer.from(peerIdentity))
  // The secret comes last: a writer that grows leaves what it held before behind, where nobody wipes it.
  return writer.bytes(session.masterSecret).finish()
}

/** Undefined for what another version of the engine wrote. */
function decodeSession(plaintext: Buffer): ResumableSession | undefined {
  try {
    const reader = new ByteReader(plaintext)
    const suiteId = reader.uint16()
    const sessionId = Buffer.from(reader.vector8(0, 32))
    const establishedMs = reader.uint24() * 2 ** 24 + reader.uint24()
    const encryptThenMac = reader.uint8() === 1
    const fields = reader.uint8()
    const session = {
      suiteId,
      sessionId,
      establishedMs,
      encryptThenMac,
      ...(fields & present.ticket && { ticket: Buffer.from(reader.vector16()) }),
      ...(fields & present.ticketLifetime && { ticketLifetimeSeconds: reader.uint16() * 2 ** 16 + reader.uint16() }),
      ...(fields & present.serverName && { serverName: reader.vector16().toString() }),
      ...(fields & present.peerIdentity && { peerIdentity: reader.vector24().toString() }),
      masterSecret: Buffer.from(reader.bytes(masterSecretBytes)),
    }
    reader.end()
    return session
  } catch (error) {
    if (error instanceof DtlsError) return undefined
    throw error
  }
}
