import { TransportError } from '../errors.ts'
import {
  type Block,
  BodyAssembly,
  blockOption,
  cutBlock,
  findBlock,
  isBert,
  isFull,
  largestBlockBytes,
  largestBody,
  offsetOf,
  unitBytes,
} from './block.ts'
import type { Exchange, ExchangeListener, Exchanges } from './exchange.ts'
import { type CoapMessage, type CoapOption, Code, isSuccess, noPayload } from './message.ts'
import { findOption, OptionNumber, uintOption, withOption } from './options.ts'
import type { CoapParameters } from './parameters.ts'
import { sameBytes } from './same-bytes.ts'

/** How often a transfer starts over because the representation changed under it (RFC 7959 §2.4). */
const maximumRestarts = 3

/**
 * A request whose body or whose response may take several blocks (RFC 7959, RFC 8323 §6): sends the body with Block1,
 * fetches the response with Block2, and hands over one whole response.
 */
export class BlockwiseRequest implements Exchange, ExchangeListener {
  readonly #exchanges: Exchanges
  readonly #parameters: CoapParameters
  readonly #message: CoapMessage
  readonly #confirmable: boolean
  readonly #listener: ExchangeListener
  #exchange: Exchange | undefined
  /** The block of the body that was sent last; undefined while the body goes in one message. */
  #sent: Block | undefined
  #sentBytes = 0
  /** The options of the blocks of the body that follow the first, each with its own Block1 in place of this one. */
  #blockOptions: readonly CoapOption[] = []
  #blockIndex = 0
  /** The first block of the response; undefined until more blocks are known to follow. */
  #first: CoapMessage | undefined
  #assembly: BodyAssembly
  #restarts = 0

  constructor(
    exchanges: Exchanges,
    parameters: CoapParameters,
    message: CoapMessage,
    confirmable: boolean,
    listener: ExchangeListener,
  ) {
    this.#exchanges = exchanges
    this.#parameters = parameters
    this.#message = message
    this.#confirmable = confirmable
    this.#listener = listener
    this.#assembly = new BodyAssembly(parameters.maximumBodyBytes)
  }

  start(): void {
    const { payload } = this.#message
    const { wholeBytes, blockBytes } = this.#exchanges.limits
    if (payload.length <= wholeBytes) this.#open(this.#withPreferredBlock(blockBytes))
    else this.#sendBlock(0, blockBytes)
  }

  /** RFC 7959 §2.4: a requester that wants blocks smaller than the largest says so in its first request. */
  #withPreferredBlock(bytes: number): CoapMessage {
    const { code, options } = this.#message
    if (bytes >= largestBlockBytes || (code !== Code.get && code !== Code.fetch)) return this.#message
    if (findOption(this.#message, OptionNumber.block2) !== undefined) return this.#message
    const preferred = blockOption(OptionNumber.block2, { number: 0, more: false, bytes })
    return { ...this.#message, options: withOption(options, OptionNumber.block2, preferred) }
  }

  /** Fetches what follows a first block that has arrived already: a notification. */
  continueAfter(first: CoapMessage): void {
    this.response(first)
  }

  close(): void {
    this.#exchange?.close()
  }

  failed(error: TransportError): void {
    this.#listener.failed(error)
  }

  response(message: CoapMessage): void {
    if (this.#first === undefined) {
      if (this.#sent === undefined ? this.#startOverInBlocks(message) : this.#continueBody(message, this.#sent)) return
    }
    this.#receiveBlock(message)
  }

  #open(message: CoapMessage): void {
    try {
      this.#exchange = this.#exchanges.open(message, { confirmable: this.#confirmable }, this)
    } catch (error) {
      this.#listener.failed(error as TransportError)
    }
  }

  #fail(reason: string): void {
    this.#listener.failed(new TransportError('BLOCKWISE', `block-wise transfer: ${reason}`))
  }

  #sendBlock(offset: number, bytes: number): void {
    if (this.#message.payload.length > largestBody(bytes)) {
      this.#fail('the body has too many blocks')
      return
    }
    const { block, payload } = cutBlock(this.#message.payload, offset, bytes)
    this.#sent = block
    this.#sentBytes = offset + payload.length
    const option = blockOption(OptionNumber.block1, block)
    const options = offset === 0 ? this.#firstOptions(option) : this.#blockOptions.with(this.#blockIndex, option)
    this.#open({ code: this.#message.code, options, payload })
  }

  #firstOptions(block1: CoapOption): readonly CoapOption[] {
    this.#blockOptions = withOption(this.#message.options, OptionNumber.block1, block1)
    this.#blockIndex = this.#blockOptions.indexOf(block1)
    const size = uintOption(OptionNumber.size1, this.#message.payload.length)
    return withOption(this.#blockOptions, OptionNumber.size1, size)
  }

  /** Goes on with the next block of the body; false when the message is the answer to the whole request. */
  #continueBody(message: CoapMessage, sent: Block): boolean {
    // A block of BERT is acknowledged as such, even to a peer that may not be sent any (RFC 8323 §6).
    const acceptsBert = isBert(sent.bytes) || this.#exchanges.limits.acceptsBert
    const acknowledged = findBlock(message, OptionNumber.block1, acceptsBert)
    if (acknowledged === 'invalid') {
      this.#fail('a Block1 option of reserved size')
      return true
    }
    if (message.code === Code.requestEntityTooLarge) {
      if (acknowledged === undefined || acknowledged.bytes >= sent.bytes || sent.number > 0) return false
      this.#sendBlock(0, this.#fitting(acknowledged))
      return true
    }
    if (!isSuccess(message.code) || !sent.more) {
      if (message.code !== Code.continue) return false
      this.#fail('2.31 Continue after the last block')
      return true
    }
    // RFC 7959 §2.3: the option names the block that is acknowledged; a smaller size in it holds for what follows.
    if (
      acknowledged === undefined ||
      acknowledged.number !== sent.number ||
      unitBytes(acknowledged.bytes) > sent.bytes
    ) {
      this.#fail('the acknowledgement of another block')
      return true
    }
    this.#sendBlock(this.#sentBytes, this.#fitting(acknowledged))
    return true
  }

  /** The size of the blocks that follow where the other end names one. */
  #fitting({ bytes }: Block): number {
    return Math.min(bytes, this.#exchanges.limits.blockBytes)
  }

  /** RFC 7959 §2.9.3: 4.13 with a Block1 option asks for a body in blocks of that size. */
  #startOverInBlocks(message: CoapMessage): boolean {
    if (message.code !== Code.requestEntityTooLarge) return false
    const hint = findBlock(message, OptionNumber.block1, this.#exchanges.limits.acceptsBert)
    if (hint === undefined || hint === 'invalid') return false
    const bytes = this.#fitting(hint)
    if (bytes >= this.#message.payload.length) return false
    this.#sendBlock(0, bytes)
    return true
  }

  #receiveBlock(message: CoapMessage): void {
    const block = findBlock(message, OptionNumber.block2, this.#exchanges.limits.acceptsBert)
    if (block === undefined || !isSuccess(message.code)) {
      // An error in the middle of a transfer is the answer: what has arrived is worth nothing.
      this.#listener.response(message)
      return
    }
    if (block === 'invalid') {
      this.#fail('a Block2 option of reserved size')
      return
    }
    this.#first ??= message
    if (!sameTag(this.#first, message)) {
      this.#restart()
      return
    }
    if (offsetOf(block) !== this.#assembly.length) {
      this.#fail('a block out of order')
      return
    }
    if (block.more && !isFull(block, message.payload.length)) {
      this.#fail('a block that is not full')
      return
    }
    if (!this.#assembly.append(message.payload)) {
      this.#fail(`a response above ${this.#parameters.maximumBodyBytes} bytes`)
      return
    }
    if (block.more) this.#fetchBlock(block)
    else this.#complete(this.#first)
  }

  #fetchBlock(received: Block): void {
    // How much a block of BERT carries is for its sender to say, within the size of message that we have told it.
    const bytes = isBert(received.bytes) ? received.bytes : this.#fitting(received)
    const offset = this.#assembly.length
    if (offset >= largestBody(bytes)) {
      this.#fail('the response has too many blocks')
      return
    }
    // A body that went in one message is part of what is asked (FETCH, RFC 8132 §2.3.3); one sent in blocks is not repeated.
    const payload = this.#sent === undefined ? this.#message.payload : noPayload
    if (payload.length > this.#exchanges.limits.wholeBytes) {
      this.#fail('the peer no longer takes the body that asks for the next block')
      return
    }
    const block = { number: offset / unitBytes(bytes), more: false, bytes }
    let options = withOption(this.#message.options, OptionNumber.block2, blockOption(OptionNumber.block2, block))
    options = withOption(options, OptionNumber.observe, undefined)
    this.#open({ code: this.#message.code, options, payload })
  }

  /** The representation changed (another ETag): only a safe method may simply be asked again. */
  #restart(): void {
    const safe = this.#message.code === Code.get || this.#message.code === Code.fetch
    if (!safe || this.#restarts === maximumRestarts) {
      this.#fail('the response changed during the transfer')
      return
    }
    this.#restarts++
    this.#first = undefined
    this.#sent = undefined
    this.#assembly = new BodyAssembly(this.#parameters.maximumBodyBytes)
    this.start()
  }

  #complete(first: CoapMessage): void {
    let options = withOption(first.options, OptionNumber.block2, undefined)
    options = withOption(options, OptionNumber.size2, undefined)
    this.#listener.response({ code: first.code, options, payload: this.#assembly.body() })
  }
}

function sameTag(a: CoapMessage, b: CoapMessage): boolean {
  const tagA = findOption(a, OptionNumber.eTag)
  const tagB = findOption(b, OptionNumber.eTag)
  if (tagA === undefined || tagB === undefined) return tagA === tagB
  return sameBytes(tagA, tagB)
}
