import type { PskCredentials, PskKey } from '../transport/dtls/credentials.ts'
import { identityFault, keyFault } from '../transport/dtls/psk-bounds.ts'
import { OptionsError } from './options-error.ts'

/**
 * A pre-shared key for the `security` of a server. `identity` is told to the server in the clear, a text as UTF-8: 1 to 128
 * bytes. `key` is 1 to 64 bytes, or a function that is asked for it once a full handshake, so that it can stay in a hardware
 * store: such a key is never in the objects, nor saved. Throws OptionsError.
 */
export function psk(identity: string | Uint8Array, key: PskKey): PskCredentials {
  const credentials: PskCredentials = {
    kind: 'psk',
    identity: typeof identity === 'string' ? Buffer.from(identity, 'utf8') : Uint8Array.from(identity),
    key,
  }
  checkPsk(credentials)
  return typeof key === 'function' ? credentials : { ...credentials, key: Uint8Array.from(key) }
}

/** Throws OptionsError. */
export function checkPsk({ identity, key }: PskCredentials): void {
  const ofIdentity = identityFault(identity)
  if (ofIdentity !== undefined) throw new OptionsError(`the identity of the pre-shared key ${ofIdentity}`)
  const ofKey = typeof key === 'function' ? undefined : keyFault(key)
  if (ofKey !== undefined) throw new OptionsError(`the pre-shared key ${ofKey}`)
}
