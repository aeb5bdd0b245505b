import type { CoapMessage, CoapOption } from './message.ts'
import { OptionNumber } from './options.ts'
import { sameBytes } from './same-bytes.ts'

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

/** What the messages of one transfer have in common. */
export interface Transfer {
  readonly code: number
  /** In the order of the message. */
  readonly options: readonly CoapOption[]
}

/** Copied, so that the message does not stay in memory. */
export function transferOf({ code, options }: CoapMessage): Transfer {
  const own = options.filter(({ number }) => !transferOptions.has(number))
  return { code, options: own.map(({ number, value }) => ({ number, value: Buffer.from(value) })) }
}

/** Whether a message is a part of it: as by {@link transferKey}, without making one. */
export function isOfTransfer(transfer: Transfer, { code, options }: CoapMessage): boolean {
  if (code !== transfer.code) return false
  let index = 0
  for (const { number, value } of options) {
    if (transferOptions.has(number)) continue
    const own = transfer.options[index++]
    if (own?.number !== number || !sameBytes(own.value, value)) return false
  }
  return index === transfer.options.length
}

const transferOptions: ReadonlySet<number> = new Set([
  OptionNumber.observe,
  OptionNumber.block1,
  OptionNumber.block2,
  OptionNumber.size1,
  OptionNumber.size2,
])
