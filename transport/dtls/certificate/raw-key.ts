import { createHash } from 'node:crypto'
import { CertificateError, readOwn } from './certificate-error.ts'
import { type MatchingType, matches, matchingFault } from './matching.ts'
import type { PeerCache } from './peer-cache.ts'
import { readPublicKey } from './pem.ts'
import { readP256Key } from './public-key.ts'
import type { VerifiedPeer } from './verified-peer.ts'

/** Whether a raw public key, its SubjectPublicKeyInfo in DER, is known. */
export type IsKnownKey = (publicKey: Buffer) => boolean

/**
 * Decides whether a peer is trusted that shows a raw public key (RFC 7250), a SubjectPublicKeyInfo in DER of P-256.
 * `expected` is the key in DER or PEM, or its hash as the matching type (/0/x/13) says; any is trusted without it.
 * `cache` knows the keys of trusted peers that come again. Throws {@link CertificateError}.
 */
export function verifyRawKey(
  publicKey: Uint8Array,
  expected?: Uint8Array | IsKnownKey,
  matchingType: MatchingType = 0,
  cache?: PeerCache<VerifiedPeer>,
): VerifiedPeer {
  const bytes = Buffer.from(publicKey)
  const peer = cache?.find(bytes) ?? readPeer(bytes)
  if (expected !== undefined && !isExpected(bytes, expected, matchingType))
    throw new CertificateError('the peer', 'rawKey', `not the expected one: SHA-256 ${peer.identity}`)
  cache?.keep(bytes, peer)
  return peer
}

function readPeer(bytes: Buffer): VerifiedPeer {
  const publicKey = readP256Key(bytes, 'the peer')
  return { publicKey, identity: createHash('sha256').update(bytes).digest('hex'), names: [] }
}

function isExpected(key: Buffer, expected: Uint8Array | IsKnownKey, type: MatchingType): boolean {
  return typeof expected === 'function' ? expected(key) : matches(key, readExpectedKey(expected, type), type)
}

/**
 * The key of a peer that this end was given, or its hash, as {@link verifyRawKey} compares it.
 * Throws {@link CertificateError} `configuration` for what matches nothing.
 */
export function readExpectedKey(
  expected: Uint8Array,
  type: MatchingType = 0,
  place = 'the expected public key',
): Uint8Array {
  const fault = matchingFault(expected, type)
  if (fault !== undefined) throw new CertificateError(place, 'configuration', fault)
  if (type !== 0) return Uint8Array.from(expected)
  return readOwn(() => {
    const key = readPublicKey(expected, place)
    readP256Key(key, place)
    return key
  })
}
