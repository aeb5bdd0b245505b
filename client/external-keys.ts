import type { PskCredentials, PskKey } from '../transport/dtls/credentials.ts'

type Ask = Exclude<PskKey, Uint8Array>

interface ExternalKey {
  readonly uri: string
  readonly identity: Uint8Array
  readonly ask: Ask
}

/**
 * The keys that the application keeps outside of the objects, by Security instance. One is for the server and the identity that
 * it was given with, whatever a Bootstrap-Server may write into the instance later.
 */
export class ExternalKeys {
  readonly #keys = new Map<number, ExternalKey>()

  /** Takes the key of an instance where it is a function. */
  add(securityInstanceId: number, uri: string, { identity, key }: PskCredentials): void {
    if (typeof key === 'function') this.#keys.set(securityInstanceId, { uri, identity, ask: key })
  }

  find(securityInstanceId: number, uri: string, identity: Uint8Array): Ask | undefined {
    const known = this.#keys.get(securityInstanceId)
    return known?.uri === uri && Buffer.compare(known.identity, identity) === 0 ? known.ask : undefined
  }
}
