import * as fc from 'fast-check'
import type { ResumableSession } from '../../transport/dtls/resumable-session.ts'
import { buffers, uint16s } from './dtls-decoders.ts'

export const resumableSessions: fc.Arbitrary<ResumableSession> = fc.record(
  {
    suiteId: uint16s,
    masterSecret: buffers(48, 48),
    sessionId: buffers(0, 32),
    ticket: buffers(1, 300),
    ticketLifetimeSeconds: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    serverName: fc.string(),
    peerIdentity: fc.string({ unit: 'grapheme' }),
    establishedMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    encryptThenMac: fc.boolean(),
  },
  {
    requiredKeys: ['suiteId', 'masterSecret', 'sessionId', 'establishedMs', 'encryptThenMac'],
    noNullPrototype: true,
  },
)

/** A session of its own, established at `establishedMs`; its id is `number` alone. */
export function sessionOf(number: number, establishedMs: number): ResumableSession {
  return {
    suiteId: 0xc0a8,
    masterSecret: Buffer.alloc(48, number),
    sessionId: Buffer.of(number),
    peerIdentity: `device-${number}`,
    establishedMs,
    encryptThenMac: false,
  }
}
