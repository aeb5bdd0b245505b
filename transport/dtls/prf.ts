import { createHmac } from 'node:crypto'
import type { CipherSuite } from './suites.ts'

const masterSecretBytes = 48
const verifyDataBytes = 12

/** The pseudorandom function of TLS 1.2 with SHA-256 (RFC 5246 §5): `length` bytes out of a secret. */
export function prf(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Buffer {
  const output = Buffer.alloc(length)
  let chained = createHmac('sha256', secret).update(label, 'latin1').update(seed).digest()
  for (let offset = 0; offset < length; ) {
    const block = createHmac('sha256', secret).update(chained).update(label, 'latin1').update(seed).digest()
    offset += block.copy(output, offset)
    block.fill(0)
    if (offset < length) chained = createHmac('sha256', secret).update(chained).digest()
  }
  return output
}

/**
 * The premaster secret of a pre-shared key (RFC 4279 §2). `other` is the secret that the ends agreed on by ECDH
 * (RFC 5489 §2); without it, as many zeros as the key has bytes.
 */
export function pskPremaster(psk: Uint8Array, other: Uint8Array = new Uint8Array(psk.length)): Buffer {
  const premaster = Buffer.alloc(4 + other.length + psk.length)
  premaster.writeUInt16BE(other.length, 0)
  premaster.set(other, 2)
  premaster.writeUInt16BE(psk.length, 2 + other.length)
  premaster.set(psk, 4 + other.length)
  return premaster
}

/** The master secret without the extension of RFC 7627 (RFC 5246 §8.1), 48 bytes. */
export function masterSecret(premaster: Uint8Array, clientRandom: Uint8Array, serverRandom: Uint8Array): Buffer {
  return prf(premaster, 'master secret', Buffer.concat([clientRandom, serverRandom]), masterSecretBytes)
}

/** The extended master secret, 48 bytes; `sessionHash` of the handshake up to the ClientKeyExchange (RFC 7627 §4). */
export function extendedMasterSecret(premaster: Uint8Array, sessionHash: Uint8Array): Buffer {
  return prf(premaster, 'extended master secret', sessionHash, masterSecretBytes)
}

/** What protects the records that one end sends. Views of one buffer; {@link createProtection} wipes them in the end. */
export interface DirectionKeys {
  readonly key: Buffer
  /** Empty for an AEAD. */
  readonly macKey: Buffer
  /** The fixed part of the nonce; empty for CBC. */
  readonly iv: Buffer
}

/** Cuts the keys of both ends out of the key block (RFC 5246 §6.3). */
export function keyBlock(
  { macKeyBytes, keyBytes, fixedIvBytes }: CipherSuite,
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): { readonly client: DirectionKeys; readonly server: DirectionKeys } {
  const seed = Buffer.concat([serverRandom, clientRandom])
  const block = prf(master, 'key expansion', seed, 2 * (macKeyBytes + keyBytes + fixedIvBytes))
  const keys = 2 * macKeyBytes
  const ivs = keys + 2 * keyBytes
  const direction = (end: 0 | 1): DirectionKeys => ({
    macKey: slice(block, 0, end, macKeyBytes),
    key: slice(block, keys, end, keyBytes),
    iv: slice(block, ivs, end, fixedIvBytes),
  })
  return { client: direction(0), server: direction(1) }
}

/** The first or second of two values of `length` bytes that begin at `start`. */
function slice(block: Buffer, start: number, end: 0 | 1, length: number): Buffer {
  return block.subarray(start + end * length, start + (end + 1) * length)
}

/** The verify_data of the Finished message that an end sends, 12 bytes (RFC 5246 §7.4.9). */
export function finishedData(master: Uint8Array, end: 'client' | 'server', transcriptHash: Uint8Array): Buffer {
  return prf(master, `${end} finished`, transcriptHash, verifyDataBytes)
}
