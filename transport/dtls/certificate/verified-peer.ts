import type { KeyObject } from 'node:crypto'

/** Who a peer is, if it holds the private key of what it has shown. */
export interface VerifiedPeer {
  readonly publicKey: KeyObject
  /**
   * The common name of a certificate, or the SHA-256 of all of it in hexadecimal where that has none; of a raw public key
   * the SHA-256 of its SubjectPublicKeyInfo in hexadecimal.
   */
  readonly identity: string
  /** The common name, host names, URIs and addresses of a certificate: one of them may be the endpoint client name. */
  readonly names: readonly string[]
}
