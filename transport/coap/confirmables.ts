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
class Transmission implements Delivery {
  readonly message: CoapDatagram
  readonly bytes: Buffer
  readonly listener: DeliveryListener | undefined
  readonly #stop: (transmission: Transmission) => void
  retransmissions = 0
  waitMs = 0
  dueMs = 0

  constructor(
    message: CoapDatagram,
    bytes: Buffer,
    listener: DeliveryListener | undefined,
    stop: (transmission: Transmission) => void,
  ) {
    this.message = message
    this.bytes = bytes
    this.listener = listener
    this.#stop = stop
  }

  cancel(): void {
    this.#stop(this)
  }
}

/**
 * The confirmable messages on their way to one peer (RFC 7252 §4.2): sent again with doubling waits until they are
 * acknowledged, NSTART of them at once (§4.7), the others queued behind. One timer serves them all.
 */
export class Confirmables {
  readonly #options: ConfirmablesOptions
  /** NSTART of them at most, few enough to look through: a Map that fills and empties with each is made anew each time. */
  readonly #outstanding: Transmission[] = []
  #queue: Transmission[] = []
  #timer: Timer
  #timerDueMs = Number.POSITIVE_INFINITY
  /** Whether a response is being told, with which the next block is often sent: that goes on with the timer of this one. */
  #isAnswered = false
  readonly #stop = (transmission: Transmission) => this.#cancel(transmission)
  readonly #timerFired = () => this.#due()

  constructor(options: ConfirmablesOptions) {
    this.#options = options
  }

  /** Whether a message with this id waits for its acknowledgement. */
  has(messageId: number): boolean {
    return this.#indexOf(messageId) !== -1
  }

  /** Throws TransportError QUEUE_FULL. */
  send(message: CoapDatagram, bytes: Buffer, listener: DeliveryListener | undefined): Delivery {
    const { nstart, maximumQueued } = this.#options.parameters
    const transmission = new Transmission(message, bytes, listener, this.#stop)
    if (this.#outstanding.length < nstart) {
      this.#start(transmission)
    } else if (this.#queue.length < maximumQueued) {
      this.#queue.push(transmission)
    } else {
      throw new TransportError('QUEUE_FULL', `${this.#queue.length} messages already wait for this peer`)
    }
    return transmission
  }

  /** The peer has the message, and maybe its answer, which is told first; ignored when none with this id is on its way. */
  acknowledged(messageId: number, answer?: () => void): void {
    if (!this.has(messageId)) return
    if (answer !== undefined) this.#answered(answer)
    this.#take(messageId)?.listener?.acknowledged?.()
    this.#stopTimerWhenIdle()
  }

  #answered(answer: () => void): void {
    this.#isAnswered = true
    try {
      answer()
    } finally {
      this.#isAnswered = false
    }
  }

  /** The peer rejected the message; false when none with this id is on its way. */
  reset(messageId: number): boolean {
    const transmission = this.#take(messageId)
    transmission?.listener?.reset?.()
    return transmission !== undefined
  }

  /** Forgets all of them, silently. */
  clear(): void {
    this.#outstanding.length = 0
    this.#queue = []
    this.#stopTimer()
  }

  /** The next in the queue goes before the listener is told, whose own next message waits its turn behind them. */
  #take(messageId: number): Transmission | undefined {
    const index = this.#indexOf(messageId)
    if (index === -1) return undefined
    const [transmission] = this.#outstanding.splice(index, 1)
    this.#startQueued()
    return transmission
  }

  #indexOf(messageId: number): number {
    for (let index = 0; index < this.#outstanding.length; index++) {
      if (this.#outstanding[index]?.message.messageId === messageId) return index
    }
    return -1
  }

  #cancel(transmission: Transmission): void {
    if (this.#outstanding.includes(transmission)) {
      this.#take(transmission.message.messageId)
      return
    }
    const index = this.#queue.indexOf(transmission)
    if (index !== -1) this.#queue.splice(index, 1)
  }

  #start(transmission: Transmission): void {
    const { clock, random, parameters, transmit } = this.#options
    const { ackTimeoutMs, ackRandomFactor } = parameters
    transmission.waitMs = ackTimeoutMs * (1 + random.fraction() * (ackRandomFactor - 1))
    this.#outstanding.push(transmission)
    transmit(transmission.message, transmission.bytes)
    transmission.dueMs = clock.now() + transmission.waitMs
    if (transmission.dueMs < this.#timerDueMs) this.#startTimer(transmission.dueMs)
  }

  #startQueued(): void {
    while (this.#queue.length > 0 && this.#outstanding.length < this.#options.parameters.nstart) {
      this.#start(this.#queue.shift() as Transmission)
    }
    this.#stopTimerWhenIdle()
  }

  #stopTimerWhenIdle(): void {
    if (this.#outstanding.length === 0 && !this.#isAnswered) this.#stopTimer()
  }

  #startTimer(dueMs: number): void {
    this.#stopTimer()
    this.#timerDueMs = dueMs
    const { clock } = this.#options
    this.#timer = clock.setTimeout(this.#timerFired, dueMs - clock.now())
  }

  #stopTimer(): void {
    if (this.#timerDueMs === Number.POSITIVE_INFINITY) return
    this.#options.clock.clearTimeout(this.#timer)
    this.#timerDueMs = Number.POSITIVE_INFINITY
  }

  #due(): void {
    this.#timerDueMs = Number.POSITIVE_INFINITY
    const givenUp = this.#retransmit(this.#options.clock.now())
    for (const transmission of givenUp) this.#outstanding.splice(this.#outstanding.indexOf(transmission), 1)
    this.#startQueued()
    let earliestMs = this.#timerDueMs
    for (const { dueMs } of this.#outstanding) earliestMs = Math.min(earliestMs, dueMs)
    if (earliestMs < this.#timerDueMs) this.#startTimer(earliestMs)
    // Last, so that what a listener does meets messages whose turn is over.
    for (const { listener } of givenUp) listener?.timedOut?.()
  }

  /** Sends again what is due, and returns what has been sent often enough. */
  #retransmit(nowMs: number): Transmission[] {
    const givenUp: Transmission[] = []
    for (const transmission of this.#outstanding) {
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
