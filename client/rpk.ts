import type { MatchingType } from '../transport/dtls/certificate/matching.ts'
import { readExpectedKey } from '../transport/dtls/certificate/raw-key.ts'
import type { SigningKey } from '../transport/dtls/credentials.ts'
import { bytesOf, rpk as credentialsOf, isPemOrDer, type PemOrDer, privateKeyDer } from '../transport/dtls/key-pair.ts'
import { checked } from './credential-fault.ts'

/** Raw public keys for the `security` of a server, as the Security object has them; {@link rpk} makes it. */
export interface RawKeySecurity {
  readonly kind: 'rpk'
  /** SubjectPublicKeyInfo in DER (/0/x/3). */
  readonly publicKey: Uint8Array
  /** PKCS #8 in DER (/0/x/5), or what signs and stays where it is. */
  readonly key: Uint8Array | SigningKey
  /** SubjectPublicKeyInfo in DER, or its hash (/0/x/4). */
  readonly serverPublicKey: Uint8Array
  /** /0/x/13 */
  readonly matchingType?: MatchingType
}

export interface RawKeySecurityOptions {
  /** The private key of the client in PEM or DER. A `KeyObject` or a function that signs stays out of the objects, and is never saved. */
  readonly key: PemOrDer | SigningKey
  /** A SubjectPublicKeyInfo in PEM or DER. Default: that of `key`, where it is no function. */
  readonly publicKey?: PemOrDer
  /** The key of the server as `publicKey`; its hash where `matchingType` says so. */
  readonly serverPublicKey: PemOrDer
  /** How `serverPublicKey` is given: 0 itself, 1 its SHA-256, 2 SHA-384, 3 SHA-512. Default 0. */
  readonly matchingType?: MatchingType
}

/** What to do instead: node:tls does not know RFC 7250. */
export const noRawKeysOverTls = 'there are no raw public keys over TLS; use psk or x509, or coaps:// over UDP'

/**
 * Raw public keys (RFC 7250) of P-256 for the `security` of a server. Throws OptionsError for what cannot be read or does not
 * belong together.
 */
export function rpk(given: RawKeySecurityOptions): RawKeySecurity {
  const { key, serverPublicKey, matchingType } = given
  return checked('`rpk`', () => {
    const { publicKey } = credentialsOf(given)
    return {
      kind: 'rpk',
      publicKey,
      key: isPemOrDer(key) ? privateKeyDer(key) : key,
      serverPublicKey: readExpectedKey(bytesOf(serverPublicKey), matchingType),
      ...(matchingType === undefined ? {} : { matchingType }),
    }
  })
}
