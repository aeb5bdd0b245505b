import { FormatError } from '../errors.ts'

// The byte order mark is kept: it is part of the value, and a string must read back as it was written.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * Reads UTF-8 text, all of `bytes` or what lies between two positions. Throws {@link FormatError} where the bytes are
 * not UTF-8, instead of replacing them.
 */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const short = shortAscii(bytes, start, end)
  if (short !== undefined) return short
  const text = asBuffer(bytes).toString('utf8', start, end)
  // The fast decoder puts U+FFFD in place of what it cannot read; only then it matters which of the two it was.
  if (!text.includes('\ufffd')) return text
  try {
    return strictUtf8.decode(bytes.subarray(start, end))
  } catch {
    throw new FormatError('text that is not UTF-8')
  }
}

const longestShort = 16

/** Text of few bytes, all ASCII, in less time than a native call takes; else undefined. */
function shortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start > longestShort) return undefined
  let bits = 0
  for (let index = start; index < end; index++) bits |= bytes[index] as number
  if (bits > 0x7f) return undefined
  let text = ''
  let index = start
  for (; index + 8 <= end; index += 8) text += characters(bytes, index, 8)
  return index === end ? text : text + characters(bytes, index, end - index)
}

/** The one to eight characters at a position; a call with several of them takes hardly longer than with one. */
function characters(bytes: Uint8Array, start: number, count: number): string {
  const at = (index: number) => bytes[start + index] as number
  switch (count) {
    case 1:
      return String.fromCharCode(at(0))
    case 2:
      return String.fromCharCode(at(0), at(1))
    case 3:
      return String.fromCharCode(at(0), at(1), at(2))
    case 4:
      return String.fromCharCode(at(0), at(1), at(2), at(3))
    case 5:
      return String.fromCharCode(at(0), at(1), at(2), at(3), at(4))
    case 6:
      return String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5))
    case 7:
      return String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6))
    default:
      return String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7))
  }
}

/**
 * Reads base64 or base64url (RFC 4648 §4, §5), the first with padding, the second without; `undefined` for any other
 * text, also for unused bits that are not zero.
 */
export function decodeBase64(text: string, alphabet: 'base64' | 'base64url'): Buffer | undefined {
  const bytes = Buffer.from(text, alphabet)
  return bytes.toString(alphabet) === text ? bytes : undefined
}
