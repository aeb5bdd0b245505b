import { uintValue } from './message-options.ts'

/** A Block1 or Block2 value (RFC 7959 §2.2) as `seq_num=0, has_more=1, block_size=1024`; undefined when it is none. */
export function blockText(value: Uint8Array): string | undefined {
  const number = uintValue(value)
  if (number === undefined) return undefined
  return `seq_num=${number >>> 4}, has_more=${(number >>> 3) & 1}, block_size=${16 << (number & 7)}`
}
