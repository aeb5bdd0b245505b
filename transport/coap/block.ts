import { type CoapMessage, type CoapOption, noPayload } from './message.ts'
import { decodeUint, findOption, type OptionNumber, uintOption } from './options.ts'

type BlockOptionNumber = typeof OptionNumber.block1 | typeof OptionNumber.block2

/** The value of a Block1 or Block2 option (RFC 7959 §2.2). */
export interface Block {
  /** Which block, counted in blocks of `bytes`; with BERT of 1,024. */
  readonly number: number
  /** Whether more blocks follow. */
  readonly more: boolean
  /**
   * Size of a block: 16, 32, … 1,024. Above that it is BERT (RFC 8323 §6), several blocks of 1,024 in one message; how many
   * the option does not say, so where it was read this is {@link bertBytes}.
   */
  readonly bytes: number
}

/** The largest size a block option can name (RFC 7959 §2.2). */
export const largestBlockBytes = 1_024

/** The size of a block of BERT: whatever its message holds. */
export const bertBytes = Number.POSITIVE_INFINITY

/** The size exponent that is reserved over datagrams and means BERT over streams (RFC 8323 §6). */
const bertExponent = 7

/** 2^20 − 1: the number has 20 bits. */
const maxBlockNumber = 0xfffff

/** Reads a block option; undefined when absent, `invalid` when it is of BERT and `acceptsBert` is false (RFC 7959 §2.2). */
export function findBlock(
  message: CoapMessage,
  option: BlockOptionNumber,
  acceptsBert = false,
): Block | 'invalid' | undefined {
  const value = findOption(message, option)
  if (value === undefined) return undefined
  const number = decodeUint(value)
  const exponent = number & 7
  if (exponent === bertExponent && !acceptsBert) return 'invalid'
  const bytes = exponent === bertExponent ? bertBytes : 16 << exponent
  return { number: number >>> 4, more: (number & 8) !== 0, bytes }
}

export function blockOption(option: BlockOptionNumber, { number, more, bytes }: Block): CoapOption {
  const exponent = isBert(bytes) ? bertExponent : Math.clz32(16) - Math.clz32(bytes)
  return uintOption(option, (number << 4) | (more ? 8 : 0) | exponent)
}

/** Whether a block of this size is one of BERT. */
export function isBert(bytes: number): boolean {
  return bytes > largestBlockBytes
}

/** What the number of a block of this size counts. */
export function unitBytes(bytes: number): number {
  return Math.min(bytes, largestBlockBytes)
}

/** Where in the body a block starts. */
export function offsetOf({ number, bytes }: Block): number {
  return number * unitBytes(bytes)
}

/** Whether a payload may be that of a block that others follow: of its size, with BERT a multiple of 1,024. */
export function isFull({ bytes }: Block, payloadBytes: number): boolean {
  return isBert(bytes) ? payloadBytes > 0 && payloadBytes % largestBlockBytes === 0 : payloadBytes === bytes
}

/**
 * The part of a body that a block of `bytes` starting at `offset` carries, and the option value that says so. With BERT
 * `bytes` is a multiple of 1,024.
 */
export function cutBlock(body: Uint8Array, offset: number, bytes: number): { block: Block; payload: Uint8Array } {
  const end = Math.min(offset + bytes, body.length)
  const block = { number: offset / unitBytes(bytes), more: end < body.length, bytes }
  return { block, payload: body.subarray(offset, end) }
}

/** How large a body may be in blocks of `bytes`. */
export function largestBody(blockBytes: number): number {
  return (maxBlockNumber + 1) * unitBytes(blockBytes)
}

/** The blocks of a body put together in order, bounded. Copied, so that none of their messages stays in memory. */
export class BodyAssembly {
  readonly #maximumBytes: number
  #bytes = Buffer.alloc(0)
  length = 0

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes
  }

  /** Appends a block; false when the body would become too large. */
  append(payload: Uint8Array): boolean {
    const length = this.length + payload.length
    if (length > this.#maximumBytes) return false
    if (length > this.#bytes.length) {
      const capacity = Math.min(Math.max(length, 2 * this.#bytes.length), this.#maximumBytes)
      const larger = Buffer.allocUnsafeSlow(capacity)
      larger.set(this.#bytes.subarray(0, this.length))
      this.#bytes = larger
    }
    this.#bytes.set(payload, this.length)
    this.length = length
    return true
  }

  body(): Uint8Array {
    return this.length === 0 ? noPayload : this.#bytes.subarray(0, this.length)
  }
}
