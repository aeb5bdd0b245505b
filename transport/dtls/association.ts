import type { Connection } from '../connection.ts'
import { TransportError } from '../errors.ts'
import { type AlertCode, AlertDescription, DtlsError, encodeAlert } from './alert.ts'
import { ByteReader } from './bytes.ts'
import {
  brokenByPeer,
  brokenHere,
  closedByPeer,
  type FailureContext,
  refusedByPeer,
  refusedHere,
  silent,
} from './failure.ts'
import { Flight, type FlightCarrier } from './flight.ts'
import { Reassembly } from './fragments.ts'
import type { Established, HandshakeOutput, HandshakeRole } from './handshake.ts'
import { type HandshakeFragment, HandshakeType, handshakeHeaderBytes, readFragment } from './handshake-message.ts'
import { type DtlsOptions, type DtlsParameters, defaultDtlsParameters } from './parameters.ts'
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

export interface AssociationOptions extends DtlsOptions {
  /** Which end this is, for what is said of a failure. */
  readonly role: 'client' | 'server'
  /** How the peer is called in what is said of a failure. */
  readonly peerName: string
  /** Sequence numbers that a server used before it kept any state. */
  readonly firstRecordSequence?: number
  readonly firstMessageSequence?: number
}

/** Records of epoch 1 kept until their keys are there, or the handshake is over. */
const maximumEarlyRecords = 8

/** Finished messages that no key opens, until the keys are taken for different ones: one may have been damaged on its way. */
const maximumUnreadable = 2

/** An association of two ends (RFC 6347): its handshake, then the protection of what they say. */
export class Association {
  readonly #options: AssociationOptions
  #listener: AssociationListener
  readonly #records: RecordLayer
  readonly #carrier: FlightCarrier
  readonly #reassembly: Reassembly
  #connection: Connection | undefined
  #role: HandshakeRole | undefined
  #flight: Flight | undefined
  /** The last message of the peer's flight before ours: that it comes again says that ours was lost. */
  #answeredSequence = -1
  #early: DtlsRecord[] = []
  /** Data that has overtaken the peer's Finished. */
  #earlyData: Buffer[] = []
  /** Whether what is said goes out under the keys: the own Finished has. */
  #speaksProtected = false
  #unreadable = 0
  #state: 'handshake' | 'established' | 'ended' = 'handshake'
  #lastActivityMs: number

  constructor(connection: Connection, options: AssociationOptions, listener: AssociationListener) {
    const { clock } = options
    const parameters: DtlsParameters = { ...defaultDtlsParameters, ...options.parameters }
    this.#connection = connection
    this.#options = options
    this.#listener = listener
    this.#lastActivityMs = clock.now()
    this.#records = new RecordLayer(options.firstRecordSequence)
    this.#reassembly = new Reassembly({ maximumMessageBytes: parameters.maximumMessageBytes })
    this.#reassembly.skipTo(options.firstMessageSequence ?? 0)
    this.#carrier = {
      clock,
      parameters,
      records: this.#records,
      transmit: datagram => this.#connection?.send(datagram),
      exhausted: () => this.#end(silent(this.#about)),
    }
  }

  get isEstablished(): boolean {
    return this.#state === 'established'
  }

  get isOver(): boolean {
    return this.#state === 'ended'
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
    this.#guard(() => {
      const role = make({
        send: (parts, isAnswered) => {
          this.#flight?.stop()
          this.#answeredSequence = this.#reassembly.nextSequence - 1
          if (parts.some(part => part.kind === 'handshake' && part.isProtected)) this.#speaksProtected = true
          this.#flight = new Flight(this.#carrier, parts)
          this.#flight.start(isAnswered)
        },
        protect: (sealing, opening, connectionIds) => this.#records.protect(sealing, opening, connectionIds),
        established: result => this.#established(result),
        later: (value, step) => this.#later(value, step),
      })
      this.#role = role
      start(role)
    })
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
    while (offset < datagram.length && this.#state !== 'ended') {
      const read = readRecord(datagram, offset, connectionIdLength)
      if (read === undefined) break
      offset = read.next
      if (this.#receiveRecord(read.record, isFromPeer)) isAuthentic = true
    }
    return isAuthentic
  }

  /** Seals and sends application data. Throws TransportError CLOSED when there is no association any more. */
  send(bytes: Uint8Array): void {
    if (this.#state !== 'established') throw new TransportError('CLOSED', 'the DTLS session is over')
    // With a Connection ID the real type takes a byte of the record (RFC 9146 §4).
    const maximumBytes = maximumPlaintextBytes - (this.connectionIds.peer.length > 0 ? 1 : 0)
    if (bytes.length > maximumBytes) {
      throw new TransportError('NETWORK_UNREACHABLE', `${bytes.length} bytes are too many for one DTLS record`)
    }
    this.#guard(() => this.#connection?.send(this.#records.seal(ContentType.applicationData, bytes)))
  }

  /** Says good-bye (RFC 5246 §7.2.1) and forgets the keys. Idempotent. */
  close(): void {
    if (this.#state === 'ended') return
    if (this.#state === 'established') this.#alert(AlertDescription.closeNotify, false)
    else this.#alert(AlertDescription.userCanceled, true)
    this.#release()
  }

  /** Forgets the keys and says nothing: its peer is in another handshake, which an alert of this one would end. */
  abandon(): void {
    if (this.#state !== 'ended') this.#release()
  }

  #receiveRecord(record: DtlsRecord, isFromPeer?: () => void): boolean {
    if (record.epoch === 1 && !this.#records.isProtected) {
      if (this.#early.length < maximumEarlyRecords) this.#early.push(record)
      return false
    }
    const opened = this.#records.open(record)
    if (opened === undefined) return false
    if (opened === 'unauthentic') {
      this.#guard(() => this.#unreadableRecord(record))
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
      this.#guard(() => this.#handshakeRecord(content, isProtected))
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
    for (const record of this.#early.splice(0)) if (this.#state !== 'ended') this.#receiveRecord(record)
  }

  #data(content: Buffer): void {
    if (this.#state === 'established') {
      // Who sends data has got our Finished.
      this.#flight = undefined
      this.#listener.deliver(content)
    } else if (this.#state === 'handshake' && this.#earlyData.length < maximumEarlyRecords) {
      this.#earlyData.push(content)
    }
  }

  #handshakeRecord(content: Buffer, isProtected: boolean): void {
    if (this.#state === 'established' && !isProtected) {
      this.#clearAfterHandshake(content)
      return
    }
    const reader = new ByteReader(content)
    while (reader.remaining > 0 && this.#state !== 'ended') {
      const fragment = readFragment(reader)
      if (this.#state === 'established') {
        this.#afterHandshake(fragment)
        continue
      }
      if (fragment.type === HandshakeType.clientHello && this.#options.role === 'client') continue
      // Finished alone is protected; what is not where it belongs is nobody's or forged.
      if ((fragment.type === HandshakeType.finished) !== isProtected) continue
      // RFC 5246 §7.4.1.1: ignored by a client that is negotiating.
      if (fragment.type === HandshakeType.helloRequest) continue
      if (this.#reassembly.receive(fragment) === 'old') {
        if (fragment.sequence === this.#answeredSequence) this.#flight?.repeat()
        continue
      }
      this.#takeMessages()
    }
  }

  #takeMessages(): void {
    while (this.#state === 'handshake') {
      const message = this.#reassembly.next()
      if (message === undefined) return
      this.#role?.receive(message)
    }
  }

  #afterHandshake({ type, sequence }: HandshakeFragment): void {
    if (sequence === this.#answeredSequence && type === HandshakeType.finished) this.#flight?.repeat()
    // RFC 5246 §7.2.2: renegotiation is refused, the session goes on.
    else if (type === HandshakeType.helloRequest || type === HandshakeType.clientHello) {
      this.#alert(AlertDescription.noRenegotiation, false)
    }
  }

  /**
   * Anybody can have written it, so nothing in it ends a session. Only a client begins a handshake (LwM2M Transport 1.2.2
   * §5.2): a server that tries is told so, in fewer bytes than it sent.
   */
  #clearAfterHandshake(content: Buffer): void {
    if (this.#options.role === 'server') return
    if (content[0] !== HandshakeType.clientHello || content.length < handshakeHeaderBytes) return
    const alert = encodeAlert(true, AlertDescription.handshakeFailure)
    this.#guard(() => this.#connection?.send(this.#records.clear(ContentType.alert, alert)))
  }

  #alertRecord(content: Buffer, isProtected: boolean): void {
    const isAuthentic = isProtected || this.#state === 'handshake'
    if (!isAuthentic || content.length !== 2) return
    const description = content[1] as number
    const isFatal = content[0] === 2 || description === AlertDescription.closeNotify
    if (!isFatal && description !== AlertDescription.userCanceled) return
    if (this.#state === 'handshake') {
      this.#end(refusedByPeer(this.#about, description))
    } else if (description === AlertDescription.closeNotify) {
      // RFC 5246 §7.2.1: it is answered with another one.
      this.#alert(AlertDescription.closeNotify, false)
      this.#end(closedByPeer(this.#about))
    } else {
      this.#end(brokenByPeer(this.#about, description))
    }
  }

  /** RFC 6347 §4.1.2.7: dropped; but a peer whose Finished cannot be read again and again has other keys (RFC 4279 §2). */
  #unreadableRecord({ type }: DtlsRecord): void {
    if (this.#options.role === 'client' || this.#state !== 'handshake') return
    if (type !== ContentType.handshake && type !== ContentType.tls12Cid) return
    if (++this.#unreadable < maximumUnreadable) return
    throw new DtlsError(AlertDescription.decryptError, 'the client has other keys: its pre-shared key is not ours')
  }

  #established(result: Established): void {
    if (this.#state !== 'handshake') return
    this.#state = 'established'
    this.#flight?.stop()
    this.#role?.wipe()
    this.#role = undefined
    this.#listener.established?.(result)
    for (const content of this.#earlyData.splice(0)) this.#data(content)
  }

  #later<T>(value: T | Promise<T>, step: (value: T) => void): void {
    if (!(value instanceof Promise)) return step(value)
    value.then(
      settled => {
        if (this.#state === 'handshake') this.#guard(() => step(settled))
      },
      (error: unknown) => {
        if (this.#state === 'handshake') this.#fail(error)
      },
    )
  }

  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#state === 'ended') return
    const alert = error instanceof DtlsError ? error.alert : AlertDescription.internalError
    const broken = this.#state === 'established' ? brokenHere : refusedHere
    this.#alert(alert, true)
    this.#end(broken(this.#about, alert, error))
  }

  #alert(description: AlertCode, isFatal: boolean): void {
    const content = encodeAlert(isFatal, description)
    try {
      const record = this.#speaksProtected
        ? this.#records.seal(ContentType.alert, content)
        : this.#records.clear(ContentType.alert, content)
      this.#connection?.send(record)
    } catch {
      // Without sequence numbers nothing can be said any more.
    }
  }

  #end(error: TransportError): void {
    if (this.#state === 'ended') return
    this.#release()
    this.#listener.ended(error)
  }

  #release(): void {
    this.#state = 'ended'
    this.#flight?.stop()
    this.#flight = undefined
    this.#role?.wipe()
    this.#role = undefined
    this.#early = []
    this.#earlyData = []
    this.#records.wipe()
  }

  get #about(): FailureContext {
    const { role, peerName } = this.#options
    return { role, peerName, stage: this.#role?.stage ?? 'hello', suite: this.#role?.suite }
  }
}
