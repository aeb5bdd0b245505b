import { readTrustStore } from '../transport/dtls/certificate/trust-store.ts'
import { checked } from './credential-fault.ts'
import { OptionsError } from './options-error.ts'

/**
 * How the client speaks DTLS with the servers that it reaches by `coaps://`, and TLS by `coaps+tcp://`: for that `trustStore`,
 * `sessionKey` and `keyLog` count as well.
 */
export interface ClientDtlsOptions {
  /**
   * Bytes of the Connection ID by which servers are to find this client, 0 to 20 (RFC 9146). Default 0: it needs none of its own,
   * but takes the one of a server that gives one, so that a session outlives a change of address.
   */
  readonly connectionIdLength?: number
  /** Bytes that a datagram of a handshake may have, 256 to 16384. Default 1200. */
  readonly mtuBytes?: number
  /** The wait before the first retransmission of a handshake, milliseconds; doubled with each. Default 1000 (RFC 6347 §4.2.4.1). */
  readonly initialTimeoutMs?: number
  /** The longest of these waits, milliseconds. Default 60,000. */
  readonly maximumTimeoutMs?: number
  /** How often a message of a handshake is sent before the server counts as silent, 1 to 20. Default 6, a minute. */
  readonly maximumTransmissions?: number
  /**
   * The authorities that may vouch for servers with certificates: each entry one certificate in DER or any number in PEM, not
   * changed afterwards. Default: none, so that a server has to be known by its Security instance (/0/x/4).
   */
  readonly trustStore?: readonly Uint8Array[]
  /**
   * Keeps sessions over a restart, so that the next handshake is short: 32 random bytes, with which they are encrypted in the
   * saved state. Without it, or without `persistence`, no session is kept.
   */
  readonly sessionKey?: Uint8Array
  /** Is told the secrets of each session, one line in the format of NSS key logs: whoever has them can read what was sent. */
  readonly keyLog?: (line: string) => void
}

const sessionKeyBytes = 32

/** Throws OptionsError. */
export function checkDtlsOptions(options: ClientDtlsOptions): void {
  checkWhole('connectionIdLength', options.connectionIdLength, 0, 20)
  checkWhole('mtuBytes', options.mtuBytes, 256, 16_384)
  checkWhole('initialTimeoutMs', options.initialTimeoutMs, 1, 3_600_000)
  checkWhole('maximumTimeoutMs', options.maximumTimeoutMs, 1, 3_600_000)
  checkWhole('maximumTransmissions', options.maximumTransmissions, 1, 20)
  const { sessionKey, trustStore } = options
  if (trustStore !== undefined) checked('`dtls.trustStore`', () => readTrustStore(trustStore))
  if (sessionKey !== undefined && sessionKey.length !== sessionKeyBytes) {
    throw new OptionsError(`\`dtls.sessionKey\` must have ${sessionKeyBytes} bytes`)
  }
}

function checkWhole(name: string, value: number | undefined, minimum: number, maximum: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= minimum && value <= maximum)) return
  throw new OptionsError(`\`dtls.${name}\` is no whole number from ${minimum} to ${maximum}`)
}
