import type { CertificateCredentials, PskCredentials, PskLookup, VerifyPeer } from './dtls/credentials.ts'
import type { TransportError } from './errors.ts'

/** How a client speaks TLS with a server. Holds secrets. */
export interface TlsClientOptions {
  /** What the client proves itself with. There are no raw public keys: node:tls has none. */
  readonly credentials: PskCredentials | CertificateCredentials
  /** Decides on the certificates of the server; needed unless both share a key. */
  readonly verify?: VerifyPeer
  /** The name to ask the server for (RFC 6066 §3). */
  readonly serverName?: string
  /** The cipher suites to offer, by their numbers and preference; those that OpenSSL lacks are left out. Default: all. */
  readonly suites?: readonly number[]
  /** A session of an earlier connection to resume, as `onSession` told it. Holds secrets. */
  readonly session?: Buffer
  /** Is told each session that can be resumed; with TLS 1.3 also later than the handshake, and more than one. */
  readonly onSession?: (session: Buffer) => void
  /** Is told the secrets of the session, lines in the format of NSS key logs. */
  readonly keyLog?: (line: string) => void
}

/** How a server speaks TLS with its clients. Holds secrets. */
export interface TlsServerOptions {
  /** The pre-shared key of an identity. */
  readonly psk?: PskLookup
  /** What the server shows, by preference. */
  readonly credentials?: readonly CertificateCredentials[]
  /** Decides on the certificates of clients; absent: none is asked for. */
  readonly verify?: VerifyPeer
  /** Whether a client has to show a certificate. Default true where `verify` is given. */
  readonly requiresCertificate?: boolean
  readonly suites?: readonly number[]
  readonly keyLog?: (line: string) => void
  /** A handshake has failed. */
  readonly onFailure?: (error: TransportError) => void
}
