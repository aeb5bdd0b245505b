import { isUtf8 } from 'node:buffer'

/** A pre-shared key, at least 1 byte; as a function where it is kept elsewhere, asked once for each full handshake. */
export type PskKey = Uint8Array | (() => Uint8Array | Promise<Uint8Array>)

/** What a client proves itself with in the PSK suites (RFC 4279). */
export interface PskCredentials {
  readonly kind: 'psk'
  /** 0–65535 bytes; UTF-8 where people chose it (RFC 4279 §5.1). */
  readonly identity: Uint8Array
  readonly key: PskKey
}

/** A server's keys: that of an identity as the client sent it, undefined for one that nobody has. */
export type PskLookup = (identity: Buffer) => Uint8Array | undefined

/** Identities and keys have a length of two bytes on the wire and in the premaster secret (RFC 4279 §2). */
const maximumBytes = 0xffff

/**
 * A pre-shared key and its identity, a text as UTF-8.
 * Throws RangeError for an identity longer than 65535 bytes or a key of not 1–65535.
 */
export function psk(identity: string | Uint8Array, key: PskKey): PskCredentials {
  const bytes = Buffer.from(identity)
  if (bytes.length > maximumBytes) throw new RangeError(`a PSK identity has ${maximumBytes} bytes at most`)
  return { kind: 'psk', identity: bytes, key: typeof key === 'function' ? key : checkedKey(key) }
}

/** The key itself, asked for where it is kept elsewhere. Rejects with RangeError for a key of not 1–65535 bytes. */
export async function requestKey({ key }: PskCredentials): Promise<Uint8Array> {
  return checkedKey(typeof key === 'function' ? await key() : key)
}

/** An empty key would let everybody in. */
export function checkedKey(key: Uint8Array): Uint8Array {
  if (key.length === 0 || key.length > maximumBytes)
    throw new RangeError(`a pre-shared key has 1–${maximumBytes} bytes`)
  return key
}

/** How an identity looks that is no text. */
const hexadecimal = /^0x(?:[0-9a-f]{2})*$/

/**
 * An identity as text; in hexadecimal where it is not UTF-8, or a text that looks like that, so that no two are taken for
 * one.
 */
export function identityText(identity: Buffer): string {
  const text = identity.toString()
  return isUtf8(identity) && !hexadecimal.test(text) ? text : `0x${identity.toString('hex')}`
}

/** The identity of which {@link identityText} made `text`. */
export function identityBytes(text: string): Buffer {
  return hexadecimal.test(text) ? Buffer.from(text.slice(2), 'hex') : Buffer.from(text)
}
