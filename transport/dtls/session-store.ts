import type { ClientHello } from './messages/client-hello.ts'
import type { NewSessionTicket } from './messages/new-session-ticket.ts'
import type { DtlsServerOptions } from './parameters.ts'
import type { ResumableSession } from './resumable-session.ts'
import { SessionCache } from './session-cache.ts'
import { TicketKeys } from './session-tickets.ts'

const defaultLifetimeSeconds = 86_400
const defaultMaximumSessions = 100_000

/** What a server can resume: sessions that it keeps, by id, and those that clients keep for it, as tickets. */
export class SessionStore {
  readonly #cache: SessionCache
  readonly #tickets: TicketKeys | undefined
  readonly #lifetimeSeconds: number

  constructor(options: DtlsServerOptions) {
    const { clock, random, sessionLifetimeSeconds = defaultLifetimeSeconds, tickets = true } = options
    const { maximumSessions = defaultMaximumSessions } = options
    this.#lifetimeSeconds = sessionLifetimeSeconds
    this.#cache = new SessionCache(clock, { maximumSessions, lifetimeSeconds: sessionLifetimeSeconds })
    this.#tickets = tickets ? new TicketKeys(clock, random, sessionLifetimeSeconds) : undefined
  }

  get givesTickets(): boolean {
    return this.#tickets !== undefined
  }

  /** The session that a client offers to resume. A ticket counts before an id, which then only says that it was taken. */
  find({ sessionId, extensions }: ClientHello): ResumableSession | undefined {
    if (sessionId.length === 0) return undefined
    const { sessionTicket } = extensions
    if (sessionTicket !== undefined && sessionTicket.length > 0) return this.#tickets?.open(sessionTicket)
    return this.#cache.find(sessionId)
  }

  /** Keeps a session under its id. */
  keep(session: ResumableSession): void {
    this.#cache.add(session)
  }

  /** After a fatal alert a session must not be resumed (RFC 5246 §7.2). */
  forget({ sessionId }: ResumableSession): void {
    this.#cache.delete(sessionId)
  }

  /** An empty ticket, where the session does not fit in one, says that there is none (RFC 5077 §3.3). */
  ticketFor(session: ResumableSession): NewSessionTicket {
    const ticket = this.#tickets?.seal(session) ?? Buffer.alloc(0)
    return { lifetimeHintSeconds: this.#lifetimeSeconds, ticket }
  }
}
