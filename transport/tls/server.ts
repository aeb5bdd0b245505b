import { constants } from 'node:crypto'
import type { ServerOpts } from 'node:net'
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import { encodeFrame } from '../coap/frame.ts'
import { baseSettings, encodeAbort, encodeCsm } from '../coap/signaling.ts'
import type { Address } from '../connection.ts'
import { AlertDescription, DtlsError } from '../dtls/alert.ts'
import { PeerCache } from '../dtls/certificate/peer-cache.ts'
import { identityText } from '../dtls/credentials.ts'
import { identityFault, keyFault } from '../dtls/psk-bounds.ts'
import { refusedHere } from '../dtls/refusal.ts'
import { DuplexStream, type Proven, type StreamEnds } from '../duplex-stream.ts'
import { TransportError } from '../errors.ts'
import { localOf, remoteOf } from '../socket-address.ts'
import type { Stream } from '../stream.ts'
import type { TlsServerOptions } from '../tls-options.ts'
import { formatAddress } from '../uri.ts'
import { handshakeTimeoutMs } from './connect.ts'
import { applicationProtocols, commonContext, made, ownCertificates } from './context.ts'
import { handshakeFailure, sessionFailure } from './failure.ts'
import { shownChain } from './shown-chain.ts'
import { isSharedKeySuite, type SuiteProof, suiteSettings } from './suites.ts'

/** How long after its handshake a session can be resumed. */
const sessionLifetimeSeconds = 86_400

/** Clients whose certificates are remembered for the sessions that they resume. */
const maximumRemembered = 10_000

type AcceptSocket = (stream: Stream, socket: TLSSocket) => void

/**
 * The part of a server in TLS: `server` takes connections as any server of Node does, and each is accepted once its handshake
 * is over and its client verified.
 */
export class TlsAcceptor {
  readonly server: Server
  readonly #options: TlsServerOptions
  readonly #accept: AcceptSocket
  /** The identities that clients have claimed; they have proved them once the handshake is over. */
  readonly #claims = new WeakMap<TLSSocket, string>()
  /** What the application threw when it was asked for a key. */
  readonly #faults = new WeakMap<TLSSocket, unknown>()
  /** By the own certificate of a client: a session that is resumed has no other. */
  readonly #chains = new PeerCache<readonly Buffer[]>(maximumRemembered)

  /** Throws TransportError INVALID_SECURITY or NOT_SUPPORTED. */
  constructor(options: TlsServerOptions, socketOptions: ServerOpts, accept: AcceptSocket) {
    this.#options = options
    this.#accept = accept
    this.server = made(() => createServer({ ...socketOptions, ...this.#settings() }))
    this.server.on('secureConnection', socket => this.#established(socket))
    this.server.on('tlsClientError', (error, socket) => this.#failed(error, socket))
    const { keyLog } = options
    if (keyLog !== undefined) this.server.on('keylog', line => keyLog(line.toString().trimEnd()))
  }

  #settings(): TlsOptions {
    const { psk, credentials = [], verify, suites } = this.#options
    const proofs: SuiteProof[] = []
    if (psk !== undefined) proofs.push('sharedKey')
    if (credentials.length > 0) proofs.push('certificates')
    if (proofs.length === 0)
      throw new TransportError('INVALID_SECURITY', 'a server of TLS has to have keys or certificates')
    return {
      ...commonContext,
      ...ownCertificates(credentials),
      ...suiteSettings(proofs, suites),
      handshakeTimeout: handshakeTimeoutMs,
      sessionTimeout: sessionLifetimeSeconds,
      ALPNProtocols: applicationProtocols,
      // Our own verification decides.
      rejectUnauthorized: false,
      requestCert: credentials.length > 0 && verify !== undefined,
      ...(psk !== undefined && {
        // Of a session that is resumed Node does not tell the identity.
        secureOptions: commonContext.secureOptions | constants.SSL_OP_NO_TICKET,
        pskCallback: (socket, identity) => this.#keyOf(socket, identity),
      }),
    }
  }

  #keyOf(socket: TLSSocket, text: string): Uint8Array | null {
    const identity = Buffer.from(text)
    // Of several identities that are no UTF-8 Node makes the same text.
    if (text.includes('\ufffd') || identityFault(identity) !== undefined) return null
    try {
      const key = this.#options.psk?.(identity)
      if (key === undefined) return null
      const fault = keyFault(key)
      if (fault !== undefined) throw new RangeError(`the pre-shared key ${fault}`)
      this.#claims.set(socket, identityText(identity))
      return key
    } catch (error) {
      this.#faults.set(socket, error)
      return null
    }
  }

  #established(socket: TLSSocket): void {
    const ends = { local: localOf(socket), remote: remoteOf(socket) }
    let client: Proven | undefined
    try {
      client = this.#client(socket)
    } catch (error) {
      this.#refuse(socket, ends, error)
      return
    }
    this.#accept(new DuplexStream(socket, { ...ends, ...client }, sessionFailure), socket)
  }

  /** Who the client is; undefined where it need not say so. Throws DtlsError, or what the application throws. */
  #client(socket: TLSSocket): Proven | undefined {
    if (isSharedKeySuite(socket.getCipher().name)) {
      const identity = this.#claims.get(socket)
      if (identity === undefined)
        throw new DtlsError(AlertDescription.unknownPskIdentity, 'the client gave no identity')
      return { identity, proof: 'sharedKey' }
    }
    const { verify, requiresCertificate = true } = this.#options
    if (verify === undefined) return undefined
    const shown = shownChain(socket)
    const [own] = shown
    if (own === undefined) {
      if (!requiresCertificate) return undefined
      throw new DtlsError(AlertDescription.handshakeFailure, 'the client shows no certificate')
    }
    const chain = socket.isSessionReused() ? (this.#chains.find(own) ?? shown) : shown
    const { identity } = verify({ kind: 'x509', chain })
    this.#chains.keep(own, chain)
    return { identity, proof: 'ownKey' }
  }

  /** The handshake is over, so that there is no alert any more: CoAP tells the client why (RFC 8323 §5.6). */
  #refuse(socket: TLSSocket, ends: StreamEnds, error: unknown): void {
    const alert = error instanceof DtlsError ? error.alert : AlertDescription.internalError
    const refusal = refusedHere('TLS', nameOf(ends.remote), alert, error)
    const stream = new DuplexStream(socket, ends, sessionFailure)
    stream.send(encodeFrame(encodeCsm(baseSettings)))
    stream.send(
      encodeFrame(encodeAbort(error instanceof DtlsError ? error.message : 'the certificate was not verified')),
    )
    stream.close()
    this.#options.onFailure?.(refusal)
  }

  #failed(error: Error, socket: TLSSocket): void {
    const peerName = nameOf(remoteOf(socket))
    const fault = this.#faults.get(socket)
    const failure =
      fault === undefined
        ? handshakeFailure(error, { peerName, isCertified: !this.#claims.has(socket) })
        : refusedHere('TLS', peerName, AlertDescription.internalError, fault)
    socket.destroy()
    this.#options.onFailure?.(failure)
  }
}

/** A socket that is gone does not know any more who was there. */
function nameOf(remote: Address): string {
  return remote.host === '' ? 'a client' : formatAddress(remote)
}
