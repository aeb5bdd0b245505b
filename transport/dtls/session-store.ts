import type { ClientHello } from './messages/client-hello.ts'
import type { NewSessionTicket } from './messages/new-session-ticket.ts'
import type { ResumableSession } from './resumable-session.ts'
import { SessionCache } from './session-cache.ts'
import { TicketKeys } from './session-tickets.ts'
import type { DtlsServerOptions } from './parameters.ts'

/** What a server can resume: sessions that it keeps, by id, and those that clients keep for it, as tickets. */
export class SessionStore {
}
