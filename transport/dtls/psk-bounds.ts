/** Whoever speaks PSK has to take identities and keys up to these (RFC 4279 §5.3); a server need not take longer ones. */
const longestIdentityBytes = 128
const longestKeyBytes = 64

/** What is wrong with a PSK identity, to be put behind a subject; undefined when it can be used. */
export function identityFault({ length }: Uint8Array): string | undefined {
  return faultOf(length, longestIdentityBytes)
}

/** What is wrong with a pre-shared key, which JavaScript may give as a text; undefined when it can be used. */
export function keyFault(key: unknown): string | undefined {
  if (!(key instanceof Uint8Array)) return "is no Uint8Array; make one of digits by Buffer.from(digits, 'hex')"
  return faultOf(key.length, longestKeyBytes)
}

function faultOf(length: number, longest: number): string | undefined {
  if (length === 0) return 'is empty'
  return length > longest ? `is longer than ${longest} bytes` : undefined
}
