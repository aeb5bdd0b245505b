import type { Timer } from '../clock.ts'
import type { Address, Connection, Listener, Network } from '../connection.ts'
import { closedError, TransportError } from '../errors.ts'
import { formatAddress } from '../uri.ts'
import { AcceptedSession } from './accepted-session.ts'
import { DtlsError, encodeAlert } from './alert.ts'
import { Association } from './association.ts'
import { ByteReader } from './bytes.ts'
import { CookieJar } from './cookie.ts'
import { encodeHandshake, HandshakeType, readFragment } from './handshake-message.ts'
import { type ClientHello, decodeClientHello } from './messages/client-hello.ts'
import { encodeHelloVerifyRequest } from './messages/hello-verify-request.ts'
import type { DtlsServerOptions } from './parameters.ts'
import { ContentType, type DtlsRecord, plainRecord, readRecord } from './record.ts'
import { ServerHandshake } from './server-handshake.ts'
import { SessionStore } from './session-store.ts'

/** Listens for DTLS; `accept` is called with each new session. Rejects as {@link Network.listen}. */
export async function listenDtls(
  network: Network,
  local: Address,
  options: DtlsServerOptions,
  accept: (connection: Connection) => void,
): Promise<Listener> {
  const listener = new DtlsListener(options, accept)
  listener.listensAt(await network.listen(local, connection => listener.meet(connection)))
  return listener
}

/** A session, from the ClientHello on whose cookie was right. */
interface Session {
  readonly association: Association
  readonly connectionId: Buffer
  /** By which a repeated ClientHello is told from a new one. */
  readonly clientRandom: Buffer
  /** Where its peer is. */
  connection: Connection
  accepted: AcceptedSession | undefined
  identity: string | undefined
}

/** The sessions of one remote address: the established one, and the one that may take its place (RFC 6347 §4.2.8). */
interface Place {
  established: Session | undefined
  pending: Session | undefined
}

const defaultMaximumSessions = 100_000
const defaultMaximumHandshakes = 10_000
const defaultIdleSeconds = 86_400
const sweepMs = 3_600_000

/**
 * Sessions by remote address and by Connection ID. An address that has not shown by a cookie that it is one gets no more
 * bytes than it sent, and leaves nothing behind (RFC 6347 §4.2.1).
 */
class DtlsListener implements Listener {
  readonly #options: DtlsServerOptions
  readonly #accept: (connection: Connection) => void
  readonly #cookies: CookieJar
  readonly #sessions: SessionStore
  readonly #places = new Map<Connection, Place>()
  readonly #byConnectionId = new Map<string, Session>()
  readonly #established = new Set<Session>()
  #handshakes = 0
  #listener: Listener | undefined
  #sweep: Timer

  constructor(options: DtlsServerOptions, accept: (connection: Connection) => void) {
    const { clock, random } = options
    this.#options = options
    this.#accept = accept
    this.#cookies = new CookieJar(clock, random)
    this.#sessions = new SessionStore(options)
  }

  get local(): Address {
    if (this.#listener === undefined) throw closedError()
    return this.#listener.local
  }

  listensAt(listener: Listener): void {
    this.#listener = listener
  }

  /** An address that has sent something, and of which nothing is known. */
  meet(connection: Connection): void {
    connection.receive({
      datagram: bytes => this.#receive(connection, bytes),
      failed: error => this.#places.get(connection)?.established?.accepted?.failed(error),
    })
  }

  /** The session with the client at an address. Throws TransportError CLOSED where there is none: only clients begin one. */
  connection(remote: Address): Connection {
    if (this.#listener === undefined) throw closedError()
    const connection = this.#listener.connection(remote)
    const session = this.#places.get(connection)?.established
    if (session === undefined) {
      this.#releasePlace(connection)
      throw new TransportError('CLOSED', `there is no DTLS session with ${formatAddress(remote)}; its client has to begin one`)
    }
    return this.#accepted(session)
  }

  async close(): Promise<void> {
    this.#options.clock.clearTimeout(this.#sweep)
    for (const { established, pending } of this.#places.values()) {
      pending?.association.close()
      established?.association.close()
    }
    for (const { association } of this.#established) association.close()
    this.#places.clear()
    this.#established.clear()
    this.#byConnectionId.clear()
    const listener = this.#listener
    this.#listener = undefined
    await listener?.close()
  }

  #receive(connection: Connection, datagram: Buffer): void {
    const first = readRecord(datagram, 0, this.#options.connectionIdLength ?? 0)?.record
    if (first !== undefined) this.#route(connection, datagram, first)
    this.#releasePlace(connection)
  }

  #route(connection: Connection, datagram: Buffer, first: DtlsRecord): void {
    if (first.connectionId !== undefined) {
      const session = this.#byConnectionId.get(keyOf(first.connectionId))
      if (session?.association.receive(datagram) === true) this.#move(session, connection)
      return
    }
    const place = this.#places.get(connection)
    if (first.epoch > 0) {
      // Under keys that may be those of the session, or already those of the one that follows it.
      if (place?.established?.association.receive(datagram) !== true) place?.pending?.association.receive(datagram)
    } else if (isClientHello(first)) {
      this.#hello(connection, datagram, first)
    } else {
      place?.pending?.association.receive(datagram)
    }
  }

  #hello(connection: Connection, datagram: Buffer, record: DtlsRecord): void {
    try {
      const fragment = readFragment(new ByteReader(record.fragment))
      // To put fragments together would take state for somebody who may not be there.
      if (fragment.bytes.length < fragment.length) return
      const hello = decodeClientHello(fragment.bytes)
      const place = this.#places.get(connection)
      if (place?.established?.clientRandom.equals(hello.random) === true) return
      if (place?.pending?.clientRandom.equals(hello.random) === true) {
        place.pending.association.receive(datagram)
      } else if (this.#cookies.isValid(hello.cookie, connection.remote, hello)) {
        this.#begin(connection, hello, record, { type: fragment.type, sequence: fragment.sequence, body: Buffer.from(fragment.bytes) })
      } else {
        this.#askForCookie(connection, hello, record)
      }
    } catch (error) {
      if (!(error instanceof DtlsError)) throw error
      connection.send(plainRecord(ContentType.alert, record.sequence, encodeAlert(true, error.alert)))
    }
  }
}
