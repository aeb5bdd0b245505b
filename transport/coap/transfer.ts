import type { CoapMessage } from './message.ts'
import { OptionNumber } from './options.ts'

/**
 * What makes two messages parts of the same transfer: method and options, the block-wise ones and Observe apart. A block
 * of another Content-Format thus belongs to no transfer and is answered with 4.08 (RFC 7959 §2.9.2).
 */
export function transferKey(request: CoapMessage): string {
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
