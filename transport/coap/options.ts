import type { CoapMessage, CoapOption } from './message.ts'

/** Option numbers the engine knows (RFC 7252 §5.10, RFC 7641, RFC 7959). */
export const OptionNumber = {
  uriHost: 3,
  eTag: 4,
  observe: 6,
  uriPort: 7,
  locationPath: 8,
  uriPath: 11,
  contentFormat: 12,
  maxAge: 14,
  uriQuery: 15,
  accept: 17,
  locationQuery: 20,
  block2: 23,
  block1: 27,
  size2: 28,
  proxyUri: 35,
  proxyScheme: 39,
  size1: 60,
} as const

interface OptionFormat {
  readonly minBytes: number
  readonly maxBytes: number
  readonly repeatable: boolean
}

/** Lengths and repeatability by option number (RFC 7252 table 4, RFC 7641 §2, RFC 7959 table 1). */
const formats: readonly (OptionFormat | undefined)[] = tabulate([
  [OptionNumber.uriHost, 1, 255, false],
  [OptionNumber.eTag, 1, 8, true],
  [OptionNumber.observe, 0, 3, false],
  [OptionNumber.uriPort, 0, 2, false],
  [OptionNumber.locationPath, 0, 255, true],
  [OptionNumber.uriPath, 0, 255, true],
  [OptionNumber.contentFormat, 0, 2, false],
  [OptionNumber.maxAge, 0, 4, false],
  [OptionNumber.uriQuery, 0, 255, true],
  [OptionNumber.accept, 0, 2, false],
  [OptionNumber.locationQuery, 0, 255, true],
  [OptionNumber.block2, 0, 3, false],
  [OptionNumber.block1, 0, 3, false],
  [OptionNumber.size2, 0, 4, false],
  [OptionNumber.size1, 0, 4, false],
])

function tabulate(rows: readonly (readonly [number, number, number, boolean])[]): (OptionFormat | undefined)[] {
  const table: (OptionFormat | undefined)[] = []
  for (const [number, minBytes, maxBytes, repeatable] of rows) table[number] = { minBytes, maxBytes, repeatable }
  return table
}

/**
 * The number of the first critical option that cannot be processed: unknown, of a wrong length, or repeated where it may
 * not be (RFC 7252 §5.4.1, §5.4.3, §5.4.5). Undefined when there is none.
 */
export function unprocessableOption(message: CoapMessage): number | undefined {
  let previous = -1
  for (const { number, value } of message.options) {
    if ((number & 1) === 1) {
      const format = formats[number]
      if (format === undefined || value.length < format.minBytes || value.length > format.maxBytes) return number
      if (number === previous && !format.repeatable) return number
    }
    previous = number
  }
  return undefined
}

/** The value of the first option of this number; an elective one of a wrong length counts as absent (RFC 7252 §5.4.3). */
export function findOption(message: CoapMessage, number: number): Uint8Array | undefined {
  for (const option of message.options) {
    if (option.number > number) return undefined
    if (option.number === number) {
      const format = formats[number]
      if (format === undefined) return option.value
      return option.value.length >= format.minBytes && option.value.length <= format.maxBytes ? option.value : undefined
    }
  }
  return undefined
}

/** The value of an option of format uint (RFC 7252 §3.2), at most four bytes. */
export function findUint(message: CoapMessage, number: number): number | undefined {
  const value = findOption(message, number)
  return value === undefined ? undefined : decodeUint(value)
}

/** The values of a repeatable string option, in order. */
export function findStrings(message: CoapMessage, number: number): string[] {
  const strings: string[] = []
  for (const option of message.options) {
    if (option.number === number) strings.push(decodeString(option.value))
  }
  return strings
}

export function decodeUint(value: Uint8Array): number {
  let number = 0
  for (const byte of value) number = number * 256 + byte
  return number
}

function decodeString(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')
}

export function uintOption(number: number, value: number): CoapOption {
  return { number, value: encodeUint(value) }
}

export function stringOption(number: number, value: string): CoapOption {
  return { number, value: Buffer.from(value, 'utf8') }
}

/** One Uri-Path option a segment; the root has none. */
export function pathOptions(number: number, segments: readonly (string | number)[]): CoapOption[] {
  return segments.map(segment => stringOption(number, String(segment)))
}

/** The shortest big-endian form; zero is no bytes at all (RFC 7252 §3.2). */
function encodeUint(value: number): Uint8Array {
  let length = 0
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) length++
  const bytes = new Uint8Array(length)
  for (let index = length - 1, rest = value; index >= 0; index--, rest = Math.floor(rest / 256))
    bytes[index] = rest % 256
  return bytes
}

/** The options with those of `number` replaced by `option`, or removed without one; order is kept. */
export function withOption(
  options: readonly CoapOption[],
  number: number,
  option: CoapOption | undefined,
): readonly CoapOption[] {
  const changed: CoapOption[] = []
  let left = option
  for (const other of options) {
    if (other.number === number) continue
    if (left !== undefined && other.number > number) {
      changed.push(left)
      left = undefined
    }
    changed.push(other)
  }
  if (left !== undefined) changed.push(left)
  return changed
}
