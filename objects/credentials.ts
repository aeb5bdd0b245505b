import { security } from './definitions/security.ts'
import type { ObjectStore } from './store.ts'

/** What secures the connection of one Security Object instance, byte for byte as it is stored. Holds secrets. */
export interface SecurityCredentials {
  /** Of the client: the identity of a pre-shared key, a public key or a certificate (/0/x/3). */
  readonly publicKeyOrIdentity: Uint8Array
  /** Of the server: its public key or certificate (/0/x/4). */
  readonly serverPublicKey: Uint8Array
  /** The pre-shared key, or the private key (/0/x/5). */
  readonly secretKey: Uint8Array
  /** The cipher suites to offer, as their two bytes make a number: 0xc0a8 (/0/x/16). Empty: those of the engine. */
  readonly suites: readonly number[]
  /** How `serverPublicKey` presents what it is to be compared with, 0–3 (/0/x/13). */
  readonly matchingType: number | undefined
  /** What the certificate of the server has to do with `serverPublicKey`, 0–3 (/0/x/15). */
  readonly certificateUsage: number | undefined
}

/** The credentials of a Security instance as they are now (LwM2M Core 1.2.2 §E.1); what is absent is empty. */
export function securityCredentials(store: ObjectStore, securityInstanceId: number): SecurityCredentials {
  const { resources } = security
  const content = (name: keyof typeof resources) => store.content([security.id, securityInstanceId, resources[name].id])
  const bytes = (name: keyof typeof resources) => {
    const value = content(name)
    return value instanceof Uint8Array ? value : new Uint8Array()
  }
  const number = (name: keyof typeof resources) => {
    const value = content(name)
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
  }
  const suites = content('dtlsTlsCiphersuite')
  return {
    publicKeyOrIdentity: bytes('publicKeyOrIdentity'),
    serverPublicKey: bytes('serverPublicKey'),
    secretKey: bytes('secretKey'),
    suites: suites instanceof Map ? [...suites.values()].map(Number) : [],
    matchingType: number('matchingType'),
    certificateUsage: number('certificateUsage'),
  }
}
