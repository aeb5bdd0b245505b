import type { Clock } from '../transport/clock.ts'
import type { Network } from '../transport/connection.ts'
import { DtlsError } from '../transport/dtls/alert.ts'
import type { PskLookup, SigningKey } from '../transport/dtls/credentials.ts'
import { type PemOrDer, rpk, x509 } from '../transport/dtls/key-pair.ts'
import { listenDtls } from '../transport/dtls/listener.ts'
import type { DtlsServerOptions } from '../transport/dtls/parameters.ts'
import { identityFault, keyFault } from '../transport/dtls/psk-bounds.ts'
import { TransportError } from '../transport/errors.ts'
import type { Random } from '../transport/random.ts'
import { type ClientTrust, clientVerification } from './client-verification.ts'

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

/** Whom a server speaks DTLS with: clients that share a key with it, show a certificate, or a public key. */
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

export const securePort = 5684

/**
 * A network on which a server listens for DTLS. Throws TransportError INVALID_SECURITY for keys and certificates that are none,
 * or where nothing says which clients are to be trusted.
 */
export function securedNetwork(network: Network, security: ServerSecurity, clock: Clock, random: Random): Network {
  const options = dtlsOptions(security, clock, random)
  return {
    connect: (remote, connectOptions) => network.connect(remote, connectOptions),
    listen: (local, accept) => listenDtls(network, local, options, accept),
  }
}

function dtlsOptions(security: ServerSecurity, clock: Clock, random: Random): DtlsServerOptions {
  const { psk, certificates = [], keyPair, trustStore, rawKeys, clientName, checkEndpoint: _, ...others } = security
  const credentials = [
    ...certificates.map(({ certificate, key }, index) =>
      own(`\`certificates\` ${index + 1}`, () => x509({ chain: certificate, key })),
    ),
    ...(keyPair === undefined ? [] : [own('`keyPair`', () => rpk(keyPair))]),
  ]
  const trust = own('`trustStore` or `rawKeys`', () => clientVerification({ trustStore, rawKeys, clientName }, clock))
  const asksClients = credentials.length > 0 && security.clientCertificates !== 'none'
  if (asksClients && trust === undefined) {
    const remedy = "give `trustStore` or `rawKeys`, or ask them for nothing: clientCertificates: 'none'"
    throw new TransportError('INVALID_SECURITY', `nothing says which clients are to be trusted; ${remedy}`)
  }
  if (psk === undefined && credentials.length === 0) {
    throw new TransportError('INVALID_SECURITY', 'a server has to have `psk`, `certificates` or `keyPair`')
  }
  return {
    ...others,
    clock,
    random,
    ...(psk && { psk: typeof psk === 'function' ? psk : lookup(psk) }),
    ...(credentials.length > 0 && { credentials }),
    ...trust,
  }
}

/** What a server was given that is of no use is told at once. */
function own<T>(subject: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DtlsError || error instanceof RangeError)) throw error
    throw new TransportError('INVALID_SECURITY', `${subject}: ${error.message}`, { cause: error })
  }
}

function lookup(keys: Readonly<Record<string, Uint8Array>>): PskLookup {
  const byIdentity = new Map<string, Uint8Array>()
  for (const [identity, key] of Object.entries(keys)) {
    const bytes = Buffer.from(identity)
    const fault = identityFault(bytes) ?? keyFault(key)
    if (fault !== undefined) throw new TransportError('INVALID_SECURITY', `an identity or key of \`psk\` ${fault}`)
    // Latin-1 tells every sequence of bytes from every other.
    byIdentity.set(bytes.toString('latin1'), Uint8Array.from(key))
  }
  return identity => byIdentity.get(identity.toString('latin1'))
}
