import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import {
  type Block,
  BodyAssembly,
  blockOption,
  cutBlock,
  findBlock,
  isBert,
  isFull,
  largestBody,
  offsetOf,
  unitBytes,
} from './block.ts'
import { type CoapMessage, Code, diagnostic, isSuccess, noPayload } from './message.ts'
import type { MessageLayer } from './message-layer.ts'
import { findOption, findUint, OptionNumber, uintOption, withOption } from './options.ts'
import { type CoapParameters, exchangeLifetimeMs } from './parameters.ts'
import { type Answer, type ReceiveBody, StreamedBodies } from './streamed-bodies.ts'
import { transferKey } from './transfer.ts'

/** What comes of a request: it is whole, or this is the response to it. */
export type ReceivedRequest =
  | { readonly request: CoapMessage }
  | { readonly response: CoapMessage | Promise<CoapMessage> }

/** A request body that arrives in blocks. */
interface IncomingBody {
  readonly assembly: BodyAssembly
  readonly expiresMs: number
}

/** A response body kept while its blocks are fetched. */
interface OutgoingBody {
  readonly response: CoapMessage
  readonly expiresMs: number
}

/**
 * The server role of block-wise transfer for one peer (RFC 7959, RFC 8323 §6): puts Block1 requests together, but for those
 * that `receive` takes as they arrive, and cuts large responses into Block2. Both are bounded in count and bytes; what is
 * forgotten is answered with 4.08, or made anew.
 */
export class BlockwiseResponses {
  readonly #layer: Pick<MessageLayer, 'limits'>
  readonly #clock: Clock
  readonly #parameters: CoapParameters
  readonly #streamed: StreamedBodies | undefined
  readonly #incoming = new Map<string, IncomingBody>()
  readonly #outgoing = new Map<string, OutgoingBody>()

  constructor(layer: Pick<MessageLayer, 'limits'>, clock: Clock, parameters: CoapParameters, receive?: ReceiveBody) {
    this.#layer = layer
    this.#clock = clock
    this.#parameters = parameters
    this.#streamed = receive && new StreamedBodies(receive, clock, parameters)
  }

  /** Whether a body is taken as it arrives. */
  get busy(): boolean {
    return this.#streamed?.busy === true
  }

  /** Whether a part of such a body is being taken. */
  get isTaking(): boolean {
    return this.#streamed?.isTaking === true
  }

  /**
   * Takes a request as it arrived. Returns the whole request once it is complete, or the response that goes out
   * (2.31 for a block, an error, a kept block of a response). Throws, or rejects, with what a {@link ReceiveBody} throws.
   */
  receive(request: CoapMessage): ReceivedRequest {
    const { acceptsBert } = this.#layer.limits
    const block1 = findBlock(request, OptionNumber.block1, acceptsBert)
    const block2 = findBlock(request, OptionNumber.block2, acceptsBert)
    if (block1 === undefined && block2 === undefined) return { request }
    if (block1 === 'invalid' || block2 === 'invalid') {
      return { response: diagnostic(Code.badRequest, 'a block option of reserved size') }
    }
    if (block1 !== undefined) return this.#receiveBlock(request, block1)
    if (block2 === undefined || block2.number === 0) return { request }
    const kept = this.#find(this.#outgoing, transferKey(request))
    if (kept !== undefined) return { response: cutResponse(request, kept.response, this.#fitting(block2)) }
    // What only reads can be asked again; anything else was done when its first block was.
    if (request.code !== Code.get && request.code !== Code.fetch) {
      return { response: diagnostic(Code.requestEntityIncomplete, 'the response is no longer kept') }
    }
    // RFC 7959 §3.4: a later block is fetched, not observed.
    return { request: { ...request, options: withOption(request.options, OptionNumber.observe, undefined) } }
  }

  /** The connection is gone. */
  close(): void {
    this.#streamed?.close()
  }

  /** The response as it goes out: whole when it fits, else its block that `request` asks for. */
  prepare(request: CoapMessage, response: CoapMessage): CoapMessage {
    const block1 = acceptedBlock(request, OptionNumber.block1)
    const prepared = this.#prepareBody(request, response, requestedBlock(request))
    if (block1 === undefined) return prepared
    // RFC 7959 §2.3: the final response acknowledges the last block.
    const acknowledged = blockOption(OptionNumber.block1, { ...block1, more: false })
    return { ...prepared, options: withOption(prepared.options, OptionNumber.block1, acknowledged) }
  }

  /** The first block of a notification, its body kept for the requests that fetch the rest (RFC 7959 §2.6). */
  prepareNotification(
    relation: { readonly request: CoapMessage },
    requested: Block | undefined,
    notification: CoapMessage,
  ): CoapMessage {
    if (notification.payload.length <= this.#layer.limits.wholeBytes && requested === undefined) return notification
    return this.#prepareBody(relation.request, notification, requested && { ...requested, number: 0 })
  }

  #prepareBody(request: CoapMessage, response: CoapMessage, requested: Block | undefined): CoapMessage {
    const { wholeBytes, blockBytes } = this.#layer.limits
    if (response.payload.length <= wholeBytes && requested === undefined) return response
    if (!isSuccess(response.code)) return response
    const block = this.#fitting(requested ?? { number: 0, more: false, bytes: blockBytes })
    if (response.payload.length <= block.bytes) return cutResponse(request, response, block)
    const tagged = withTag(response)
    this.#keep(this.#outgoing, transferKey(request), { response: tagged, expiresMs: this.#expiryMs() })
    return cutResponse(request, tagged, block)
  }

  #receiveBlock(request: CoapMessage, block: Block): ReceivedRequest {
    if (block.more ? !isFull(block, request.payload.length) : request.payload.length > block.bytes) {
      return { response: diagnostic(Code.badRequest, 'a block that is not of its size') }
    }
    const streamed = this.#streamed?.receive(request, block)
    if (streamed === undefined) return this.#assemble(request, block)
    const { answer } = streamed
    const response =
      answer instanceof Promise
        ? answer.then(settled => this.#answerBlock(request, block, settled))
        : this.#answerBlock(request, block, answer)
    return { response }
  }

  #answerBlock(request: CoapMessage, block: Block, answer: Answer): CoapMessage {
    return answer === undefined ? this.#continueWith(block) : this.prepare(request, answer)
  }

  #assemble(request: CoapMessage, block: Block): ReceivedRequest {
    const key = transferKey(request)
    const { maximumBodyBytes } = this.#parameters
    const announced = findUint(request, OptionNumber.size1) ?? 0
    if (announced > maximumBodyBytes) return { response: this.#tooLarge() }
    // Block 0 always starts anew: the sender may have started over.
    const assembly = block.number === 0 ? new BodyAssembly(maximumBodyBytes) : this.#find(this.#incoming, key)?.assembly
    if (assembly === undefined) {
      return { response: diagnostic(Code.requestEntityIncomplete, 'the first block is missing') }
    }
    const offset = offsetOf(block)
    if (offset + request.payload.length <= assembly.length && block.more) {
      return { response: this.#continueWith(block) }
    }
    if (offset !== assembly.length) {
      this.#incoming.delete(key)
      return { response: diagnostic(Code.requestEntityIncomplete, 'a block is missing') }
    }
    if (!assembly.append(request.payload)) {
      this.#incoming.delete(key)
      return { response: this.#tooLarge() }
    }
    if (block.more) {
      this.#keep(this.#incoming, key, { assembly, expiresMs: this.#expiryMs() })
      return { response: this.#continueWith(block) }
    }
    this.#incoming.delete(key)
    return { request: { ...request, payload: assembly.body() } }
  }

  /** The same place in blocks of the size we send: the requester counts in the blocks it asked for. */
  #fitting(asked: Block): Block {
    const bytes = Math.min(asked.bytes, this.#layer.limits.blockBytes)
    return { number: offsetOf(asked) / unitBytes(bytes), more: false, bytes }
  }

  #expiryMs(): number {
    return this.#clock.now() + exchangeLifetimeMs(this.#parameters)
  }

  /** 2.31, with the size that we want the following blocks to have; how much one of BERT carries is for its sender to say. */
  #continueWith(block: Block): CoapMessage {
    const bytes = isBert(block.bytes) ? block.bytes : Math.min(block.bytes, this.#layer.limits.blockBytes)
    const { number, more } = block
    const options = [blockOption(OptionNumber.block1, { number, more, bytes })]
    return { code: Code.continue, options, payload: noPayload }
  }

  #tooLarge(): CoapMessage {
    const options = [uintOption(OptionNumber.size1, this.#parameters.maximumBodyBytes)]
    return { code: Code.requestEntityTooLarge, options, payload: noPayload }
  }

  #find<T extends { readonly expiresMs: number }>(bodies: Map<string, T>, key: string): T | undefined {
    const body = bodies.get(key)
    if (body === undefined || body.expiresMs > this.#clock.now()) return body
    bodies.delete(key)
    return undefined
  }

  /** Keeps a body; the one untouched for longest makes room. */
  #keep<T>(bodies: Map<string, T>, key: string, body: T): void {
    bodies.delete(key)
    if (bodies.size >= this.#parameters.maximumTransfers) {
      const oldest = bodies.keys().next()
      if (oldest.done !== true) bodies.delete(oldest.value)
    }
    bodies.set(key, body)
  }
}

/** The block of its response that an accepted request asks for. */
export function requestedBlock(request: CoapMessage): Block | undefined {
  return acceptedBlock(request, OptionNumber.block2)
}

/** A block option of a request that `receive` let through: where BERT is not accepted, there is none. */
function acceptedBlock(
  request: CoapMessage,
  option: typeof OptionNumber.block1 | typeof OptionNumber.block2,
): Block | undefined {
  const block = findBlock(request, option, true)
  return block === 'invalid' ? undefined : block
}

/** The block of a whole response that `asked` names; beyond its end 4.00 (RFC 7959 §2.4). */
function cutResponse(request: CoapMessage, response: CoapMessage, asked: Block): CoapMessage {
  const offset = offsetOf(asked)
  if (offset > 0 && offset >= Math.min(response.payload.length, largestBody(asked.bytes))) {
    return diagnostic(Code.badRequest, 'a block beyond the end')
  }
  const { block, payload } = cutBlock(response.payload, offset, asked.bytes)
  let options = withOption(response.options, OptionNumber.block2, blockOption(OptionNumber.block2, block))
  // RFC 7959 §4: also with a later block, for whoever asks.
  if (offset === 0 || findOption(request, OptionNumber.size2) !== undefined)
    options = withOption(options, OptionNumber.size2, uintOption(OptionNumber.size2, response.payload.length))
  if (offset > 0) options = withOption(options, OptionNumber.observe, undefined)
  return { code: response.code, options, payload }
}

/** An ETag, over the body unless there is one, so that blocks of different states are never mixed (RFC 7959 §2.4). */
function withTag(response: CoapMessage): CoapMessage {
  if (findOption(response, OptionNumber.eTag) !== undefined) return response
  const value = createHash('sha256').update(response.payload).digest().subarray(0, 8)
  return {
    ...response,
    options: withOption(response.options, OptionNumber.eTag, { number: OptionNumber.eTag, value }),
  }
}
