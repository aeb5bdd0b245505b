import { DtlsError } from '../transport/dtls/alert.ts'
import type { CertificateCredentials, PskLookup, SigningKey } from '../transport/dtls/credentials.ts'
import { type PemOrDer, x509 } from '../transport/dtls/key-pair.ts'
import type { DtlsServerOptions } from '../transport/dtls/parameters.ts'
import { identityFault, keyFault } from '../transport/dtls/psk-bounds.ts'
import { TransportError } from '../transport/errors.ts'
import type { ClientTrust } from './client-verification.ts'

/** A certificate that a server shows. */
export interface ServerCertificate {
  /** In PEM or DER; with those that certify it as one PEM file or a list, the own one first. */
  readonly certificate: PemOrDer | readonly PemOrDer[]
  /** In PEM or DER, or what signs with it. */
  readonly key: PemOrDer | SigningKey
}

/** A key that a server shows without a certificate (RFC 7250). */
export interface ServerKeyPair {
  /** A SubjectPublicKeyInfo in PEM or DER. Default: that of `key`, where it is no function. */
  readonly publicKey?: PemOrDer
  readonly key: PemOrDer | SigningKey
}

type Replaced = 'clock' | 'random' | 'psk' | 'credentials' | 'verify' | 'peerCertificateTypes'

/**
 * Whom a server speaks DTLS or TLS with: clients that share a key with it, show a certificate, or a public key. TLS has no raw
 * public keys: `keyPair` and `rawKeys` are for UDP alone, and so is what {@link DtlsServerOptions} says of hints, authorities,
 * sessions, tickets, Connection IDs and retransmissions.
 */
export interface ServerSecurity extends Omit<DtlsServerOptions, Replaced>, ClientTrust {
  /** The pre-shared keys by their identities, 1 to 128 bytes of UTF-8 and 1 to 64 bytes; or what knows that of an identity. */
  readonly psk?: Readonly<Record<string, Uint8Array>> | PskLookup
  /** What the server shows to clients that ask for certificates, by preference. */
  readonly certificates?: readonly ServerCertificate[]
  /** What it shows to clients that ask for a raw public key. */
  readonly keyPair?: ServerKeyPair
  /**
   * Whether a client that has proved its name by a certificate or key of its own may register, and bootstrap, under that name
   * alone. Default true. The identity of a pre-shared key is no endpoint name, and is not compared with it.
   */
  readonly checkEndpoint?: boolean
}

/** The keys of clients. Throws TransportError INVALID_SECURITY for one that is none. */
export function readPsk(psk: NonNullable<ServerSecurity['psk']>): PskLookup {
  if (typeof psk === 'function') return psk
  const byIdentity = new Map<string, Uint8Array>()
  for (const [identity, key] of Object.entries(psk)) {
    const bytes = Buffer.from(identity)
    const fault = identityFault(bytes) ?? keyFault(key)
    if (fault !== undefined) throw invalidSecurity(`an identity or key of \`psk\` ${fault}`)
    // Latin-1 tells every sequence of bytes from every other.
    byIdentity.set(bytes.toString('latin1'), Uint8Array.from(key))
  }
  return identity => byIdentity.get(identity.toString('latin1'))
}

/** What the server shows. Throws TransportError INVALID_SECURITY. */
export function readCertificates({ certificates = [] }: ServerSecurity): CertificateCredentials[] {
  return certificates.map(({ certificate, key }, index) =>
    checked(`\`certificates\` ${index + 1}`, () => x509({ chain: certificate, key })),
  )
}

/** What a server was given that is of no use is told at once. Throws TransportError INVALID_SECURITY. */
export function checked<T>(subject: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DtlsError || error instanceof RangeError)) throw error
    throw invalidSecurity(`${subject}: ${error.message}`, error)
  }
}

/** There is nobody that a server asks for certificates and could let in. */
export function nobodyTrusted(remedy: string): TransportError {
  const orNothing = "or ask them for nothing: clientCertificates: 'none'"
  return invalidSecurity(`nothing says which clients are to be trusted; give ${remedy}, ${orNothing}`)
}

export function invalidSecurity(message: string, cause?: Error): TransportError {
  return new TransportError('INVALID_SECURITY', message, cause && { cause })
}
