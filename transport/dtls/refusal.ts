import { TransportError } from '../errors.ts'
import { type AlertCode, AlertDescription, alertName, DtlsError } from './alert.ts'

export type SecureProtocol = 'DTLS' | 'TLS'

/** What the alerts of a peer mean for the person who reads them (RFC 5246 §7.2.2, RFC 8446 §6.2, RFC 4279 §6). */
const hints: Readonly<Partial<Record<number, string>>> = {
  [AlertDescription.closeNotify]: 'it has closed the session before it began',
  [AlertDescription.handshakeFailure]: 'the two have no cipher suite in common, or it does not know the identity',
  [AlertDescription.insufficientSecurity]: 'it asks for stronger cipher suites',
  [AlertDescription.unknownPskIdentity]: 'it does not know the identity',
  [AlertDescription.decryptError]: 'its key for this identity is another one',
  [AlertDescription.badRecordMac]: 'its key for this identity is another one',
  [AlertDescription.accessDenied]: 'it does not let this client in',
  [AlertDescription.unrecognizedName]: 'it does not know the server name that was asked for',
  [AlertDescription.badCertificate]: 'it does not accept the certificate or public key of this end',
  [AlertDescription.certificateUnknown]: 'it does not accept the certificate or public key of this end',
  [AlertDescription.unsupportedCertificate]: 'it does not take certificates or public keys like that of this end',
  [AlertDescription.certificateRevoked]: 'the certificate of this end was revoked',
  [AlertDescription.certificateExpired]: 'it takes the certificate of this end for expired: do the two clocks agree?',
  [AlertDescription.certificateRequired]: 'it wants a certificate',
  [AlertDescription.unknownCa]: 'it does not know who issued the certificate of this end',
}

/** What they mean where the ends share no key. */
const certificateHints: typeof hints = {
  ...hints,
  [AlertDescription.handshakeFailure]: 'it wants a certificate or public key that it takes',
  [AlertDescription.decryptError]: 'a signature or the Finished message of this end does not fit',
}

/** The peer has ended the handshake with an alert. `isCertified`: the ends prove by certificates or public keys who they are. */
export function refusedByPeer(
  protocol: SecureProtocol,
  peerName: string,
  alertCode: number,
  isCertified: boolean,
): TransportError {
  const hint =
    alertCode === AlertDescription.protocolVersion
      ? `it does not speak ${protocol} 1.2`
      : (isCertified ? certificateHints : hints)[alertCode]
  const why = hint === undefined ? '' : `: ${hint}`
  const message = `${peerName} refused the ${protocol} handshake (${alertName(alertCode)})${why}`
  return new TransportError('HANDSHAKE', message, { alertCode, isAlertOfPeer: true })
}

/** This end has given up, for what the peer did or for what its own application threw. */
export function refusedHere(
  protocol: SecureProtocol,
  peerName: string,
  alertCode: AlertCode,
  error: unknown,
): TransportError {
  const why = error instanceof DtlsError ? error.message : 'the application could not say the key, sign or verify'
  const message = `the ${protocol} handshake with ${peerName} failed (${alertName(alertCode)}): ${why}`
  return new TransportError('HANDSHAKE', message, { cause: error, alertCode })
}

/** The peer has ended the session with an alert. */
export function brokenByPeer(protocol: SecureProtocol, peerName: string, alertCode: number): TransportError {
  const message = `${peerName} has ended the ${protocol} session (${alertName(alertCode)})`
  return new TransportError('CLOSED', message, { alertCode, isAlertOfPeer: true })
}
