import { securityCredentials } from '../objects/credentials.ts'
import { security } from '../objects/definitions/security.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { PskKey, SigningKey } from '../transport/dtls/credentials.ts'

/** A key that is not in the objects: a function for a pre-shared one, or what signs. */
export type ExternalKey =
  | { readonly kind: 'psk'; readonly key: Exclude<PskKey, Uint8Array> }
  | { readonly kind: 'signing'; readonly key: SigningKey }

interface Entry {
  readonly uri: string
  readonly identity: Uint8Array
  readonly external: ExternalKey
}

/**
 * The keys that the application keeps outside of the objects, by Security instance. One is for the server and the identity, the
 * certificate or the public key (/0/x/3) that it was given with, whatever a Bootstrap-Server may write into the instance later.
 */
export class ExternalKeys {
  readonly #entries = new Map<number, Entry>()

  add(securityInstanceId: number, uri: string, identity: Uint8Array, external: ExternalKey): void {
    this.#entries.set(securityInstanceId, { uri, identity, external })
  }

  find(securityInstanceId: number, uri: string, identity: Uint8Array): ExternalKey | undefined {
    const known = this.#entries.get(securityInstanceId)
    return known?.uri === uri && Buffer.compare(known.identity, identity) === 0 ? known.external : undefined
  }

  /** Whether one is for a Security instance as it is now. */
  has(store: ObjectStore, securityInstanceId: number): boolean {
    const uri = store.get([security.id, securityInstanceId, security.resources.lwm2mServerUri.id])
    if (typeof uri !== 'string') return false
    return (
      this.find(securityInstanceId, uri, securityCredentials(store, securityInstanceId).publicKeyOrIdentity) !==
      undefined
    )
  }
}
