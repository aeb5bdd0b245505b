import type { MatchingType } from '../transport/dtls/certificate/matching.ts'
import { writePem } from '../transport/dtls/certificate/pem.ts'
import { ServerPublicKey } from '../transport/dtls/certificate/server-public-key.ts'
import type { CertificateUsage } from '../transport/dtls/certificate/verify.ts'
import type { SigningKey } from '../transport/dtls/credentials.ts'
import { bytesOf, x509 as credentialsOf, isPemOrDer, type PemOrDer, privateKeyDer } from '../transport/dtls/key-pair.ts'
import { checked } from './credential-fault.ts'

/** A certificate for the `security` of a server, as the Security object has it; {@link x509} makes it. */
export interface CertificateSecurity {
  readonly kind: 'x509'
  /** DER, or a chain in PEM, the own certificate first (/0/x/3). */
  readonly certificate: Uint8Array
  /** PKCS #8 in DER (/0/x/5), or what signs and stays where it is. */
  readonly key: Uint8Array | SigningKey
  /** /0/x/4; empty: the trust store of the client decides alone. */
  readonly serverCertificate: Uint8Array
  /** /0/x/15 */
  readonly usage?: CertificateUsage
  /** /0/x/13 */
  readonly matchingType?: MatchingType
}

export interface CertificateSecurityOptions {
  /** The certificate of the client in PEM or DER; with those that certify it as one PEM file or a list, the own one first. */
  readonly certificate: PemOrDer | readonly PemOrDer[]
  /** Its private key. A `KeyObject` or a function that signs stays out of the objects, and is never saved. */
  readonly key: PemOrDer | SigningKey
  /**
   * The certificate or public key that `usage` speaks of, in PEM or DER; its hash where `matchingType` says so. Without it
   * the trust store decides alone (`dtls.trustStore`).
   */
  readonly serverCertificate?: PemOrDer
  /**
   * What `serverCertificate` is (RFC 6698 §2.1.1): 3 the one certificate that the server shows, itself or self-signed; 2 the
   * authority that issued it; 1 as 3, 0 as 2, for a certificate that the trust store has to vouch for, too. Default 3.
   */
  readonly usage?: CertificateUsage
  /** How `serverCertificate` is given: 0 itself, 1 its SHA-256, 2 SHA-384, 3 SHA-512. Default 0. */
  readonly matchingType?: MatchingType
}

/** A certificate for the `security` of a server. Throws OptionsError for what cannot be read or does not belong together. */
export function x509(given: CertificateSecurityOptions): CertificateSecurity {
  const { certificate, key, serverCertificate, usage, matchingType } = given
  return checked('`x509`', () => {
    const { chain } = credentialsOf({ chain: certificate, key })
    const expected = serverCertificate === undefined ? new Uint8Array() : Uint8Array.from(bytesOf(serverCertificate))
    if (expected.length > 0) void new ServerPublicKey(expected, matchingType ?? 0).certificate
    return {
      kind: 'x509',
      certificate: asResource(chain),
      key: isPemOrDer(key) ? privateKeyDer(key) : key,
      serverCertificate: expected,
      ...(usage === undefined ? {} : { usage }),
      ...(matchingType === undefined ? {} : { matchingType }),
    }
  })
}

/** One certificate in DER, as LwM2M Core 1.2.2 §E.1 has it; several have no such form. */
function asResource(chain: readonly Uint8Array[]): Uint8Array {
  const [own] = chain
  if (own !== undefined && chain.length === 1) return own
  return Buffer.from(chain.map(der => writePem('CERTIFICATE', der)).join(''))
}
