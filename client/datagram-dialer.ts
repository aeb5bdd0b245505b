import type { Address, Connection } from '../transport/connection.ts'
import { connectDtls, wakeDtls } from '../transport/dtls/connect.ts'
import type { DtlsConnection, SleepingDtls } from '../transport/dtls/dtls-connection.ts'
import type { DtlsClientOptions } from '../transport/dtls/parameters.ts'
import { openResumable, type ResumableSession, sealResumable } from '../transport/dtls/resumable-session.ts'
import { closedError, TransportError, type TransportErrorCode } from '../transport/errors.ts'
import type { DialingEnvironment } from './connection-environment.ts'
import type { Destination, DestinationSecurity } from './destination.ts'
import { KeptSession, type SessionSealing } from './kept-session.ts'
import type { SavedServer } from './saved-state.ts'

/** A session that has let go of its socket. */
interface Sleeping {
  readonly session: SleepingDtls
  /** Where its server is: one of the addresses that a name may have. */
  readonly remote: Address
  readonly agreedWith: string
}

const stumbles: ReadonlySet<TransportErrorCode> = new Set(['HANDSHAKE', 'TIMEOUT'])

const sealing: SessionSealing<ResumableSession> = { seal: sealResumable, unseal: openResumable }

type SavedDatagramDialer = Pick<SavedServer, 'localPort' | 'session'>

/**
 * Opens the connections to one server over UDP and keeps what makes the next one cheaper: the local port, or of a secure one its
 * DTLS session. While a Connection ID names that to the server no handshake is needed (RFC 9146), else an abbreviated one
 * (RFC 5246 §7.3, RFC 5077); a full one after that was of no use.
 */
export class DatagramDialer {
  readonly #environment: DialingEnvironment
  readonly #kept: KeptSession<ResumableSession>
  #attempt = 0
  /** A server without security knows its client by address and port. */
  #localPort = 0
  #secure: DtlsConnection | undefined
  /** The credentials that the last session was agreed with, as a fingerprint. */
  #agreedWith = ''
  #sleeping: Sleeping | undefined
  /** Ends the handshake under way. */
  #opening: AbortController | undefined

  /** `owner` tells whose the sessions are that are saved. */
  constructor(owner: string, environment: DialingEnvironment) {
    this.#environment = environment
    this.#kept = new KeptSession(sealing, owner, environment.dtls.sessionKey, environment.random)
  }

  /** Opens a connection. Rejects with TransportError as `Network.connect`, as {@link connectDtls}, with CLOSED after {@link hangUp}. */
  open({ uri, security }: Destination): Promise<Connection> {
    return security === undefined ? this.#openPlain(uri) : this.#openSecure(uri, security)
  }

  /** Gives up the handshake under way, if there is one. */
  hangUp(): void {
    this.#opening?.abort()
  }

  /** Call before a connection is closed that will be needed again: where it can, its session goes on then. */
  rest(): void {
    const secure = this.#secure
    this.#secure = undefined
    if (secure === undefined) return
    const { remote } = secure
    const session = secure.detach()
    if (session !== undefined) this.#sleeping = { session, remote, agreedWith: this.#agreedWith }
  }

  /** The connection is over, or of no use any more; its session can be resumed. */
  lose(): void {
    this.#secure = undefined
    // Its keys go with it.
    this.#sleeping?.session.association.close()
    this.#sleeping = undefined
  }

  /** The session is over for a fault, and so must not be resumed (RFC 5246 §7.2.2). */
  forget(): void {
    this.#secure = undefined
    this.#kept.forget()
  }

  /** What is to be known after a restart. */
  save(): SavedDatagramDialer {
    const { sealed } = this.#kept
    return {
      ...(this.#localPort === 0 ? {} : { localPort: this.#localPort }),
      ...(sealed === undefined ? {} : { session: sealed }),
    }
  }

  restore({ localPort = 0, session }: SavedDatagramDialer): void {
    this.#localPort = localPort
    this.#kept.restore(session)
  }

  async #openPlain(uri: Address): Promise<Connection> {
    const options = { localPort: this.#localPort, attempt: this.#attempt++ }
    // Somebody else may have taken the port meanwhile.
    this.#localPort = 0
    const connection = await this.#environment.network.connect(uri, options)
    this.#localPort = connection.local.port
    return connection
  }

  async #openSecure(uri: Address, security: DestinationSecurity): Promise<Connection> {
    const { fingerprint: agreedWith } = security
    this.#opening = new AbortController()
    const { signal } = this.#opening
    const { network } = this.#environment
    const sleeping = this.#sleeping?.agreedWith === agreedWith ? this.#sleeping : undefined
    const connection = await (sleeping === undefined
      ? network.connect(uri, { attempt: this.#attempt++ })
      : network.connect(sleeping.remote))
    if (signal.aborted) {
      connection.close()
      throw closedError()
    }
    if (sleeping === undefined) this.lose()
    this.#sleeping = undefined
    this.#agreedWith = agreedWith
    this.#secure =
      sleeping === undefined
        ? await this.#handshake(connection, security, signal)
        : wakeDtls(sleeping.session, connection)
    return this.#secure
  }

  async #handshake(
    connection: Connection,
    security: DestinationSecurity,
    signal: AbortSignal,
  ): Promise<DtlsConnection> {
    const session = this.#kept.find(this.#agreedWith)
    try {
      const secure = await connectDtls(connection, this.#optionsFor(security, session), signal)
      if (secure.resumable === undefined) this.#kept.forget()
      else this.#kept.keep(secure.resumable, this.#agreedWith)
      return secure
    } catch (error) {
      // It may be the session that the server stumbles over; where nothing arrives it is not.
      if (error instanceof TransportError && stumbles.has(error.code)) this.#kept.forget()
      throw error
    }
  }

  #optionsFor(
    { credentials, verify, serverName, suites }: DestinationSecurity,
    session: DtlsClientOptions['session'],
  ): DtlsClientOptions {
    const { clock, random, dtls } = this.#environment
    const { connectionIdLength = 0, keyLog, mtuBytes, initialTimeoutMs, maximumTimeoutMs, maximumTransmissions } = dtls
    return {
      clock,
      random,
      credentials,
      ...(verify && { verify }),
      connectionIdLength,
      parameters: defined({ mtuBytes, initialTimeoutMs, maximumTimeoutMs, maximumTransmissions }),
      ...(serverName === undefined ? {} : { serverName }),
      ...(suites.length === 0 ? {} : { suites }),
      ...(keyLog && { keyLog }),
      ...(session && { session }),
    }
  }
}

/** Without what is undefined. */
function defined<K extends string>(fields: { [N in K]: number | undefined }): { [N in K]?: number } {
  const result: { [N in K]?: number } = {}
  for (const name in fields) if (fields[name] !== undefined) result[name] = fields[name]
  return result
}
