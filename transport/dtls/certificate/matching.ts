import { createHash, timingSafeEqual } from 'node:crypto'

/** How /0/x/4 presents what it is to be compared with (/0/x/13): 0 itself, 1 its SHA-256, 2 its SHA-384, 3 its SHA-512. */
export type MatchingType = 0 | 1 | 2 | 3

const hashes = { 1: 'sha256', 2: 'sha384', 3: 'sha512' } as const
const hashBytes = { 1: 32, 2: 48, 3: 64 } as const

/** Whether `bytes` are, or have the hash, that `expected` says; in constant time. */
export function matches(bytes: Uint8Array, expected: Uint8Array, type: MatchingType): boolean {
  const presented = type === 0 ? bytes : createHash(hashes[type]).update(bytes).digest()
  return presented.length === expected.length && timingSafeEqual(presented, expected)
}

/** Why nothing can ever match `expected`; undefined where something can. */
export function matchingFault(expected: Uint8Array, type: MatchingType): string | undefined {
  if (type === 0 || expected.length === hashBytes[type]) return undefined
  return `${expected.length} bytes, a hash of matching type ${type} has ${hashBytes[type]}`
}
