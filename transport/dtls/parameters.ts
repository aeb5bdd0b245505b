import type { Clock } from '../clock.ts'
import type { TransportError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { CertificateType, Credentials, KeyPairCredentials, PskLookup, VerifyPeer } from './credentials.ts'
import type { ResumableSession } from './resumable-session.ts'

/** Transmission parameters and bounds of a handshake. Times in milliseconds, sizes in bytes. */
export interface DtlsParameters {
  /** The first wait for an answer to a flight, doubled with each retransmission (RFC 6347 §4.2.4.1). Default 1,000. */
  readonly initialTimeoutMs: number
  /** What the wait grows to. Default 60,000. */
  readonly maximumTimeoutMs: number
  /** How often a flight is sent before the peer counts as silent. Default 6: after 63 s. */
  readonly maximumTransmissions: number
  /** Largest datagram of a handshake; longer messages are fragmented. Default 1,200. */
  readonly mtuBytes: number
  /** Largest handshake message accepted. Default 16,384. */
  readonly maximumMessageBytes: number
}

export const defaultDtlsParameters: DtlsParameters = {
  initialTimeoutMs: 1_000,
  maximumTimeoutMs: 60_000,
  maximumTransmissions: 6,
  mtuBytes: 1_200,
  maximumMessageBytes: 16_384,
}

/** What both roles are given. */
export interface DtlsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly parameters?: Partial<DtlsParameters>
  /** Ids of the suites allowed, by preference; those that the engine does not know are passed over. Default: all. */
  readonly suites?: readonly number[]
  /**
   * The own Connection ID (RFC 9146), 0–255 bytes: as many random ones, 0 to use only that of the peer.
   * Absent: the extension is not used.
   */
  readonly connectionIdLength?: number
  /** Decides whether a certificate or raw public key of the peer is to be trusted. Default: none is. */
  readonly verify?: VerifyPeer
  /**
   * The forms of certificates that {@link verify} knows, by preference (RFC 7250). Default: those of the own credentials.
   */
  readonly peerCertificateTypes?: readonly CertificateType[]
  /** Is given each session's line of an NSS key log. It exposes the session: for debugging only. */
  readonly keyLog?: (line: string) => void
}

export interface DtlsClientOptions extends DtlsOptions {
  /** What kind they are decides which suites are offered. */
  readonly credentials: Credentials
  /** server_name (RFC 6066 §3): a host name, not an address. */
  readonly serverName?: string
  /** A session to be resumed; the handshake is a full one where the server does not want it. */
  readonly session?: ResumableSession
}

export interface DtlsServerOptions extends DtlsOptions {
  /** The keys of clients that share one with the server. Default: none does. */
  readonly psk?: PskLookup
  /** What the server shows of itself to other clients, by preference. Default: nothing, so only pre-shared keys count. */
  readonly credentials?: readonly KeyPairCredentials[]
  /** Whether clients that share no key have to show a certificate or raw public key. Default: `required`. */
  readonly clientCertificates?: 'none' | 'optional' | 'required'
  /** The distinguished names, DER, of the authorities whose certificates are asked for. Default: any will do. */
  readonly clientAuthorities?: readonly Uint8Array[]
  /** Is told, in one line, why a handshake or a session ended that its client did not close. */
  readonly onFailure?: (error: TransportError) => void
  /** Tells clients which identity to use (RFC 4279 §5.2). Default: no hint. */
  readonly identityHint?: string
  /** Sessions kept for resumption by id; the least recently used are forgotten first. Default 100,000. */
  readonly maximumSessions?: number
  /** Handshakes that may go on at once. Default 10,000. */
  readonly maximumHandshakes?: number
  /** How long after its full handshake a session can be resumed. Default 86,400. */
  readonly sessionLifetimeSeconds?: number
  /** Whether clients that ask for one get a ticket (RFC 5077). Default true. */
  readonly tickets?: boolean
}
