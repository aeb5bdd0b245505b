import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { type Block, BodyAssembly, blockOption, cutBlock, findBlock } from './block.ts'
import { type CoapMessage, Code, isSuccess, noPayload } from './message.ts'
import { findUint, OptionNumber, uintOption, withOption } from './options.ts'
import { type CoapParameters, exchangeLifetimeMs } from './parameters.ts'

/** A request body that arrives in blocks. */
interface IncomingBody {
  readonly assembly: BodyAssembly
  expiresMs: number
}

/** A response body kept while its blocks are fetched. */
interface OutgoingBody {
  readonly response: CoapMessage
  readonly expiresMs: number
}

/**
 * The server role of block-wise transfer for one peer (RFC 7959): puts Block1 requests together and cuts large responses
 * into Block2. Both are bounded in count and bytes; what is forgotten is answered with 4.08, or made anew.
 */
export class BlockwiseResponses {
  readonly #clock: Clock
  readonly #parameters: CoapParameters
  readonly #incoming = new Map<string, IncomingBody>()
  readonly #outgoing = new Map<string, OutgoingBody>()

  constructor(clock: Clock, parameters: CoapParameters) {
    this.#clock = clock
    this.#parameters = parameters
  }

  /**
   * Takes a request as it arrived. Returns the whole request once it is complete, or the response that goes out at once
   * (2.31 for a block, an error, a kept block of a response).
   */
  receive(request: CoapMessage): { readonly request: CoapMessage } | { readonly response: CoapMessage } {
    const block1 = findBlock(request, OptionNumber.block1)
    const block2 = findBlock(request, OptionNumber.block2)
    if (block1 === undefined && block2 === undefined) return { request }
    if (block1 === 'invalid' || block2 === 'invalid') {
      return { response: diagnostic(Code.badRequest, 'a block option of reserved size') }
    }
    if (block1 !== undefined) return this.#receiveBlock(request, block1)
    if (block2 !== undefined && block2.number > 0) {
      const kept = this.#find(this.#outgoing, keyOf(request))
      if (kept !== undefined) return { response: cutResponse(kept.response, block2) }
    }
    return { request }
  }

  /** The response as it goes out: whole when it fits, else its block that `request` asks for. */
  prepare(request: CoapMessage, response: CoapMessage): CoapMessage {
    const block1 = findBlock(request, OptionNumber.block1)
    const prepared = this.#prepareBody(request, response)
    if (block1 === undefined || block1 === 'invalid') return prepared
    // RFC 7959 §2.3: the final response acknowledges the last block.
    const acknowledged = blockOption(OptionNumber.block1, { ...block1, more: false })
    return { ...prepared, options: withOption(prepared.options, OptionNumber.block1, acknowledged) }
  }

  /** The first block of a notification, its body kept for the requests that fetch the rest (RFC 7959 §2.6). */
  prepareNotification(request: CoapMessage, notification: CoapMessage): CoapMessage {
    return this.#prepareBody(request, notification)
  }

  #prepareBody(request: CoapMessage, response: CoapMessage): CoapMessage {
    const asked = findBlock(request, OptionNumber.block2)
    const requested = asked === undefined || asked === 'invalid' ? undefined : asked
    const bytes = Math.min(requested?.bytes ?? this.#parameters.blockBytes, this.#parameters.blockBytes)
    if (response.payload.length <= bytes && requested === undefined) return response
    if (!isSuccess(response.code)) return response
    const block = { number: requested?.number ?? 0, more: false, bytes }
    // The requester counts in the blocks it asked for, even where smaller ones are sent.
    if (requested !== undefined && requested.bytes > bytes) {
      return cutResponse(response, { ...block, number: (requested.number * requested.bytes) / bytes })
    }
    if (response.payload.length <= bytes) return cutResponse(response, block)
    const tagged = withTag(response)
    this.#keep(this.#outgoing, keyOf(request), {
      response: tagged,
      expiresMs: this.#clock.now() + exchangeLifetimeMs(this.#parameters),
    })
    return cutResponse(tagged, block)
  }

  #receiveBlock(
    request: CoapMessage,
    block: Block,
  ): { readonly request: CoapMessage } | { readonly response: CoapMessage } {
    const key = keyOf(request)
    const { maximumBodyBytes } = this.#parameters
    const announced = findUint(request, OptionNumber.size1) ?? 0
    if (announced > maximumBodyBytes) return { response: this.#tooLarge() }
    if (block.more && request.payload.length !== block.bytes) {
      return { response: diagnostic(Code.badRequest, 'a block that is not full') }
    }
    // Block 0 always starts anew: the sender may have started over.
    let body = block.number === 0 ? undefined : this.#find(this.#incoming, key)
    if (body === undefined) {
      if (block.number > 0) return { response: diagnostic(Code.requestEntityIncomplete, 'the first block is missing') }
      body = { assembly: new BodyAssembly(maximumBodyBytes), expiresMs: Number.POSITIVE_INFINITY }
      if (block.more) this.#keep(this.#incoming, key, body)
    }
    const offset = block.number * block.bytes
    if (offset + request.payload.length <= body.assembly.length && block.more) {
      return { response: this.#continueWith(block) }
    }
    if (offset !== body.assembly.length) {
      this.#incoming.delete(key)
      return { response: diagnostic(Code.requestEntityIncomplete, 'a block is missing') }
    }
    if (!body.assembly.append(request.payload)) {
      this.#incoming.delete(key)
      return { response: this.#tooLarge() }
    }
    body.expiresMs = this.#clock.now() + exchangeLifetimeMs(this.#parameters)
    if (block.more) return { response: this.#continueWith(block) }
    this.#incoming.delete(key)
    return { request: { ...request, payload: body.assembly.body() } }
  }

  /** 2.31, with the size that we want the following blocks to have. */
  #continueWith(block: Block): CoapMessage {
    const bytes = Math.min(block.bytes, this.#parameters.blockBytes)
    const options = [blockOption(OptionNumber.block1, { ...block, bytes })]
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

/** The block of a whole response that `asked` names; beyond its end 4.00 (RFC 7959 §2.4). */
function cutResponse(response: CoapMessage, asked: Block): CoapMessage {
  const offset = asked.number * asked.bytes
  if (offset > 0 && offset >= response.payload.length) {
    return diagnostic(Code.badRequest, 'a block beyond the end')
  }
  const { block, payload } = cutBlock(response.payload, offset, asked.bytes)
  let options = withOption(response.options, OptionNumber.block2, blockOption(OptionNumber.block2, block))
  if (offset === 0) {
    options = withOption(options, OptionNumber.size2, uintOption(OptionNumber.size2, response.payload.length))
  } else {
    options = withOption(options, OptionNumber.observe, undefined)
  }
  return { code: response.code, options, payload }
}

/** An ETag over the body, so that blocks of different states are never mixed (RFC 7959 §2.4). */
function withTag(response: CoapMessage): CoapMessage {
  const value = createHash('sha256').update(response.payload).digest().subarray(0, 8)
  return {
    ...response,
    options: withOption(response.options, OptionNumber.eTag, { number: OptionNumber.eTag, value }),
  }
}

/**
 * What makes two messages parts of the same transfer: method and options, the block-wise ones and Observe apart. A block
 * of another Content-Format thus belongs to no transfer and is answered with 4.08 (RFC 7959 §2.9.2).
 */
function keyOf(request: CoapMessage): string {
  let key = String(request.code)
  for (const { number, value } of request.options) {
    if (transferOptions.has(number)) continue
    key += `;${number}:${value.length}:${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')}`
  }
  return key
}

const transferOptions: ReadonlySet<number> = new Set([
  OptionNumber.observe,
  OptionNumber.block1,
  OptionNumber.block2,
  OptionNumber.size1,
  OptionNumber.size2,
])

/** An error response with a text for people (RFC 7252 §5.5.2). */
export function diagnostic(code: number, text: string): CoapMessage {
  return { code, options: [], payload: Buffer.from(text, 'utf8') }
}
