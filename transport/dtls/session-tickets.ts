import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import { openResumable, type ResumableSession, sealResumable } from './resumable-session.ts'
import { RotatingSecret } from './rotating-secret.ts'

const context = 'ticket'

/** The length of a ticket has two bytes (RFC 5077 §3.3). */
const maximumTicketBytes = 0xffff

/**
 * The tickets of a server (RFC 5077 §4): the session itself, encrypted with a key that only this server has and only in
 * memory, so that it keeps nothing for each client. The key changes with each lifetime.
 */
export class TicketKeys {
  readonly #clock: Clock
  readonly #random: Random
  readonly #lifetimeMs: number
  readonly #key: RotatingSecret

  /** `lifetimeSeconds` counts from the full handshake: a new ticket for a resumed session does not prolong it. */
  constructor(clock: Clock, random: Random, lifetimeSeconds: number) {
    this.#clock = clock
    this.#random = random
    this.#lifetimeMs = lifetimeSeconds * 1000
    this.#key = new RotatingSecret(clock, random, this.#lifetimeMs)
  }

  /** A ticket for a session; undefined where the name of the peer is too long for one. */
  seal(session: ResumableSession): Buffer | undefined {
    const ticket = sealResumable(session, this.#key.current, context, this.#random)
    return ticket.length > maximumTicketBytes ? undefined : ticket
  }

  /** The session of a ticket, unless the ticket is not from here or over: the handshake is a full one then. */
  open(ticket: Uint8Array): ResumableSession | undefined {
    const { current, previous } = this.#key
    const session =
      openResumable(ticket, current, context) ??
      (previous === undefined ? undefined : openResumable(ticket, previous, context))
    if (session === undefined || this.#clock.now() - session.establishedMs >= this.#lifetimeMs) return undefined
    return session
  }
}
