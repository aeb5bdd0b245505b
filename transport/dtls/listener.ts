import type { Timer } from '../clock.ts'
import type { Address, Connection, Listener, Network } from '../connection.ts'
import { closedError, TransportError } from '../errors.ts'
import { formatAddress } from '../uri.ts'
import { DtlsError, encodeAlert } from './alert.ts'
import { ByteReader } from './bytes.ts'
import { CookieJar } from './cookie.ts'
import { encodeHandshake, type HandshakeMessage, HandshakeType, readFragment } from './handshake-message.ts'
import { type ClientHello, decodeClientHello } from './messages/client-hello.ts'
import { encodeHelloVerifyRequest } from './messages/hello-verify-request.ts'
import type { DtlsServerOptions } from './parameters.ts'
import { ContentType, type DtlsRecord, ProtocolVersion, plainRecord, readRecord } from './record.ts'
import { ServerHandshake } from './server-handshake.ts'
import { ServerSession, type ServerSessionListener } from './server-session.ts'
import { SessionStore } from './session-store.ts'

/**
 * Listens for DTLS; `accept` is called with each session of a client, and again with the same when the client speaks after
 * its connection was closed. Rejects as {@link Network.listen}.
 */
export async function listenDtls(
  network: Network,
  local: Address,
  options: DtlsServerOptions,
  accept: (connection: Connection) => void,
): Promise<Listener> {
  const listener = new DtlsListener(options, accept)
  listener.listensBy(await network.listen(local, connection => listener.meet(connection)))
  return listener
}

/** The sessions of one remote address: the established one, and the one that may take its place (RFC 6347 §4.2.8). */
interface Place {
  established: ServerSession | undefined
  pending: ServerSession | undefined
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
  readonly #cookies: CookieJar
  readonly #store: SessionStore
  readonly #places = new Map<Connection, Place>()
  readonly #byConnectionId = new Map<string, ServerSession>()
  readonly #established = new Set<ServerSession>()
  readonly #sessionListener: ServerSessionListener
  #handshakes = 0
  #listener: Listener | undefined
  #sweep: Timer

  constructor(options: DtlsServerOptions, accept: (connection: Connection) => void) {
    const { clock, random } = options
    this.#options = options
    this.#cookies = new CookieJar(clock, random)
    this.#store = new SessionStore(options)
    this.#sessionListener = {
      accept,
      established: session => this.#establish(session),
      ended: (session, error) => {
        // A client that closes its session has no failure.
        if (error.code !== 'CLOSED' || error.alertCode !== undefined) options.onFailure?.(error)
        if (error.alertCode !== undefined && session.resumable !== undefined) this.#store.forget(session.resumable)
        this.#forget(session)
        this.#leave(session.connection)
      },
    }
  }

  get local(): Address {
    if (this.#listener === undefined) throw closedError()
    return this.#listener.local
  }

  listensBy(listener: Listener): void {
    this.#listener = listener
  }

  /** An address of which nothing is known has sent something. */
  meet(connection: Connection): void {
    connection.receive({
      datagram: bytes => this.#receive(connection, bytes),
      failed: error => this.#places.get(connection)?.established?.failed(error),
    })
  }

  /** The session with the client at an address. Throws TransportError CLOSED where there is none: only clients begin one. */
  connection(remote: Address): Connection {
    if (this.#listener === undefined) throw closedError()
    const connection = this.#listener.connection(remote)
    const session = this.#places.get(connection)?.established
    if (session !== undefined) return session.accepted()
    this.#leave(connection)
    throw new TransportError('CLOSED', `there is no DTLS session with ${formatAddress(remote)}; its client begins it`)
  }

  async close(): Promise<void> {
    this.#options.clock.clearTimeout(this.#sweep)
    const sessions = new Set(this.#established)
    for (const { pending } of this.#places.values()) if (pending !== undefined) sessions.add(pending)
    for (const session of sessions) session.end(closedError())
    this.#places.clear()
    this.#byConnectionId.clear()
    this.#established.clear()
    const listener = this.#listener
    this.#listener = undefined
    await listener?.close()
  }

  #receive(connection: Connection, datagram: Buffer): void {
    const first = readRecord(datagram, 0, this.#options.connectionIdLength ?? 0)?.record
    if (first !== undefined) this.#route(connection, datagram, first)
    this.#leave(connection)
  }

  #route(connection: Connection, datagram: Buffer, first: DtlsRecord): void {
    const place = this.#places.get(connection)
    if (first.connectionId !== undefined) {
      const session = this.#byConnectionId.get(keyOf(first.connectionId))
      // RFC 9146 §6: only a record that is authentic and newer than all before shows where the client is.
      session?.association.receive(
        datagram,
        session.connection === connection ? undefined : () => this.#move(session, connection),
      )
    } else if (first.epoch > 0) {
      // Under the keys of the session that is there, or already of the one that takes its place.
      if (place?.established?.association.receive(datagram) !== true) place?.pending?.association.receive(datagram)
    } else if (first.type === ContentType.handshake && first.fragment[0] === HandshakeType.clientHello) {
      this.#hello(connection, datagram, first)
    } else {
      // A flight that is repeated although the session is there: the end of our own was lost.
      const session = place?.pending ?? place?.established
      session?.association.receive(datagram)
    }
  }

  #hello(connection: Connection, datagram: Buffer, record: DtlsRecord): void {
    try {
      const { type, sequence, length, bytes } = readFragment(new ByteReader(record.fragment))
      // To put fragments together would be to keep something for somebody who may not be there.
      if (bytes.length < length) return
      const hello = decodeClientHello(bytes)
      const place = this.#places.get(connection)
      if (place?.established?.clientRandom.equals(hello.random)) return
      if (place?.pending?.clientRandom.equals(hello.random)) {
        place.pending.association.receive(datagram)
      } else if (this.#cookies.isValid(hello.cookie, connection.remote, hello)) {
        this.#begin(connection, hello, record.sequence, { type, sequence, body: Buffer.from(bytes) })
      } else {
        this.#askForCookie(connection, hello, record.sequence, sequence)
      }
    } catch (error) {
      if (!(error instanceof DtlsError)) throw error
      const alert = plainRecord(ContentType.alert, record.sequence, encodeAlert(true, error.alert))
      if (alert.length <= datagram.length) connection.send(alert)
    }
  }

  /** RFC 6347 §4.2.1: with the numbers of the ClientHello, since there is nothing to count by. */
  #askForCookie(connection: Connection, hello: ClientHello, recordSequence: number, sequence: number): void {
    const body = encodeHelloVerifyRequest({ cookie: this.#cookies.cookie(connection.remote, hello) })
    const message = encodeHandshake({ type: HandshakeType.helloVerifyRequest, sequence, body })
    connection.send(plainRecord(ContentType.handshake, recordSequence, message, ProtocolVersion.dtls10))
  }

  /** A client that receives at its address begins a handshake; the session that it has lasts until this one is established. */
  #begin(connection: Connection, hello: ClientHello, recordSequence: number, message: HandshakeMessage): void {
    const place = this.#placeOf(connection)
    this.#abandon(place.pending)
    if (this.#handshakes >= (this.#options.maximumHandshakes ?? defaultMaximumHandshakes)) return
    const connectionId = this.#freshConnectionId()
    const session = new ServerSession(
      connection,
      Buffer.from(hello.random),
      hello.extensions.connectionId === undefined ? noConnectionId : connectionId,
      {
        ...this.#options,
        role: 'server',
        peerName: formatAddress(connection.remote),
        // RFC 6347 §4.2.1: the ServerHello has the number of the ClientHello.
        firstRecordSequence: recordSequence,
        firstMessageSequence: message.sequence + 1,
      },
      this.#sessionListener,
    )
    place.pending = session
    this.#handshakes++
    if (session.connectionId.length > 0) this.#byConnectionId.set(keyOf(session.connectionId), session)
    const own = this.#options.connectionIdLength === undefined ? undefined : connectionId
    session.association.begin(
      output => new ServerHandshake(this.#options, this.#store, output, message, hello, own),
      handshake => handshake.start(),
    )
  }

  #establish(session: ServerSession): void {
    const place = this.#placeOf(session.connection)
    this.#handshakes--
    place.pending = undefined
    const former = place.established
    // Somebody else with a Connection ID is still found by that: it may be asleep, its address given to another client.
    if (former?.connectionId.length === 0 || former?.identity === session.identity) this.#replace(former)
    place.established = session
    if (this.#established.size >= (this.#options.maximumSessions ?? defaultMaximumSessions)) this.#makeRoom()
    this.#established.add(session)
    this.#sweep ??= this.#options.clock.setTimeout(() => this.#endIdle(), sweepMs)
    session.accepted()
  }

  #move(session: ServerSession, connection: Connection): void {
    const former = session.connection
    if (former === connection) return
    const formerPlace = this.#places.get(former)
    session.move(connection)
    const place = this.#placeOf(connection)
    if (formerPlace?.pending === session) {
      formerPlace.pending = undefined
      this.#abandon(place.pending)
      place.pending = session
    } else {
      if (formerPlace?.established === session) formerPlace.established = undefined
      // Without a Connection ID, who was there before is found by its address alone.
      if (place.established === undefined || place.established.connectionId.length > 0) place.established = session
    }
    this.#leave(former)
  }

  /** Its client has begun another handshake. */
  #abandon(session: ServerSession | undefined): void {
    if (session === undefined) return
    this.#forget(session)
    session.association.abandon()
  }

  #replace(session: ServerSession | undefined): void {
    if (session === undefined) return
    this.#forget(session)
    session.end(new TransportError('CLOSED', `${formatAddress(session.remote)} has begun another DTLS session`))
  }

  #forget(session: ServerSession): void {
    const place = this.#places.get(session.connection)
    if (place?.pending === session) {
      place.pending = undefined
      this.#handshakes--
    }
    if (place?.established === session) place.established = undefined
    this.#established.delete(session)
    if (session.connectionId.length > 0) this.#byConnectionId.delete(keyOf(session.connectionId))
  }

  #placeOf(connection: Connection): Place {
    const known = this.#places.get(connection)
    if (known !== undefined) return known
    const place: Place = { established: undefined, pending: undefined }
    this.#places.set(connection, place)
    return place
  }

  /** An address without a session leaves nothing behind. */
  #leave(connection: Connection): void {
    const place = this.#places.get(connection)
    if (place?.established !== undefined || place?.pending !== undefined) return
    this.#places.delete(connection)
    connection.close()
  }

  #freshConnectionId(): Buffer {
    const { random, connectionIdLength = 0 } = this.#options
    let id = random.bytes(connectionIdLength)
    // Of no bytes there is only one, and it is nobody's.
    while (this.#byConnectionId.has(keyOf(id))) id = random.bytes(connectionIdLength)
    return id
  }

  /** Ends the one of the first few that has been silent for longest, and looks at others the next time. */
  #makeRoom(): void {
    let silent: ServerSession | undefined
    let looks = 0
    for (const session of this.#established) {
      if (silent === undefined || session.association.lastActivityMs < silent.association.lastActivityMs)
        silent = session
      if (++looks === 16) break
    }
    if (silent === undefined) return
    this.#forget(silent)
    silent.end(new TransportError('CLOSED', 'there are too many DTLS sessions'))
    this.#leave(silent.connection)
  }

  /** One sweep for all sessions. */
  #endIdle(): void {
    const { clock, sessionLifetimeSeconds = defaultIdleSeconds } = this.#options
    const idleSinceMs = clock.now() - sessionLifetimeSeconds * 1_000
    for (const session of this.#established) {
      if (session.association.lastActivityMs > idleSinceMs) continue
      this.#forget(session)
      session.end(new TransportError('CLOSED', 'the DTLS session was idle for too long'))
      this.#leave(session.connection)
    }
    this.#sweep = this.#established.size === 0 ? undefined : clock.setTimeout(() => this.#endIdle(), sweepMs)
  }
}

const noConnectionId = Buffer.alloc(0)

function keyOf(connectionId: Buffer): string {
  return connectionId.toString('latin1')
}
