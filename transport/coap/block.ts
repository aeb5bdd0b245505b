import { type CoapMessage, type CoapOption, noPayload } from './message.ts'
import { decodeUint, findOption, type OptionNumber, uintOption } from './options.ts'

type BlockOptionNumber = typeof OptionNumber.block1 | typeof OptionNumber.block2

/** The value of a Block1 or Block2 option (RFC 7959 §2.2). */
export interface Block {
  /** Which block, counted in blocks of `bytes`. */
  readonly number: number
  /** Whether more blocks follow. */
  readonly more: boolean
  /** Size of a block: 16, 32, … 1,024. */
  readonly bytes: number
}

/** The largest size a block option can name (RFC 7959 §2.2). */
export const largestBlockBytes = 1_024

/** 2^20 − 1: the number has 20 bits. */
const maxBlockNumber = 0xfffff

/** Reads a block option; undefined when absent, `invalid` when it uses the reserved size exponent 7 (RFC 7959 §2.2). */
export function findBlock(message: CoapMessage, option: BlockOptionNumber): Block | 'invalid' | undefined {
  const value = findOption(message, option)
  if (value === undefined) return undefined
  const number = decodeUint(value)
  const exponent = number & 7
  if (exponent === 7) return 'invalid'
  return { number: number >>> 4, more: (number & 8) !== 0, bytes: 16 << exponent }
}

export function blockOption(option: BlockOptionNumber, { number, more, bytes }: Block): CoapOption {
  return uintOption(option, (number << 4) | (more ? 8 : 0) | (Math.log2(bytes) - 4))
}

/** The part of a body that a block of `bytes` starting at `offset` carries, and the option value that says so. */
export function cutBlock(body: Uint8Array, offset: number, bytes: number): { block: Block; payload: Uint8Array } {
  const end = Math.min(offset + bytes, body.length)
  return { block: { number: offset / bytes, more: end < body.length, bytes }, payload: body.subarray(offset, end) }
}

/** How large a body may be in blocks of `bytes`. */
export function largestBody(blockBytes: number): number {
  return (maxBlockNumber + 1) * blockBytes
}

/** The blocks of a body put together in order, bounded. Copied, so that none of their datagrams stays in memory. */
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
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length))
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
