import { createHmac } from 'node:crypto'

/**
 * The pre-shared key of one device among many: the first 16 bytes of HMAC-SHA-256 of its identity, a text as UTF-8. So
 * a server that has the master key knows the key of each device, and none of these tells anything of another.
 */
export function derivedKey(masterKey: Uint8Array, identity: string | Uint8Array): Buffer {
  return createHmac('sha256', masterKey).update(identity).digest().subarray(0, 16)
}
