import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Random } from './random.ts'

const cipher = 'aes-256-gcm'
const formatVersion = 1
const nonceBytes = 12
const tagBytes = 16

/**
 * Encrypts bytes for storage with a key of 32 bytes (AES-256-GCM). `context` says where they belong, say which account: what
 * was sealed in one context does not open in another. The nonce is random: 2^32 seals a key at most.
 */
export function seal(plaintext: Uint8Array, key: Uint8Array, context: string, random: Random): Buffer {
  const nonce = random.bytes(nonceBytes)
  const encryption = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes })
  encryption.setAAD(associatedData(context))
  const encrypted = encryption.update(plaintext)
  encryption.final()
  return Buffer.concat([Buffer.of(formatVersion), nonce, encrypted, encryption.getAuthTag()])
}

/** The bytes in `sealed`; undefined where another key or context sealed them, or they were changed or cut off. */
export function unseal(sealed: Uint8Array, key: Uint8Array, context: string): Buffer | undefined {
  if (sealed.length < 1 + nonceBytes + tagBytes || sealed[0] !== formatVersion) return undefined
  const nonce = sealed.subarray(1, 1 + nonceBytes)
  const decryption = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes })
  decryption.setAAD(associatedData(context))
  decryption.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  const plaintext = decryption.update(sealed.subarray(1 + nonceBytes, sealed.length - tagBytes))
  try {
    decryption.final()
  } catch {
    return undefined
  }
  return plaintext
}

function associatedData(context: string): Buffer {
  return Buffer.from(`${formatVersion} ${context}`)
}
