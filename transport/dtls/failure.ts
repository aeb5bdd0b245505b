import { TransportError } from '../errors.ts'
import { type AlertCode, AlertDescription, alertName, DtlsError } from './alert.ts'
import type { HandshakeStage } from './handshake.ts'
import { type CipherSuite, serverKeyType } from './suites.ts'

/** Whose handshake it was and how far it had come. */
export interface FailureContext {
  readonly role: 'client' | 'server'
  readonly peerName: string
  readonly stage: HandshakeStage
  /** Undefined before the hellos have settled it. */
  readonly suite: CipherSuite | undefined
}

/** What it may mean that nothing follows, by what was awaited of a server. */
const silences: Readonly<Record<Exclude<HandshakeStage, 'finished'>, string>> = {
  hello: 'does not answer the DTLS handshake: is it there, and on that port?',
  cookie: 'asked for a cookie and then fell silent: the two may have no cipher suite in common',
  keys: 'fell silent in the middle of the DTLS handshake',
}

function unfinished(suite: CipherSuite | undefined): string {
  const doubt = isCertified(suite)
    ? 'it may not accept what this end has shown'
    : 'its key for this identity may be another one'
  return `did not finish the DTLS handshake; ${doubt}`
}

/** Nobody has answered for a minute. */
export function silent({ role, peerName, stage, suite }: FailureContext): TransportError {
  if (role === 'server') return new TransportError('TIMEOUT', `${peerName} fell silent in the DTLS handshake`)
  // A server that keeps its part of the handshake and then says no more has refused, in its way.
  if (stage === 'finished') return new TransportError('HANDSHAKE', `${peerName} ${unfinished(suite)}`)
  return new TransportError('TIMEOUT', `${peerName} ${silences[stage]}`)
}

/** What the alerts of a peer mean for the person who reads them (RFC 5246 §7.2.2, RFC 4279 §6). */
const hints: Readonly<Partial<Record<number, string>>> = {
  [AlertDescription.closeNotify]: 'it has closed the session before it began',
  [AlertDescription.handshakeFailure]: 'the two have no cipher suite in common, or it does not know the identity',
  [AlertDescription.insufficientSecurity]: 'it asks for stronger cipher suites',
  [AlertDescription.protocolVersion]: 'it does not speak DTLS 1.2',
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
  [AlertDescription.unknownCa]: 'it does not know who issued the certificate of this end',
}

/** What they mean where the ends share no key. */
const certificateHints: typeof hints = {
  ...hints,
  [AlertDescription.handshakeFailure]: 'it wants a certificate or public key that it takes',
  [AlertDescription.decryptError]: 'a signature or the Finished message of this end does not fit',
}

/** A client whose Finished cannot be read. With certificates, only what was altered or badly made makes its keys differ. */
export function otherKeys(suite: CipherSuite | undefined): DtlsError {
  const why = isCertified(suite) ? 'the handshake may have been altered on its way' : 'its pre-shared key is not ours'
  return new DtlsError(AlertDescription.decryptError, `the client has other keys: ${why}`)
}

export function refusedByPeer({ peerName, suite }: FailureContext, alertCode: number): TransportError {
  const hint = (isCertified(suite) ? certificateHints : hints)[alertCode]
  const why = hint === undefined ? '' : `: ${hint}`
  const message = `${peerName} refused the DTLS handshake (${alertName(alertCode)})${why}`
  return new TransportError('HANDSHAKE', message, { alertCode, isAlertOfPeer: true })
}

/** This end has given up, for what the peer did or for what its own application threw. */
export function refusedHere({ peerName }: FailureContext, alertCode: AlertCode, error: unknown): TransportError {
  const why = error instanceof DtlsError ? error.message : 'the application could not say the key, sign or verify'
  const message = `the DTLS handshake with ${peerName} failed (${alertName(alertCode)}): ${why}`
  return new TransportError('HANDSHAKE', message, { cause: error, alertCode })
}

/** This end cannot go on: what the peer sent under the keys is malformed, or the sequence numbers are used up. */
export function brokenHere({ peerName }: FailureContext, alertCode: AlertCode, error: unknown): TransportError {
  const why = error instanceof DtlsError ? `: ${error.message}` : ''
  const message = `the DTLS session with ${peerName} is over (${alertName(alertCode)})${why}`
  return new TransportError('CLOSED', message, { cause: error, alertCode })
}

export function closedByPeer({ peerName }: FailureContext): TransportError {
  return new TransportError('CLOSED', `${peerName} has closed the DTLS session`)
}

export function brokenByPeer({ peerName }: FailureContext, alertCode: number): TransportError {
  return new TransportError('CLOSED', `${peerName} has ended the DTLS session (${alertName(alertCode)})`, {
    alertCode,
    isAlertOfPeer: true,
  })
}

/** Whether the ends prove by certificates or public keys who they are. */
function isCertified(suite: CipherSuite | undefined): boolean {
  return suite !== undefined && serverKeyType(suite) !== undefined
}
