import type { Address, Connection, ConnectionReceiver } from '../connection.ts'
import { TransportError } from '../errors.ts'
import type { Association } from './association.ts'
import { type Established, proofOf } from './handshake.ts'
import type { ConnectionIds } from './record-layer.ts'
import type { ResumableSession } from './resumable-session.ts'

/** A session without a socket: its keys and sequence numbers, in memory only. See {@link wakeDtls}. */
export interface SleepingDtls {
  readonly association: Association
  readonly established: Established
}

/** What has come before anybody receives: the rest of the flight that ended the handshake. */
const maximumUnread = 8

/** A DTLS session with a server, over a connection of its own. */
export class DtlsConnection implements Connection {
  readonly #association: Association
  readonly #established: Established
  readonly #connection: Connection
  #receiver: ConnectionReceiver | undefined
  #unread: Buffer[] = []
  #isDetached = false
  /** RFC 5246 §7.2: what a fatal alert has ended is not resumed. */
  #isBroken = false

  constructor(association: Association, established: Established, connection: Connection) {
    this.#association = association
    this.#established = established
    this.#connection = connection
  }

  get local(): Address {
    return this.#connection.local
  }

  get remote(): Address {
    return this.#connection.remote
  }

  get identity(): string | undefined {
    return this.#established.peerIdentity
  }

  get proof(): Connection['proof'] {
    return proofOf(this.#established)
  }

  /** Whether the handshake was abbreviated (RFC 5246 §7.3, RFC 5077). */
  get isResumed(): boolean {
    return this.#established.isResumed
  }

  /** The name of the cipher suite, as IANA has it. */
  get suite(): string {
    return this.#established.suite.name
  }

  /** What each end wants to find in the records sent to it (RFC 9146); empty: nothing. */
  get connectionIds(): ConnectionIds {
    return this.#association.connectionIds
  }

  /** With which the next handshake with this server may be abbreviated. Holds a secret. */
  get resumable(): ResumableSession | undefined {
    return this.#isBroken ? undefined : this.#established.resumable
  }

  receive(receiver: ConnectionReceiver): void {
    this.#receiver = receiver
    for (const bytes of this.#unread.splice(0)) receiver.datagram(bytes)
  }

  /** A datagram too large for a record, or for a session that is over, is told to the receiver. */
  send(bytes: Uint8Array): void {
    try {
      this.#association.send(bytes)
    } catch (error) {
      if (error instanceof TransportError) this.#receiver?.failed(error)
      else throw error
    }
  }

  /** Tells the server that the session is over, and releases the socket. */
  close(): void {
    if (this.#isDetached) return
    this.#association.close()
    this.#connection.close()
    this.#receiver = undefined
  }

  /**
   * Lets go of the socket and keeps the session for {@link wakeDtls}. Undefined, and nothing changes, where the server
   * knows the session by its address alone: without a Connection ID it would not find it again.
   */
  detach(): SleepingDtls | undefined {
    if (this.connectionIds.peer.length === 0 || !this.#association.isEstablished) return undefined
    this.#isDetached = true
    this.#receiver = undefined
    this.#association.attach(undefined)
    this.#connection.close()
    return { association: this.#association, established: this.#established }
  }

  /** @internal Application data of the server. */
  deliver(bytes: Buffer): void {
    if (this.#receiver !== undefined) this.#receiver.datagram(bytes)
    else if (this.#unread.length < maximumUnread) this.#unread.push(bytes)
  }

  /** @internal The network refused a datagram. */
  failed(error: TransportError): void {
    this.#receiver?.failed(error)
  }

  /** @internal The server has ended the session. */
  ended(error: TransportError): void {
    this.#isBroken = error.alertCode !== undefined
    if (!this.#isDetached) this.#connection.close()
    this.#receiver?.closed?.(error)
  }
}
