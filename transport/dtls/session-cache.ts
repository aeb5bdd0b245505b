import type { Clock } from '../clock.ts'
import { copySession, type ResumableSession } from './resumable-session.ts'

export interface SessionCacheLimits {
  /** The least recently used are forgotten first. */
  readonly maximumSessions: number
  /** Counted from the full handshake: resuming a session does not prolong it. */
  readonly lifetimeSeconds: number
}

/**
 * The sessions that a server can resume by their id (RFC 5246 §7.4.1.2). It keeps copies and gives copies, so that it
 * can wipe the master secrets that it forgets.
 */
export class SessionCache {
  readonly #clock: Clock
  readonly #maximumSessions: number
  readonly #lifetimeMs: number
  /** By id in hexadecimal, the least recently used first. */
  readonly #sessions = new Map<string, ResumableSession>()

  constructor(clock: Clock, { maximumSessions, lifetimeSeconds }: SessionCacheLimits) {
    this.#clock = clock
    this.#maximumSessions = maximumSessions
    this.#lifetimeMs = lifetimeSeconds * 1000
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Keeps a session under its id, which is not empty. */
  add(session: ResumableSession): void {
    this.delete(session.sessionId)
    this.#sessions.set(keyOf(session.sessionId), copySession(session))
    for (const oldest of this.#sessions.values()) {
      if (this.#sessions.size <= this.#maximumSessions && !this.#isOver(oldest)) break
      this.delete(oldest.sessionId)
    }
  }

  /** The session of an id that a client asks for, unless it is unknown, forgotten or over. */
  find(sessionId: Uint8Array): ResumableSession | undefined {
    const key = keyOf(sessionId)
    const session = this.#sessions.get(key)
    if (session === undefined) return undefined
    if (this.#isOver(session)) {
      this.delete(sessionId)
      return undefined
    }
    this.#sessions.delete(key)
    this.#sessions.set(key, session)
    return copySession(session)
  }

  /** Forgets a session: after a fatal alert it must not be resumed (RFC 5246 §7.2). */
  delete(sessionId: Uint8Array): void {
    const key = keyOf(sessionId)
    this.#sessions.get(key)?.masterSecret.fill(0)
    this.#sessions.delete(key)
  }

  #isOver(session: ResumableSession): boolean {
    return this.#clock.now() - session.establishedMs >= this.#lifetimeMs
  }
}

function keyOf(sessionId: Uint8Array): string {
  return Buffer.from(sessionId.buffer, sessionId.byteOffset, sessionId.byteLength).toString('hex')
}
