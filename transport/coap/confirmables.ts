import type { Clock, Timer } from '../clock.ts'
import { TransportError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { CoapDatagram } from './message.ts'
import type { Delivery, DeliveryListener } from './message-layer.ts'
import type { CoapParameters } from './parameters.ts'

export interface ConfirmablesOptions {
  readonly clock: Clock
  readonly random: Random
  readonly parameters: CoapParameters
  readonly transmit: (message: CoapDatagram, bytes: Buffer) => void
}

/** A confirmable message until it is acknowledged, rejected or given up. */
interface Transmission {
  readonly message: CoapDatagram
  readonly bytes: Buffer
  readonly listener: DeliveryListener | undefined
  retransmissions: number
  waitMs: number
  dueMs: number
}

/**
 * The confirmable messages on their way to one peer (RFC 7252 §4.2): sent again with doubling waits until they are
 * acknowledged, NSTART of them at once (§4.7), the others queued behind. One timer serves them all.
 */
export class Confirmables {
  readonly #options: ConfirmablesOptions
  readonly #outstanding = new Map<number, Transmission>()
  #queue: Transmission[] = []
  #timer: Timer
  #timerDueMs = Number.POSITIVE_INFINITY

  constructor(options: ConfirmablesOptions) {
    this.#options = options
  }

  /** Whether a message with this id waits for its acknowledgement. */
  has(messageId: number): boolean {
    return this.#outstanding.has(messageId)
  }

  /** Throws TransportError QUEUE_FULL. */
  send(message: CoapDatagram, bytes: Buffer, listener: DeliveryListener | undefined): Delivery {
    const { nstart, maximumQueued } = this.#options.parameters
    const transmission: Transmission = { message, bytes, listener, retransmissions: 0, waitMs: 0, dueMs: 0 }
    if (this.#outstanding.size < nstart) {
      this.#start(transmission)
    } else if (this.#queue.length < maximumQueued) {
      this.#queue.push(transmission)
    } else {
      throw new TransportError('QUEUE_FULL', `${this.#queue.length} messages already wait for this peer`)
    }
    return { cancel: () => this.#cancel(transmission) }
  }

  /** The peer has the message; false when none with this id is on its way. */
  acknowledged(messageId: number): boolean {
    const transmission = this.#take(messageId)
    transmission?.listener?.acknowledged?.()
    return transmission !== undefined
  }

  /** The peer rejected the message; false when none with this id is on its way. */
  reset(messageId: number): boolean {
    const transmission = this.#take(messageId)
    transmission?.listener?.reset?.()
    return transmission !== undefined
  }

  /** Forgets all of them, silently. */
  clear(): void {
    this.#outstanding.clear()
    this.#queue = []
    this.#stopTimer()
  }

  /** The next in the queue goes before the listener is told, whose own next message waits its turn behind them. */
  #take(messageId: number): Transmission | undefined {
    const transmission = this.#outstanding.get(messageId)
    if (transmission !== undefined) {
      this.#outstanding.delete(messageId)
      this.#startQueued()
    }
    return transmission
  }

  #cancel(transmission: Transmission): void {
    const { messageId } = transmission.message
    if (this.#outstanding.get(messageId) === transmission) {
      this.#take(messageId)
      return
    }
    const index = this.#queue.indexOf(transmission)
    if (index !== -1) this.#queue.splice(index, 1)
  }

  #start(transmission: Transmission): void {
    const { clock, random, parameters, transmit } = this.#options
    const { ackTimeoutMs, ackRandomFactor } = parameters
    transmission.waitMs = ackTimeoutMs * (1 + random.fraction() * (ackRandomFactor - 1))
    this.#outstanding.set(transmission.message.messageId, transmission)
    transmit(transmission.message, transmission.bytes)
    transmission.dueMs = clock.now() + transmission.waitMs
    if (transmission.dueMs < this.#timerDueMs) this.#startTimer(transmission.dueMs)
  }

  #startQueued(): void {
    while (this.#queue.length > 0 && this.#outstanding.size < this.#options.parameters.nstart) {
      this.#start(this.#queue.shift() as Transmission)
    }
    if (this.#outstanding.size === 0) this.#stopTimer()
  }

  #startTimer(dueMs: number): void {
    this.#stopTimer()
    this.#timerDueMs = dueMs
    const { clock } = this.#options
    this.#timer = clock.setTimeout(() => this.#due(), dueMs - clock.now())
  }

  #stopTimer(): void {
    if (this.#timerDueMs === Number.POSITIVE_INFINITY) return
    this.#options.clock.clearTimeout(this.#timer)
    this.#timerDueMs = Number.POSITIVE_INFINITY
  }

  #due(): void {
    this.#timerDueMs = Number.POSITIVE_INFINITY
    const givenUp = this.#retransmit(this.#options.clock.now())
    for (const { message } of givenUp) this.#outstanding.delete(message.messageId)
    this.#startQueued()
    let earliestMs = this.#timerDueMs
    for (const { dueMs } of this.#outstanding.values()) earliestMs = Math.min(earliestMs, dueMs)
    if (earliestMs < this.#timerDueMs) this.#startTimer(earliestMs)
    // Last, so that what a listener does meets messages whose turn is over.
    for (const { listener } of givenUp) listener?.timedOut?.()
  }

  /** Sends again what is due, and returns what has been sent often enough. */
  #retransmit(nowMs: number): Transmission[] {
    const givenUp: Transmission[] = []
    for (const transmission of this.#outstanding.values()) {
      if (transmission.dueMs > nowMs) continue
      if (transmission.retransmissions === this.#options.parameters.maxRetransmit) {
        givenUp.push(transmission)
        continue
      }
      transmission.retransmissions++
      // RFC 7252 §4.2: the wait doubles with every retransmission.
      transmission.waitMs *= 2
      transmission.dueMs = nowMs + transmission.waitMs
      this.#options.transmit(transmission.message, transmission.bytes)
    }
    return givenUp
  }
}
