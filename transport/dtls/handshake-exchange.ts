import { type AlertCode, AlertDescription, encodeAlert } from './alert.ts'
import { ByteReader } from './bytes.ts'
import { otherKeys } from './failure.ts'
import { Flight, type FlightCarrier, type FlightPart } from './flight.ts'
import { Reassembly } from './fragments.ts'
import type { Established, HandshakeOutput, HandshakeRole, HandshakeStage } from './handshake.ts'
import { type HandshakeFragment, HandshakeType, handshakeHeaderBytes, readFragment } from './handshake-message.ts'
import { ContentType } from './record.ts'
import type { CipherSuite } from './suites.ts'

/** What a {@link HandshakeExchange} needs of the association around it. */
export interface HandshakeCarrier extends FlightCarrier {
  /** Does a step; what it throws ends the association. */
  guard(step: () => void): void
  alert(description: AlertCode, isFatal: boolean): void
  established(result: Established): void
}

export interface HandshakeExchangeOptions {
  /** Which end this is. */
  readonly role: 'client' | 'server'
  /** `message_seq` of the first message to take; a server keeps nothing of what came before the right cookie. Default 0. */
  readonly firstMessageSequence?: number
}

type ExchangeState = 'underWay' | 'established' | 'ended'

/** Finished messages that no key opens, until the keys are taken for different ones: one may have been damaged on its way. */
const maximumUnreadable = 2

/**
 * The handshake messages of an association: the peer's in order to the role, whose answers are sent until the next flight
 * comes, and again after the handshake where the peer has not got the last one (RFC 6347 §4.2).
 */
export class HandshakeExchange {
  readonly #carrier: HandshakeCarrier
  readonly #isServer: boolean
  readonly #reassembly: Reassembly
  #state: ExchangeState = 'underWay'
  #role: HandshakeRole | undefined
  #flight: Flight | undefined
  /** The last message of the peer's flight before ours: that it comes again says that ours was lost. */
  #answeredSequence = -1
  #speaksProtected = false
  #unreadable = 0

  constructor(carrier: HandshakeCarrier, { role, firstMessageSequence = 0 }: HandshakeExchangeOptions) {
    const { maximumMessageBytes } = carrier.parameters
    this.#carrier = carrier
    this.#isServer = role === 'server'
    this.#reassembly = new Reassembly({ maximumMessageBytes })
    this.#reassembly.skipTo(firstMessageSequence)
  }

  get state(): ExchangeState {
    return this.#state
  }

  get stage(): HandshakeStage {
    return this.#role?.stage ?? 'hello'
  }

  /** Undefined before the hellos have settled it, and after the handshake. */
  get suite(): CipherSuite | undefined {
    return this.#role?.suite
  }

  /** Whether what is said goes out under the keys: the own Finished has. */
  get speaksProtected(): boolean {
    return this.#speaksProtected
  }

  /** Begins; `make` gets what its role needs. Throws what the role throws. */
  begin<Role extends HandshakeRole>(make: (output: HandshakeOutput) => Role, start: (role: Role) => void): void {
    const role = make({
      send: (parts, isAnswered) => this.#send(parts, isAnswered),
      protect: (sealing, opening, connectionIds) => this.#carrier.records.protect(sealing, opening, connectionIds),
      established: result => this.#established(result),
      later: (value, step) => this.#later(value, step),
    })
    this.#role = role
    start(role)
  }

  /** Takes what a handshake record held. Throws DtlsError for what the peer must not send. */
  receive(content: Buffer, isProtected: boolean): void {
    if (this.#state === 'established' && !isProtected) {
      this.#clearAfterHandshake(content)
      return
    }
    const reader = new ByteReader(content)
    while (reader.remaining > 0 && this.#state !== 'ended') {
      const fragment = readFragment(reader)
      if (this.#state === 'established') this.#afterHandshake(fragment)
      else this.#fragment(fragment, isProtected)
    }
  }

  /**
   * A record that may have held a Finished, and that no key opens. It is dropped (RFC 6347 §4.1.2.7); but a client whose
   * Finished cannot be read again and again has other keys (RFC 4279 §2): throws DtlsError decryptError.
   */
  unreadable(): void {
    if (!this.#isServer || this.#state !== 'underWay') return
    if (++this.#unreadable < maximumUnreadable) return
    throw otherKeys(this.suite)
  }

  /** The peer has shown that it has got the last flight. */
  confirmed(): void {
    this.#flight = undefined
  }

  /** Forgets all of it; nothing is sent any more. */
  end(): void {
    this.#state = 'ended'
    this.#flight?.stop()
    this.#flight = undefined
    this.#dismissRole()
  }

  #fragment(fragment: HandshakeFragment, isProtected: boolean): void {
    if (fragment.type === HandshakeType.clientHello && !this.#isServer) return
    // Finished alone is protected; what is not where it belongs is nobody's or forged.
    if ((fragment.type === HandshakeType.finished) !== isProtected) return
    // RFC 5246 §7.4.1.1: ignored by a client that is negotiating.
    if (fragment.type === HandshakeType.helloRequest) return
    if (this.#reassembly.receive(fragment) === 'old') {
      if (fragment.sequence === this.#answeredSequence) this.#flight?.repeat()
      return
    }
    while (this.#state === 'underWay') {
      const message = this.#reassembly.next()
      if (message === undefined) return
      this.#role?.receive(message)
    }
  }

  #afterHandshake({ type, sequence }: HandshakeFragment): void {
    if (sequence === this.#answeredSequence && type === HandshakeType.finished) this.#flight?.repeat()
    // RFC 5246 §7.2.2: renegotiation is refused, the session goes on.
    else if (type === HandshakeType.helloRequest || type === HandshakeType.clientHello) {
      this.#carrier.alert(AlertDescription.noRenegotiation, false)
    }
  }

  /**
   * Anybody can have written it, so nothing in it ends a session. Only a client begins a handshake (LwM2M Transport 1.2.2
   * §5.2): a server that tries is told so, in fewer bytes than it sent.
   */
  #clearAfterHandshake(content: Buffer): void {
    if (this.#isServer) return
    if (content[0] !== HandshakeType.clientHello || content.length < handshakeHeaderBytes) return
    const alert = encodeAlert(true, AlertDescription.handshakeFailure)
    this.#carrier.transmit(this.#carrier.records.clear(ContentType.alert, alert))
  }

  #send(parts: readonly FlightPart[], isAnswered: boolean): void {
    this.#flight?.stop()
    this.#answeredSequence = this.#reassembly.nextSequence - 1
    if (parts.some(part => part.kind === 'handshake' && part.isProtected)) this.#speaksProtected = true
    this.#flight = new Flight(this.#carrier, parts)
    this.#flight.start(isAnswered)
  }

  #established(result: Established): void {
    if (this.#state !== 'underWay') return
    this.#state = 'established'
    this.#flight?.stop()
    this.#dismissRole()
    this.#carrier.established(result)
  }

  #later<T>(value: T | Promise<T>, step: (value: T) => void): void {
    if (!(value instanceof Promise)) return step(value)
    const proceed = (next: () => void) => {
      if (this.#state === 'underWay') this.#carrier.guard(next)
    }
    value.then(
      settled => proceed(() => step(settled)),
      (error: unknown) =>
        proceed(() => {
          throw error
        }),
    )
  }

  #dismissRole(): void {
    this.#role?.wipe()
    this.#role = undefined
  }
}
