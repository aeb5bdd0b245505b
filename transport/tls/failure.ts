import type { Address } from '../connection.ts'
import { type AlertCode, AlertDescription, DtlsError } from '../dtls/alert.ts'
import { brokenByPeer, refusedByPeer, refusedHere } from '../dtls/refusal.ts'
import { TransportError } from '../errors.ts'
import { isLoss, streamError } from '../stream-error.ts'
import { formatAddress } from '../uri.ts'

/** Whose handshake it was. */
export interface TlsFailureContext {
  readonly peerName: string
  /** Whether the ends prove by certificates who they are. */
  readonly isCertified: boolean
}

type Fault = readonly [alert: AlertCode, found: string]

/** What it means where OpenSSL finds a fault at this end. */
const faults: ReadonlyMap<string | undefined, Fault> = new Map<string, Fault>([
  ['ERR_SSL_NO_SHARED_CIPHER', [AlertDescription.handshakeFailure, 'the two have no cipher suite in common']],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', [AlertDescription.protocolVersion, 'it does not speak TLS 1.2']],
  ['ERR_SSL_WRONG_VERSION_NUMBER', [AlertDescription.protocolVersion, 'what it says is no TLS']],
  [
    'ERR_SSL_PSK_IDENTITY_NOT_FOUND',
    [AlertDescription.unknownPskIdentity, 'nobody is known by the identity of the client'],
  ],
  ['ERR_SSL_NO_APPLICATION_PROTOCOL', [AlertDescription.noApplicationProtocol, 'it does not ask for CoAP']],
])

/** How OpenSSL says, by the kind of the suite, that a record does not open with the keys. */
const wrongKeys: ReadonlySet<string | undefined> = new Set([
  'ERR_SSL_CIPHER_OPERATION_FAILED',
  'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
  'ERR_SSL_BAD_DECRYPT',
])
const wrongKey: Fault = [AlertDescription.badRecordMac, 'its key for this identity is another one']

/** Why a handshake has failed, by the error that node:tls tells. */
export function handshakeFailure(error: Error, { peerName, isCertified }: TlsFailureContext): TransportError {
  const alertCode = alertOf(error)
  if (alertCode !== undefined) return refusedByPeer('TLS', peerName, alertCode, isCertified)
  const { code } = error as NodeJS.ErrnoException
  const fault = faults.get(code) ?? (!isCertified && wrongKeys.has(code) ? wrongKey : undefined)
  if (fault !== undefined) return refusedHere('TLS', peerName, fault[0], new DtlsError(...fault, { cause: error }))
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return lateHandshake(peerName)
  if (isLoss(error)) return closedInHandshake(peerName, error)
  const message = `the TLS handshake with ${peerName} failed: ${reasonOf(error)}`
  return new TransportError('HANDSHAKE', message, { cause: error })
}

export function closedInHandshake(peerName: string, cause?: Error): TransportError {
  return new TransportError('HANDSHAKE', `${peerName} has closed the connection in the TLS handshake`, { cause })
}

export function lateHandshake(peerName: string): TransportError {
  return new TransportError('TIMEOUT', `${peerName} does not finish the TLS handshake`)
}

/** What the error of a session means that was established. */
export function sessionFailure(error: Error, remote: Address): TransportError {
  const alertCode = alertOf(error)
  if (alertCode !== undefined) return brokenByPeer('TLS', formatAddress(remote), alertCode)
  if (!isOpenssl(error)) return streamError(error, remote)
  const message = `the TLS session with ${formatAddress(remote)} is over: ${reasonOf(error)}`
  return new TransportError('CLOSED', message, { cause: error })
}

function isOpenssl({ code }: NodeJS.ErrnoException): boolean {
  return code?.startsWith('ERR_SSL_') === true
}

/** The alert that the peer has sent: OpenSSL tells its number in its message alone. */
function alertOf(error: Error): number | undefined {
  const number = isOpenssl(error) ? /SSL alert number (\d+)/.exec(error.message)?.[1] : undefined
  return number === undefined ? undefined : Number(number)
}

/** In words of OpenSSL or Node, which hold nothing of this session. */
export function reasonOf(error: Error & { readonly reason?: string; readonly code?: string }): string {
  return error.reason ?? error.code ?? 'the reason is unknown'
}
