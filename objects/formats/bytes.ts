import { FormatError } from '../errors.ts'

// The byte order mark is kept: it is part of the value, and a string must read back as it was written.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Reads UTF-8 text. Throws {@link FormatError} where the bytes are not UTF-8, instead of replacing them. */
export function decodeUtf8(bytes: Uint8Array): string {
  const text = asBuffer(bytes).toString()
  // The fast decoder puts U+FFFD in place of what it cannot read; only then it matters which of the two it was.
  if (!text.includes('\ufffd')) return text
  try {
    return strictUtf8.decode(bytes)
  } catch {
    throw new FormatError('text that is not UTF-8')
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
