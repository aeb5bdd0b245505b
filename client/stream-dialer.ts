import { CoapStream } from '../transport/coap/coap-stream.ts'
import { defaultParameters } from '../transport/coap/parameters.ts'
import { closedError, TransportError } from '../transport/errors.ts'
import { seal, unseal } from '../transport/sealing.ts'
import type { Stream, StreamNetwork } from '../transport/stream.ts'
import type { TlsClientOptions } from '../transport/tls-options.ts'
import { formatServerUri, type ServerUri } from '../transport/uri.ts'
import type { DialingEnvironment } from './connection-environment.ts'
import type { Destination, DestinationSecurity } from './destination.ts'
import { KeptSession } from './kept-session.ts'
import { noRawKeysOverTls } from './rpk.ts'
import type { SavedServer } from './saved-state.ts'

type SavedStreamDialer = Pick<SavedServer, 'tlsSession'>

/**
 * Opens the connections to one server over TCP, up to where both ends know each other's settings (RFC 8323 §5.3), and keeps the
 * TLS session for the next handshake.
 */
export class StreamDialer {
  readonly #environment: DialingEnvironment
  readonly #kept: KeptSession<Buffer>
  #attempt = 0
  /** Ends what is under way. */
  #opening: AbortController | undefined

  /** `owner` tells whose the sessions are that are saved. */
  constructor(owner: string, environment: DialingEnvironment) {
    this.#environment = environment
    this.#kept = new KeptSession({ seal, unseal }, owner, environment.dtls.sessionKey, environment.random)
  }

  /**
   * Opens a connection. Rejects with TransportError NOT_SUPPORTED without streams in the network, and for raw public keys; as
   * `StreamNetwork.connect`, as `CoapStream.open`, with CLOSED after {@link hangUp}.
   */
  async open({ uri, security }: Destination): Promise<CoapStream> {
    const { clock, coap, trace, network } = this.#environment
    const { streams } = network
    if (streams === undefined) {
      throw new TransportError('NOT_SUPPORTED', `${formatServerUri(uri)}: this network has no streams`)
    }
    this.#opening = new AbortController()
    const { signal } = this.#opening
    const stream = await this.#connect(streams, uri, security, signal)
    if (signal.aborted) {
      stream.close()
      throw closedError()
    }
    return CoapStream.open(stream, { clock, parameters: { ...defaultParameters, ...coap }, trace, signal })
  }

  /** Gives up the connection that is being opened, if there is one. */
  hangUp(): void {
    this.#opening?.abort()
  }

  /** The session has ended for a fault, and so must not be resumed. */
  forget(): void {
    this.#kept.forget()
  }

  /** What is to be known after a restart. */
  save(): SavedStreamDialer {
    const { sealed } = this.#kept
    return sealed === undefined ? {} : { tlsSession: sealed }
  }

  restore({ tlsSession }: SavedStreamDialer): void {
    this.#kept.restore(tlsSession)
  }

  async #connect(
    streams: StreamNetwork,
    uri: ServerUri,
    security: DestinationSecurity | undefined,
    signal: AbortSignal,
  ): Promise<Stream> {
    const options = { attempt: this.#attempt++, signal }
    if (security === undefined) return streams.connect(uri, options)
    try {
      return await streams.connect(uri, { ...options, tls: this.#tls(uri, security) })
    } catch (error) {
      // It may be the session that the server stumbles over.
      if (error instanceof TransportError && error.code === 'HANDSHAKE') this.#kept.forget()
      throw error
    }
  }

  #tls(uri: ServerUri, security: DestinationSecurity): TlsClientOptions {
    const { credentials, verify, serverName, suites, fingerprint: agreedWith } = security
    if (credentials.kind !== 'psk' && credentials.kind !== 'x509') {
      throw new TransportError('NOT_SUPPORTED', `${formatServerUri(uri)}: ${noRawKeysOverTls}`)
    }
    const { dtls, onKeptChanged } = this.#environment
    const session = this.#kept.find(agreedWith)
    return {
      credentials,
      ...(verify && { verify }),
      ...(serverName === undefined ? {} : { serverName }),
      ...(suites.length === 0 ? {} : { suites }),
      ...(session && { session }),
      onSession: newest => {
        this.#kept.keep(newest, agreedWith)
        if (dtls.sessionKey !== undefined) onKeptChanged()
      },
      ...(dtls.keyLog && { keyLog: dtls.keyLog }),
    }
  }
}
