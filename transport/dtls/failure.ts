import { TransportError } from '../errors.ts'
import { type AlertCode, AlertDescription, alertName, DtlsError } from './alert.ts'
import type { HandshakeStage } from './handshake.ts'
import * as refusal from './refusal.ts'
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

/** A client whose Finished cannot be read. With certificates, only what was altered or badly made makes its keys differ. */
export function otherKeys(suite: CipherSuite | undefined): DtlsError {
  const why = isCertified(suite) ? 'the handshake may have been altered on its way' : 'its pre-shared key is not ours'
  return new DtlsError(AlertDescription.decryptError, `the client has other keys: ${why}`)
}

export function refusedByPeer({ peerName, suite }: FailureContext, alertCode: number): TransportError {
  return refusal.refusedByPeer('DTLS', peerName, alertCode, isCertified(suite))
}

export function refusedHere({ peerName }: FailureContext, alertCode: AlertCode, error: unknown): TransportError {
  return refusal.refusedHere('DTLS', peerName, alertCode, error)
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
  return refusal.brokenByPeer('DTLS', peerName, alertCode)
}

/** Whether the ends prove by certificates or public keys who they are. */
function isCertified(suite: CipherSuite | undefined): boolean {
  return suite !== undefined && serverKeyType(suite) !== undefined
}
