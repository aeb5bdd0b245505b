import {
  type Block,
  blockOption,
  findBlock,
  isBert,
  isFull,
  largestBlockBytes,
  largestBody,
  offsetOf,
  unitBytes,
} from '../../transport/coap/block.ts'
import { type CoapMessage, type CoapOption, Code, describeCode, noPayload } from '../../transport/coap/message.ts'
import { findOption, findUint, OptionNumber, uintOption, withOption } from '../../transport/coap/options.ts'
import { DownloadError } from '../download-error.ts'
import { type Attempt, ChangedError } from './source.ts'

/** How the blocks of one representation are asked for. */
export interface BlockQuestions {
  /** Sends one request and resolves with its response. */
  readonly exchange: (request: CoapMessage) => Promise<CoapMessage>
  /** Those of the URI. */
  readonly options: readonly CoapOption[]
  /** The largest block to ask for: 16, 32, … 1,024. */
  readonly blockBytes: number
  /** Whether the server may send blocks of BERT (RFC 8323 §6). */
  readonly acceptsBert: boolean
}

/** What a server that can no longer give the block asked for may answer (RFC 7959 §2.4, §2.9). */
const beyondTheEnd: ReadonlySet<number> = new Set([Code.badRequest, Code.badOption, Code.requestEntityIncomplete])

/** 4.29 Too Many Requests (RFC 8516). */
const tooManyRequests = 0x9d

const passing: ReadonlySet<number> = new Set([Code.serviceUnavailable, Code.gatewayTimeout, tooManyRequests])

/**
 * Gets a representation block after block (RFC 7959 §2.4), each asked for when the one before was taken. It goes on with the
 * block that holds the last byte which is there already, so that there always is one to ask for; its ETag says whether it
 * belongs to what is there.
 */
export class BlockFetch {
  readonly #attempt: Attempt
  readonly #questions: BlockQuestions
  /** Where the next block begins, and of what size it is to be. */
  #offset = 0
  #bytes: number
  /** How much of what comes next is there already. */
  #known = 0
  #validator: string | undefined

  constructor(attempt: Attempt, questions: BlockQuestions) {
    const { from } = attempt
    this.#attempt = attempt
    this.#questions = questions
    this.#bytes = questions.blockBytes
    if (from === undefined) return
    this.#known = 1 + ((from.bytes - 1) % this.#bytes)
    this.#offset = from.bytes - this.#known
  }

  async run(): Promise<void> {
    let response = await this.#ask(sizeAsked)
    if (this.#attempt.from !== undefined && beyondTheEnd.has(response.code)) throw new ChangedError()
    await this.#begin(response)
    while (await this.#take(response)) response = await this.#ask()
    if (this.#known > 0) throw new ChangedError()
  }

  #ask(more?: CoapOption): Promise<CoapMessage> {
    const { exchange, options, blockBytes } = this.#questions
    const bytes = this.#bytes
    const block = { number: this.#offset / unitBytes(bytes), more: false, bytes }
    // RFC 7959 §2.4: whoever wants no smaller blocks than the largest need not ask for blocks at all.
    const isDefault = block.number === 0 && blockBytes === largestBlockBytes
    const option = isDefault ? undefined : blockOption(OptionNumber.block2, block)
    const asked = withOption(options, OptionNumber.block2, option)
    return exchange({ code: Code.get, options: more === undefined ? asked : [...asked, more], payload: noPayload })
  }

  async #begin(response: CoapMessage): Promise<void> {
    const { from } = this.#attempt
    const { number, more } = this.#blockOf(response)
    const tag = validatorOf(response)
    // A server that knows no blocks gives all of it.
    if (number === 0) this.#startOver(tag === from?.validator)
    else if (tag !== from?.validator) throw new ChangedError()
    this.#validator = tag
    const isWhole = number === 0 && !more
    // 0 is the question, and no answer.
    const totalBytes = isWhole ? response.payload.length : findUint(response, OptionNumber.size2) || undefined
    await this.#attempt.begin({ validator: tag, totalBytes, fromBytes: this.#offset + this.#known })
  }

  #startOver(isSame: boolean): void {
    this.#known = isSame ? this.#offset + this.#known : 0
    this.#offset = 0
  }

  /** Whether more blocks follow. */
  async #take(response: CoapMessage): Promise<boolean> {
    const { payload } = response
    const block = this.#blockOf(response)
    if (validatorOf(response) !== this.#validator) throw new ChangedError()
    if (offsetOf(block) !== this.#offset) throw broken('a block out of order')
    if (block.more && !isFull(block, payload.length)) throw broken('a block that is not full')
    const skipped = Math.min(this.#known, payload.length)
    await this.#attempt.write(payload.subarray(skipped))
    this.#known -= skipped
    this.#offset += payload.length
    this.#bytes = isBert(block.bytes) ? block.bytes : Math.min(block.bytes, this.#questions.blockBytes)
    if (block.more && this.#offset >= largestBody(this.#bytes)) throw broken('too many blocks')
    return block.more
  }

  /** Throws DownloadError. */
  #blockOf(response: CoapMessage): Block {
    if (response.code !== Code.content) throw refusal(response.code)
    const block = findBlock(response, OptionNumber.block2, this.#questions.acceptsBert)
    if (block === 'invalid') throw broken('a Block2 option of reserved size')
    return block ?? wholeBlock
  }
}

/** What the first request asks besides: 0 is the question for the size of the whole (RFC 7959 §4). */
const sizeAsked = uintOption(OptionNumber.size2, 0)

/** A response without blocks is all there is. */
const wholeBlock: Block = { number: 0, more: false, bytes: largestBlockBytes }

function validatorOf(response: CoapMessage): string | undefined {
  const tag = findOption(response, OptionNumber.eTag)
  return tag === undefined ? undefined : Buffer.from(tag).toString('hex')
}

function refusal(code: number): DownloadError {
  const message = `the server answers ${describeCode(code)}`
  const isTransient = passing.has(code)
  if (code >> 5 === 5 || isTransient) return new DownloadError('SERVER_FAILED', message, { isTransient })
  return new DownloadError(code >> 5 === 4 ? 'REFUSED' : 'INVALID_RESPONSE', message)
}

function broken(reason: string): DownloadError {
  return new DownloadError('INVALID_RESPONSE', `block-wise transfer: ${reason}`)
}
