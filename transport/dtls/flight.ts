import type { Clock, Timer } from '../clock.ts'
import { encodeFragment, type HandshakeMessage, HandshakeType, handshakeHeaderBytes } from './handshake-message.ts'
import type { DtlsParameters } from './parameters.ts'
import { ContentType } from './record.ts'
import type { RecordLayer } from './record-layer.ts'

/** What a flight is made of. */
export type FlightPart =
  | { readonly kind: 'changeCipherSpec' }
  | {
      readonly kind: 'handshake'
      readonly message: HandshakeMessage
      /** The message in one piece, with its header. */
      readonly encoded: Buffer
      readonly isProtected: boolean
    }

/** What any record adds at most: header, Connection ID, explicit nonce or IV, tag or MAC, padding. */
const overheadBytes = 13 + 32 + 16 + 32 + 16

/** Less than this of a message in a datagram helps nobody, whatever the MTU is said to be. */
const leastFragmentBytes = 64

/** What every IPv4 path carries; tried when larger datagrams seem not to arrive (RFC 6347 §4.1.1.1). */
const cautiousMtuBytes = 548

const changeCipherSpec = Buffer.of(1)

/**
 * The datagrams of a flight: as few as they can be, none larger than `mtuBytes`, except for a long ClientHello. Each call
 * takes new sequence numbers.
 */
function flightDatagrams(parts: readonly FlightPart[], records: RecordLayer, mtuBytes: number): Buffer[] {
  const datagrams: Buffer[] = []
  let pending: Buffer[] = []
  let pendingBytes = 0
  const flush = () => {
    const [first] = pending
    if (first !== undefined) datagrams.push(pending.length === 1 ? first : Buffer.concat(pending, pendingBytes))
    pending = []
    pendingBytes = 0
  }
  const add = (record: Buffer) => {
    if (pendingBytes + record.length > mtuBytes) flush()
    pending.push(record)
    pendingBytes += record.length
  }
  for (const part of parts) {
    if (part.kind === 'changeCipherSpec') {
      add(records.clear(ContentType.changeCipherSpec, changeCipherSpec))
      continue
    }
    const { message, encoded, isProtected } = part
    const write = (content: Buffer) => {
      add(isProtected ? records.seal(ContentType.handshake, content) : records.clear(ContentType.handshake, content))
    }
    const fragmentBytes = Math.max(mtuBytes - overheadBytes - handshakeHeaderBytes, leastFragmentBytes)
    // A server that keeps no state yet cannot put a ClientHello together.
    if (message.body.length <= fragmentBytes || message.type === HandshakeType.clientHello) {
      write(encoded)
      continue
    }
    for (let offset = 0; offset < message.body.length; offset += fragmentBytes) {
      write(encodeFragment(message, offset, Math.min(fragmentBytes, message.body.length - offset)))
    }
  }
  flush()
  return datagrams
}

/** How a {@link Flight} reaches the peer. */
export interface FlightCarrier {
  readonly clock: Clock
  readonly records: RecordLayer
  readonly parameters: DtlsParameters
  transmit(datagram: Buffer): void
  /** The peer answered none of the transmissions. */
  exhausted(): void
}

/** A flight on its way, repeated until the peer's next one arrives (RFC 6347 §4.2.4). */
export class Flight {
  readonly #carrier: FlightCarrier
  readonly #parts: readonly FlightPart[]
  #timer: Timer
  #transmissions = 0
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(carrier: FlightCarrier, parts: readonly FlightPart[]) {
    this.#carrier = carrier
    this.#parts = parts
  }

  /** @param isAnswered whether the peer answers it, so that it has to be repeated until then */
  start(isAnswered: boolean): void {
    this.#transmit()
    if (isAnswered) this.#await()
  }

  /** The peer repeated its flight, so it has not got this one; at most once each half of the initial timeout. */
  repeat(): void {
    const { clock, parameters } = this.#carrier
    if (clock.now() - this.#lastMs >= parameters.initialTimeoutMs / 2) this.#transmit()
  }

  stop(): void {
    this.#carrier.clock.clearTimeout(this.#timer)
  }

  #await(): void {
    const { clock, parameters } = this.#carrier
    const { initialTimeoutMs, maximumTimeoutMs, maximumTransmissions } = parameters
    let transmissions = 1
    const wait = () => {
      const delayMs = Math.min(initialTimeoutMs * 2 ** (transmissions - 1), maximumTimeoutMs)
      this.#timer = clock.setTimeout(() => {
        if (transmissions++ === maximumTransmissions) {
          this.#carrier.exhausted()
          return
        }
        this.#transmit()
        wait()
      }, delayMs)
    }
    wait()
  }

  #transmit(): void {
    const { clock, records, parameters } = this.#carrier
    const { mtuBytes } = parameters
    this.#lastMs = clock.now()
    const isDoubtful = ++this.#transmissions > 2
    const datagrams = flightDatagrams(
      this.#parts,
      records,
      isDoubtful ? Math.min(mtuBytes, cautiousMtuBytes) : mtuBytes,
    )
    for (const datagram of datagrams) this.#carrier.transmit(datagram)
  }
}
