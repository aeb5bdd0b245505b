import { createCipheriv, createDecipheriv } from 'node:crypto'
import { type AuthenticatedHeader, additionalData } from './additional-data.ts'
import type { DirectionKeys } from './prf.ts'
import type { RecordCipher } from './record-cipher.ts'
import type { CipherMode } from './suites.ts'

export type AeadMode = Exclude<CipherMode, 'cbc'>

const explicitBytes = 8
const nonceBytes = 12
const implicitBytes = nonceBytes - explicitBytes

/** One for all records, as nothing here ever waits. */
const nonce = Buffer.alloc(nonceBytes)

/**
 * AES-CCM (RFC 6655 §3) and AES-GCM (RFC 5288 §3): explicit nonce, ciphertext, tag. The explicit part of the nonce is
 * epoch and sequence number, which both documents allow: it cannot repeat before the sequence number does.
 */
export class AeadCipher implements RecordCipher {
  readonly leadingBytes = explicitBytes
  readonly #mode: AeadMode
  readonly #tagLength: { readonly authTagLength: number }
  readonly #keys: DirectionKeys

  constructor(mode: AeadMode, keys: DirectionKeys) {
    this.#mode = mode
    this.#tagLength = { authTagLength: mode === 'ccm8' ? 8 : 16 }
    this.#keys = keys
  }

  trailingBytes(): number {
    return this.#tagLength.authTagLength
  }

  encrypt(fragment: Buffer, contentBytes: number, header: AuthenticatedHeader): void {
    const contentEnd = explicitBytes + contentBytes
    nonce.set(this.#keys.iv)
    nonce.writeUInt16BE(header.epoch, implicitBytes)
    nonce.writeUIntBE(header.sequence, implicitBytes + 2, 6)
    nonce.copy(fragment, 0, implicitBytes)
    const cipher =
      this.#mode === 'gcm'
        ? createCipheriv('aes-128-gcm', this.#keys.key, nonce, this.#tagLength)
        : createCipheriv('aes-128-ccm', this.#keys.key, nonce, this.#tagLength)
    cipher.setAAD(additionalData(header, contentBytes), { plaintextLength: contentBytes })
    // CCM takes its whole plaintext in one update.
    fragment.set(cipher.update(fragment.subarray(explicitBytes, contentEnd)), explicitBytes)
    cipher.final()
    fragment.set(cipher.getAuthTag(), contentEnd)
  }

  decrypt(fragment: Buffer, header: AuthenticatedHeader): Buffer | undefined {
    const contentEnd = fragment.length - this.#tagLength.authTagLength
    const contentBytes = contentEnd - explicitBytes
    if (contentBytes < 0) return undefined
    nonce.set(this.#keys.iv)
    fragment.copy(nonce, implicitBytes, 0, explicitBytes)
    const decipher =
      this.#mode === 'gcm'
        ? createDecipheriv('aes-128-gcm', this.#keys.key, nonce, this.#tagLength)
        : createDecipheriv('aes-128-ccm', this.#keys.key, nonce, this.#tagLength)
    decipher.setAuthTag(fragment.subarray(contentEnd))
    decipher.setAAD(additionalData(header, contentBytes), { plaintextLength: contentBytes })
    const content = decipher.update(fragment.subarray(explicitBytes, contentEnd))
    try {
      decipher.final()
    } catch {
      // Its only way to say that the tag is wrong.
      return undefined
    }
    return content
  }

  wipe(): void {
    this.#keys.key.fill(0)
    this.#keys.iv.fill(0)
    nonce.fill(0)
  }
}
