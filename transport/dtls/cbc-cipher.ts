import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import type { Random } from '../random.ts'
import { type AuthenticatedHeader, additionalData } from './additional-data.ts'
import type { DirectionKeys } from './prf.ts'
import type { RecordCipher } from './record-cipher.ts'

const blockBytes = 16
const macBytes = 32

/**
 * AES-CBC with HMAC-SHA256 over what was encrypted (RFC 5246 §6.2.3.2, RFC 7366): initialization vector, ciphertext, MAC.
 * Nothing is decrypted before the MAC is found right, so that padding tells an attacker nothing.
 */
export class CbcCipher implements RecordCipher {
  readonly leadingBytes = blockBytes
  readonly #keys: DirectionKeys
  readonly #random: Random

  constructor(keys: DirectionKeys, random: Random) {
    this.#keys = keys
    this.#random = random
  }

  trailingBytes(contentBytes: number): number {
    return paddingBytes(contentBytes) + macBytes
  }

  encrypt(fragment: Buffer, contentBytes: number, header: AuthenticatedHeader): void {
    const contentEnd = blockBytes + contentBytes
    const macStart = fragment.length - macBytes
    const iv = this.#random.bytes(blockBytes)
    fragment.set(iv)
    // All of the padding, its length byte too, holds the number of the others.
    fragment.fill(paddingBytes(contentBytes) - 1, contentEnd, macStart)
    const cipher = createCipheriv('aes-128-cbc', this.#keys.key, iv).setAutoPadding(false)
    fragment.set(cipher.update(fragment.subarray(blockBytes, macStart)), blockBytes)
    cipher.final()
    fragment.set(this.#mac(fragment.subarray(0, macStart), header), macStart)
  }

  decrypt(fragment: Buffer, header: AuthenticatedHeader): Buffer | undefined {
    const macStart = fragment.length - macBytes
    if (macStart < 2 * blockBytes || macStart % blockBytes !== 0) return undefined
    const covered = fragment.subarray(0, macStart)
    if (!timingSafeEqual(this.#mac(covered, header), fragment.subarray(macStart))) return undefined
    const iv = fragment.subarray(0, blockBytes)
    const decipher = createDecipheriv('aes-128-cbc', this.#keys.key, iv).setAutoPadding(false)
    const padded = decipher.update(fragment.subarray(blockBytes, macStart))
    decipher.final()
    return withoutPadding(padded)
  }

  wipe(): void {
    this.#keys.key.fill(0)
    this.#keys.macKey.fill(0)
  }

  #mac(covered: Buffer, header: AuthenticatedHeader): Buffer {
    const { macKey } = this.#keys
    return createHmac('sha256', macKey).update(additionalData(header, covered.length)).update(covered).digest()
  }
}

/** As few as fill the last block, the length byte included: 1–16. */
function paddingBytes(contentBytes: number): number {
  return blockBytes - (contentBytes % blockBytes)
}

/** Undefined when an authentic record is padded wrongly. A peer may pad up to 256 bytes. */
function withoutPadding(padded: Buffer): Buffer | undefined {
  const last = padded.at(-1) as number
  const contentEnd = padded.length - last - 1
  if (contentEnd < 0) return undefined
  for (let index = contentEnd; index < padded.length; index++) if (padded[index] !== last) return undefined
  return padded.subarray(0, contentEnd)
}
