import type { Connection } from '../connection.ts'
import { TransportError } from '../errors.ts'
import { type AlertCode, AlertDescription, DtlsError, encodeAlert } from './alert.ts'
import {
  brokenByPeer,
  brokenHere,
  closedByPeer,
  type FailureContext,
  refusedByPeer,
  refusedHere,
  silent,
} from './failure.ts'
import type { Established, HandshakeOutput, HandshakeRole } from './handshake.ts'
import { HandshakeExchange, type HandshakeExchangeOptions } from './handshake-exchange.ts'
import { type DtlsOptions, defaultDtlsParameters } from './parameters.ts'
import { ContentType, type DtlsRecord, maximumPlaintextBytes, readRecord } from './record.ts'
import { type ConnectionIds, type Opened, RecordLayer } from './record-layer.ts'

/** What an association tells its owner. */
export interface AssociationListener {
  established?(result: Established): void
  /** Application data; the bytes are the listener's to keep. */
  deliver(bytes: Buffer): void
  /** It has come to its end: the handshake failed, the peer closed it or broke it. Nothing follows. */
  ended(error: TransportError): void
}

export interface AssociationOptions extends DtlsOptions, HandshakeExchangeOptions {
  /** How the peer is called in what is said of a failure. */
  readonly peerName: string
  /** Record sequence numbers that a server used before it kept any state. */
  readonly firstRecordSequence?: number
}

/** Records of epoch 1 kept until their keys are there, or the handshake is over. */
const maximumEarlyRecords = 8

/** An association of two ends (RFC 6347): its handshake, then the protection of what they say. */
export class Association {
  readonly #options: AssociationOptions
  #listener: AssociationListener
  readonly #records: RecordLayer
  readonly #handshake: HandshakeExchange
  #connection: Connection | undefined
  #early: DtlsRecord[] = []
  /** Data that has overtaken the peer's Finished. */
  #earlyData: Buffer[] = []
  #lastActivityMs: number

  constructor(connection: Connection, options: AssociationOptions, listener: AssociationListener) {
    const { clock } = options
    this.#connection = connection
    this.#options = options
    this.#listener = listener
    this.#lastActivityMs = clock.now()
    this.#records = new RecordLayer(options.firstRecordSequence)
    const carrier = {
      clock,
      parameters: { ...defaultDtlsParameters, ...options.parameters },
      records: this.#records,
      transmit: (datagram: Buffer) => this.#connection?.send(datagram),
      exhausted: () => this.#end(silent(this.#about)),
      guard: (step: () => void) => this.#guard(step),
      alert: (description: AlertCode, isFatal: boolean) => this.#alert(description, isFatal),
      established: (result: Established) => this.#established(result),
    }
    this.#handshake = new HandshakeExchange(carrier, options)
  }

  get isEstablished(): boolean {
    return this.#handshake.state === 'established'
  }

  get isOver(): boolean {
    return this.#handshake.state === 'ended'
  }

  /** When the peer was last heard of for certain, clock milliseconds. */
  get lastActivityMs(): number {
    return this.#lastActivityMs
  }

  get connection(): Connection | undefined {
    return this.#connection
  }

  get connectionIds(): ConnectionIds {
    return this.#records.connectionIds
  }

  /** Who is told from now on. */
  listen(listener: AssociationListener): void {
    this.#listener = listener
  }

  /** Begins the handshake; `make` gets what its role needs. */
  begin<Role extends HandshakeRole>(make: (output: HandshakeOutput) => Role, start: (role: Role) => void): void {
    this.#guard(() => this.#handshake.begin(make, start))
  }

  /** Goes on over another connection: the peer's address has changed (RFC 9146 §6), or this end has slept. */
  attach(connection: Connection | undefined): void {
    this.#connection = connection
  }

  /**
   * Takes a datagram of the peer, or of somebody who pretends to be it. Returns whether a record of it was authentic.
   * @param isFromPeer called for a record that is newer than all before, before what it holds is answered
   */
  receive(datagram: Buffer, isFromPeer?: () => void): boolean {
    const { connectionIdLength = 0 } = this.#options
    let isAuthentic = false
    let offset = 0
    while (offset < datagram.length && !this.isOver) {
      const read = readRecord(datagram, offset, connectionIdLength)
      if (read === undefined) break
      offset = read.next
      if (this.#receiveRecord(read.record, isFromPeer)) isAuthentic = true
    }
    return isAuthentic
  }

  /** Seals and sends application data. Throws TransportError CLOSED when there is no association any more. */
  send(bytes: Uint8Array): void {
    if (!this.isEstablished) throw new TransportError('CLOSED', 'the DTLS session is over')
    // With a Connection ID the real type takes a byte of the record (RFC 9146 §4).
    const maximumBytes = maximumPlaintextBytes - (this.connectionIds.peer.length > 0 ? 1 : 0)
    if (bytes.length > maximumBytes) {
      throw new TransportError('NETWORK_UNREACHABLE', `${bytes.length} bytes are too many for one DTLS record`)
    }
    this.#guard(() => this.#connection?.send(this.#records.seal(ContentType.applicationData, bytes)))
  }

  /** Says good-bye (RFC 5246 §7.2.1) and forgets the keys. Idempotent. */
  close(): void {
    if (this.isOver) return
    if (this.isEstablished) this.#alert(AlertDescription.closeNotify, false)
    else this.#alert(AlertDescription.userCanceled, true)
    this.#release()
  }

  /** Forgets the keys and says nothing: its peer is in another handshake, which an alert of this one would end. */
  abandon(): void {
    if (!this.isOver) this.#release()
  }

  #receiveRecord(record: DtlsRecord, isFromPeer?: () => void): boolean {
    if (record.epoch === 1 && !this.#records.isProtected) {
      if (this.#early.length < maximumEarlyRecords) this.#early.push(record)
      return false
    }
    const opened = this.#records.open(record)
    if (opened === undefined) return false
    if (opened === 'unauthentic') {
      // Under a Connection ID the type is among what cannot be read.
      const { type } = record
      const mayBeFinished = type === ContentType.handshake || type === ContentType.tls12Cid
      if (mayBeFinished) this.#guard(() => this.#handshake.unreadable())
      return false
    }
    if (opened.isProtected) this.#lastActivityMs = this.#options.clock.now()
    if (opened.isNewest) isFromPeer?.()
    this.#take(opened)
    return opened.isProtected
  }

  #take(opened: Opened): void {
    const { type, content, isProtected } = opened
    if (type === ContentType.handshake) {
      this.#guard(() => this.#handshake.receive(content, isProtected))
      this.#takeEarly()
    } else if (type === ContentType.alert) {
      this.#alertRecord(content, isProtected)
    } else if (type === ContentType.applicationData && isProtected) {
      this.#data(content)
    }
    // A ChangeCipherSpec says nothing that the epoch of a record does not (RFC 6347 §4.1).
  }

  /** What has overtaken the messages that it depends on. */
  #takeEarly(): void {
    if (this.#early.length === 0 || !this.#records.isProtected) return
    for (const record of this.#early.splice(0)) if (!this.isOver) this.#receiveRecord(record)
  }

  #data(content: Buffer): void {
    if (this.isEstablished) {
      // Who sends data has got our Finished.
      this.#handshake.confirmed()
      this.#listener.deliver(content)
    } else if (!this.isOver && this.#earlyData.length < maximumEarlyRecords) {
      this.#earlyData.push(content)
    }
  }

  #alertRecord(content: Buffer, isProtected: boolean): void {
    const isUnderWay = this.#handshake.state === 'underWay'
    const isAuthentic = isProtected || isUnderWay
    if (!isAuthentic || content.length !== 2) return
    const description = content[1] as number
    const isFatal = content[0] === 2 || description === AlertDescription.closeNotify
    if (!isFatal && description !== AlertDescription.userCanceled) return
    if (isUnderWay) {
      this.#end(refusedByPeer(this.#about, description))
    } else if (description === AlertDescription.closeNotify) {
      // RFC 5246 §7.2.1: it is answered with another one.
      this.#alert(AlertDescription.closeNotify, false)
      this.#end(closedByPeer(this.#about))
    } else {
      this.#end(brokenByPeer(this.#about, description))
    }
  }

  #established(result: Established): void {
    this.#listener.established?.(result)
    for (const content of this.#earlyData.splice(0)) this.#data(content)
  }

  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.isOver) return
    const alert = error instanceof DtlsError ? error.alert : AlertDescription.internalError
    const broken = this.isEstablished ? brokenHere : refusedHere
    this.#alert(alert, true)
    this.#end(broken(this.#about, alert, error))
  }

  #alert(description: AlertCode, isFatal: boolean): void {
    const content = encodeAlert(isFatal, description)
    try {
      const record = this.#handshake.speaksProtected
        ? this.#records.seal(ContentType.alert, content)
        : this.#records.clear(ContentType.alert, content)
      this.#connection?.send(record)
    } catch {
      // Without sequence numbers nothing can be said any more.
    }
  }

  #end(error: TransportError): void {
    if (this.isOver) return
    this.#release()
    this.#listener.ended(error)
  }

  #release(): void {
    this.#handshake.end()
    this.#early = []
    this.#earlyData = []
    this.#records.wipe()
  }

  get #about(): FailureContext {
    const { role, peerName } = this.#options
    const { stage, suite } = this.#handshake
    return { role, peerName, stage, suite }
  }
}
