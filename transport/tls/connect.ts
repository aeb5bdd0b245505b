import { isUtf8 } from 'node:buffer'
import type { Duplex } from 'node:stream'
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls'
import { type AttemptLimits, attempt } from '../attempt.ts'
import { AlertDescription, DtlsError } from '../dtls/alert.ts'
import { type PskCredentials, requestKey } from '../dtls/credentials.ts'
import { identityFault, keyFault } from '../dtls/psk-bounds.ts'
import { refusedHere } from '../dtls/refusal.ts'
import { DuplexStream, type Proven, type StreamEnds } from '../duplex-stream.ts'
import { TransportError } from '../errors.ts'
import type { Stream } from '../stream.ts'
import type { TlsClientOptions } from '../tls-options.ts'
import { formatAddress } from '../uri.ts'
import { applicationProtocols, commonContext, made, ownCertificates } from './context.ts'
import { closedInHandshake, handshakeFailure, lateHandshake, sessionFailure } from './failure.ts'
import { shownChain } from './shown-chain.ts'
import { suiteSettings } from './suites.ts'

/** How long a server may take for its part of the handshake. */
export const handshakeTimeoutMs = 30_000

/** What node:tls is told for a client. Holds secrets. */
export interface TlsClient {
  readonly options: TlsClientOptions
  readonly settings: ConnectionOptions
}

/**
 * Makes ready for handshakes as a client; asks for a key that is kept elsewhere. Rejects with TransportError NOT_SUPPORTED or
 * INVALID_SECURITY.
 */
export async function tlsClient(options: TlsClientOptions): Promise<TlsClient> {
  const { credentials, suites, serverName, session } = options
  const own = credentials.kind === 'psk' ? await pskSettings(credentials, suites) : certificateSettings(options)
  const settings = {
    ...own,
    ALPNProtocols: applicationProtocols,
    // Our own verification decides.
    rejectUnauthorized: false,
    ...(serverName !== undefined && { servername: serverName }),
    ...(session !== undefined && { session }),
  }
  return { options, settings }
}

async function pskSettings(
  credentials: PskCredentials,
  suites: TlsClientOptions['suites'],
): Promise<ConnectionOptions> {
  const { identity: bytes } = credentials
  // Node takes it as text, and OpenSSL up to the first zero.
  if (!isUtf8(bytes) || bytes.includes(0)) throw invalid('the identity', 'is no text, which it has to be over TLS')
  refuse('the identity', identityFault(bytes))
  const key = await requestKey(credentials)
  refuse('the pre-shared key', keyFault(key))
  const identity = Buffer.from(bytes).toString()
  return {
    secureContext: secureContext(suiteSettings(['sharedKey'], suites)),
    pskCallback: () => ({ psk: key, identity }),
  }
}

function certificateSettings({ credentials, verify, suites }: TlsClientOptions): ConnectionOptions {
  if (verify === undefined) throw invalid('the server', 'shows a certificate, and nothing says which is to be trusted')
  if (credentials.kind !== 'x509') throw new TransportError('NOT_SUPPORTED', 'over TLS there are psk and x509 only')
  return {
    secureContext: secureContext({
      ...ownCertificates([credentials]),
      ...suiteSettings(['certificates'], suites),
    }),
  }
}

function secureContext(options: SecureContextOptions): SecureContext {
  return made(() => createSecureContext({ ...commonContext, ...options }))
}

function refuse(subject: string, fault: string | undefined): void {
  if (fault !== undefined) throw invalid(subject, fault)
}

function invalid(subject: string, fault: string): TransportError {
  return new TransportError('INVALID_SECURITY', `${subject} ${fault}`)
}

/**
 * Begins a TLS session over a connection to a server, which belongs to it from then on: closed when the handshake fails, too.
 * No byte is sent in it before the server is verified, or known from the session that is resumed. Rejects with TransportError
 * HANDSHAKE (`alertCode`: the alert that ended it), TIMEOUT, or CLOSED when `signal` gives it up.
 */
export function connectTls(
  duplex: Duplex,
  { options, settings }: TlsClient,
  ends: Pick<StreamEnds, 'local' | 'remote'>,
  { signal, clock }: Partial<Pick<AttemptLimits, 'signal' | 'clock'>> = {},
): Promise<Stream> {
  const { credentials, onSession, keyLog } = options
  const peerName = formatAddress(ends.remote)
  const late = () => lateHandshake(peerName)
  return attempt({ timeoutMs: handshakeTimeoutMs, late, signal, clock }, (done, failed) => {
    const socket = connect({ ...settings, socket: duplex })
    const release = () => {
      socket.destroy()
      duplex.destroy()
    }
    let isTrusted = false
    /** A session is of use only if its server is trusted: the next handshake does not verify it. */
    let early: Buffer | undefined
    socket.on('session', session => {
      if (isTrusted) onSession?.(session)
      else early = session
    })
    if (keyLog !== undefined) socket.on('keylog', line => keyLog(line.toString().trimEnd()))
    socket.on('error', error => {
      failed(handshakeFailure(error, { peerName, isCertified: credentials.kind === 'x509' }))
      release()
    })
    socket.once('close', () => failed(closedInHandshake(peerName)))
    socket.once('secureConnect', () => {
      let server: Proven | undefined
      try {
        server = verifiedServer(socket, options)
      } catch (error) {
        const alert = error instanceof DtlsError ? error.alert : AlertDescription.internalError
        failed(refusedHere('TLS', peerName, alert, error))
        release()
        return
      }
      isTrusted = true
      done(new DuplexStream(socket, { ...ends, ...server }, sessionFailure, clock))
      if (early !== undefined) onSession?.(early)
    })
    return release
  })
}

/** Who the server is; undefined where a key that both share says so, or the session that is resumed. */
function verifiedServer(socket: TLSSocket, { credentials, verify }: TlsClientOptions): Proven | undefined {
  if (credentials.kind === 'psk' || verify === undefined || socket.isSessionReused()) return undefined
  const chain = shownChain(socket)
  if (chain.length === 0) throw new DtlsError(AlertDescription.badCertificate, 'the server shows no certificate')
  return { identity: verify({ kind: 'x509', chain }).identity, proof: 'ownKey' }
}
