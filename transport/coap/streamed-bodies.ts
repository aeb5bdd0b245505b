import type { Clock, Timer } from '../clock.ts'
import { type Block, offsetOf } from './block.ts'
import { type CoapMessage, Code, diagnostic } from './message.ts'
import { OptionNumber } from './options.ts'
import { type CoapParameters, exchangeLifetimeMs } from './parameters.ts'
import { isOfTransfer, type Transfer, transferOf } from './transfer.ts'

/**
 * Takes the body of one request as its blocks arrive, in order and each byte once. Calls come one after another: the next when
 * the Promise of the last has settled. A throw or a rejection ends the request with 5.00.
 */
export interface BodyReceiver {
  /** The next bytes, which are the receiver's to keep. Nothing: the peer is asked for more; a response ends the request. */
  write(bytes: Uint8Array): CoapMessage | undefined | Promise<CoapMessage | undefined>
  /** The last bytes, maybe none; answers the request. */
  end(bytes: Uint8Array): CoapMessage | Promise<CoapMessage>
  /** The rest will not arrive: the peer has begun anew, was silent for EXCHANGE_LIFETIME or is gone. May come during a `write`. */
  abort(): void
}

/**
 * Decides by the first of several blocks whether the body of a request is to be taken as it arrives; undefined: it is put
 * together for the handler.
 */
export type ReceiveBody = (first: CoapMessage) => BodyReceiver | undefined

/** Repetitions of a block that may wait for its answer. */
const maximumRepeats = 8

/** What becomes of a block: the response to the whole request, or undefined: there is to be more. */
export type Answer = CoapMessage | undefined

interface StreamedBody {
  readonly place: string
  readonly transfer: Transfer
  readonly receiver: BodyReceiver
  /** Where the block that was taken last starts. */
  offset: number
  /** Bytes taken. */
  length: number
  /** What that block is answered with, also when it comes again. */
  answer: Answer | Promise<Answer>
  isPending: boolean
  /** How often that block has come again while its answer is pending. */
  repeats: number
  /** Whether the receiver has all of it, or wants no more; kept for the block that comes again. */
  isEnded: boolean
  expiresMs: number
}

/**
 * The bodies of a peer's requests that are taken as they arrive (RFC 7959 §2.5), one a path: a request that begins anew takes
 * the place of the former. Bounded in number; one timer for all of them.
 */
export class StreamedBodies {
  readonly #receive: ReceiveBody
  readonly #clock: Clock
  readonly #lifetimeMs: number
  readonly #maximum: number
  readonly #bodies = new Map<string, StreamedBody>()
  /** The last of them, whose blocks mostly come one after another: it is found without a key. */
  #latest: StreamedBody | undefined
  #sweep: Timer

  constructor(receive: ReceiveBody, clock: Clock, parameters: CoapParameters) {
    this.#receive = receive
    this.#clock = clock
    this.#lifetimeMs = exchangeLifetimeMs(parameters)
    this.#maximum = parameters.maximumTransfers
  }

  /** Whether a body is on its way. */
  get busy(): boolean {
    for (const body of this.#bodies.values()) if (!body.isEnded) return true
    return false
  }

  /** Whether a receiver takes its time with a part of one. */
  get isTaking(): boolean {
    for (const body of this.#bodies.values()) if (body.isPending) return true
    return false
  }

  /** Takes a block whose payload is of its size; undefined when it belongs to no body that is taken as it arrives. */
  receive(request: CoapMessage, block: Block): { readonly answer: Answer | Promise<Answer> } | undefined {
    const body = block.number === 0 ? this.#begin(request, block) : this.#find(request)
    if (body === undefined) return undefined
    const offset = offsetOf(block)
    const end = offset + request.payload.length
    this.#touch(body)
    if (offset === body.offset && end === body.length) return { answer: answerAgain(body) }
    // Older than the last: a straggler of the network, which nobody waits for any more.
    if (block.more && end <= body.length) return { answer: undefined }
    if (offset !== body.length || body.isPending || body.isEnded) {
      this.#forget(body)
      return { answer: diagnostic(Code.requestEntityIncomplete, 'a block is missing') }
    }
    return { answer: this.#take(body, block, request.payload) }
  }

  /** The connection is gone. */
  close(): void {
    for (const body of this.#bodies.values()) this.#forget(body)
    this.#clock.clearTimeout(this.#sweep)
    this.#sweep = undefined
  }

  #find(request: CoapMessage): StreamedBody | undefined {
    if (this.#latest !== undefined && isOfTransfer(this.#latest.transfer, request)) return this.#latest
    const body = this.#bodies.get(placeOf(request))
    return body !== undefined && isOfTransfer(body.transfer, request) ? body : undefined
  }

  #begin(request: CoapMessage, { more }: Block): StreamedBody | undefined {
    const place = placeOf(request)
    const former = this.#bodies.get(place)
    if (former !== undefined) this.#forget(former)
    const receiver = more ? this.#receive(request) : undefined
    if (receiver === undefined) return undefined
    this.#makeRoom()
    return {
      place,
      transfer: transferOf(request),
      receiver,
      offset: -1,
      length: 0,
      answer: undefined,
      isPending: false,
      repeats: 0,
      isEnded: false,
      expiresMs: 0,
    }
  }

  #take(body: StreamedBody, { more }: Block, payload: Uint8Array): Answer | Promise<Answer> {
    body.offset = body.length
    body.length += payload.length
    body.repeats = 0
    body.isEnded = !more
    let answer: Answer | Promise<Answer>
    try {
      answer = more ? body.receiver.write(payload) : body.receiver.end(payload)
    } catch (error) {
      this.#drop(body)
      throw error
    }
    if (answer instanceof Promise) {
      body.isPending = true
      body.answer = answer.then(
        settled => {
          body.isPending = false
          settle(body, settled)
          // The peer is not silent while it waits for us.
          if (this.#bodies.get(body.place) === body) this.#touch(body)
          return settled
        },
        (error: unknown) => {
          this.#drop(body)
          throw error
        },
      )
    } else {
      settle(body, answer)
    }
    return body.answer
  }

  /** The one untouched for longest comes first. */
  #touch(body: StreamedBody): void {
    if (this.#latest !== body) {
      this.#bodies.delete(body.place)
      this.#bodies.set(body.place, body)
      this.#latest = body
    }
    body.expiresMs = this.#clock.now() + this.#lifetimeMs
    this.#sweep ??= this.#clock.setTimeout(() => this.#expire(), this.#lifetimeMs)
  }

  #makeRoom(): void {
    if (this.#bodies.size < this.#maximum) return
    const oldest = this.#bodies.values().next()
    if (oldest.done !== true) this.#forget(oldest.value)
  }

  #expire(): void {
    this.#sweep = undefined
    const nowMs = this.#clock.now()
    for (const body of this.#bodies.values()) {
      if (body.isPending) continue
      if (body.expiresMs > nowMs) {
        this.#sweep = this.#clock.setTimeout(() => this.#expire(), body.expiresMs - nowMs)
        return
      }
      this.#forget(body)
    }
  }

  #forget(body: StreamedBody): void {
    this.#drop(body)
    if (body.isEnded) return
    body.isEnded = true
    body.receiver.abort()
  }

  #drop(body: StreamedBody): void {
    if (this.#bodies.get(body.place) === body) this.#bodies.delete(body.place)
    if (this.#latest === body) this.#latest = undefined
  }
}

function settle(body: StreamedBody, answer: Answer): void {
  body.answer = answer
  if (answer !== undefined) body.isEnded = true
}

/** Whoever asks again and again gets no more than a few answers: each of them holds its request until then. */
function answerAgain(body: StreamedBody): Answer | Promise<Answer> {
  if (!body.isPending || body.repeats++ < maximumRepeats) return body.answer
  return diagnostic(Code.serviceUnavailable, 'the block is being taken')
}

/** The path of a request: what it writes to, however. */
function placeOf({ options }: CoapMessage): string {
  let place = ''
  for (const { number, value } of options) {
    if (number !== OptionNumber.uriPath) continue
    place += `/${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')}`
  }
  return place
}
