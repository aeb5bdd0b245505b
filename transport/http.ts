import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { Address } from './address.ts'
import { readCertificates, writePem } from './dtls/certificate/pem.ts'
import { closedError, TransportError } from './errors.ts'
import { socketError } from './socket-error.ts'
import { closedByPeer, isLoss } from './stream-error.ts'
import { handshakeFailure } from './tls/failure.ts'
import { formatAddress } from './uri.ts'

export interface HttpGetOptions {
  readonly headers: Readonly<Record<string, string>>
  /** The authorities that may vouch for a server of `https`, certificates in DER or PEM. Default: those of Node. */
  readonly trustStore?: readonly Uint8Array[] | undefined
  /** Gives it up, the body too. */
  readonly signal: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Read as it is asked for; throws TransportError when it ends before its end. */
  readonly body: AsyncIterable<Uint8Array>
  /** Lets go of the connection. Idempotent. */
  close(): void
}

/**
 * One GET, by a connection of its own; redirections are the caller's. Rejects with TransportError HOST_NOT_FOUND,
 * NETWORK_UNREACHABLE, HANDSHAKE for a server that is not to be trusted, CLOSED or ABORTED for what is no HTTP.
 */
export type HttpGet = (url: URL, options: HttpGetOptions) => Promise<HttpResponse>

export const httpGet: HttpGet = (url, options) =>
  new Promise((resolve, reject) => {
    const request = open(url, options)
    request.on('error', error => reject(failure(error, url, options.signal)))
    // What switches to another protocol ends so, and without an error.
    request.once('close', () => reject(closedByPeer()))
    request.once('response', message => {
      const { statusCode = 0, headers } = message
      resolve({
        status: statusCode,
        headers,
        body: bodyOf(message, url, options.signal),
        close: () => request.destroy(),
      })
    })
    request.end()
  })

function open(url: URL, { headers, trustStore, signal }: HttpGetOptions): ClientRequest {
  const common = { headers, signal, agent: false } as const
  if (url.protocol === 'http:') return requestPlain(url, common)
  return requestSecure(url, { ...common, ...(trustStore !== undefined && { ca: trustStore.flatMap(asPem) }) })
}

function asPem(entry: Uint8Array, index: number): string[] {
  return readCertificates(entry, `entry ${index + 1} of the trust store`).map(der => writePem('CERTIFICATE', der))
}

async function* bodyOf(message: IncomingMessage, url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* message as AsyncIterable<Buffer>
  } catch (error) {
    throw failure(error as Error, url, signal)
  }
}

function failure(error: Error, url: URL, signal: AbortSignal): TransportError {
  if (signal.aborted) return closedError()
  const { code, syscall } = error as NodeJS.ErrnoException
  const remote = addressOf(url)
  if (isLoss(error)) return closedByPeer(error)
  const peerName = formatAddress(remote)
  // It is OpenSSL then that fails, whose reason is in its message alone.
  if (code === 'EPROTO') {
    const reason = /:SSL routines:[^:]*:([\w ]+)/.exec(error.message)?.[1] ?? code
    return new TransportError('HANDSHAKE', `the TLS handshake with ${peerName} failed: ${reason}`, { cause: error })
  }
  if (syscall !== undefined) return socketError(error, remote)
  if (code?.startsWith('HPE_') === true) {
    return new TransportError('ABORTED', `what ${peerName} says is no HTTP`, { cause: error })
  }
  return handshakeFailure(error, { peerName, isCertified: true })
}

function addressOf({ protocol, hostname, port }: URL): Address {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  const byDefault = protocol === 'https:' ? 443 : 80
  return { host, port: port === '' ? byDefault : Number(port) }
}
