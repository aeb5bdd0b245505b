import { type Clock, systemClock } from '../transport/clock.ts'
import { BodyAssembly } from '../transport/coap/block.ts'
import type { CoapParameters } from '../transport/coap/parameters.ts'
import { parseResourceUri } from '../transport/coap/resource-uri.ts'
import type { Network } from '../transport/connection.ts'
import { type HttpGet, httpGet } from '../transport/http.ts'
import { type Random, systemRandom } from '../transport/random.ts'
import { systemNetwork } from '../transport/system-network.ts'
import type { Trace } from '../transport/trace.ts'
import { coapSource } from './download/coap-source.ts'
import { downloadFailure } from './download/failure.ts'
import { httpSource, parseHttpUri } from './download/http-source.ts'
import type { Position, Source } from './download/source.ts'
import { Transfer } from './download/transfer.ts'
import { DownloadError } from './download-error.ts'
import { type ClientDtlsOptions, checkDtlsOptions } from './dtls-options.ts'
import { OptionsError } from './options-error.ts'
import type { Security } from './security.ts'

export interface DownloadProgress {
  /** That are there, from the beginning. */
  readonly bytes: number
  /** Undefined: the server does not tell. */
  readonly totalBytes?: number
}

export interface DownloadRetry {
  readonly error: DownloadError
  readonly delaySeconds: number
}

/** How downloads reach their servers. */
export interface DownloadSettings {
  /** What secures the way to a server of `coaps` or `coaps+tcp`: `psk(…)`, `x509(…)` or `rpk(…)`. Default: those are not reached. */
  readonly security?: Security
  /** As of `ClientOptions`; `trustStore` takes the place of the authorities that Node trusts for `https`, too. */
  readonly dtls?: Omit<ClientDtlsOptions, 'sessionKey'>
  /**
   * How often in a row a transfer that breaks is tried again without getting further; each wait is twice the one before, 2 s
   * up to 60 s. Default 5.
   */
  readonly attempts?: number
  /** How long a server may take for 1,024 bytes before its connection counts as lost, seconds. Default 120. */
  readonly stallSeconds?: number
  readonly coap?: Partial<CoapParameters>
  /** Default: UDP and TCP. HTTP does not go by it. */
  readonly network?: Network
  /** Default: HTTP of Node. */
  readonly http?: HttpGet
  readonly clock?: Clock
  readonly random?: Random
  /** Sees every CoAP message. */
  readonly trace?: Trace
}

export interface DownloadOptions extends DownloadSettings {
  /** Is told after each part. */
  readonly onProgress?: (progress: DownloadProgress) => void
  /** Is told of each attempt that failed, before the wait for the next one. */
  readonly onRetry?: (retry: DownloadRetry) => void
  /** More is not taken. Default: 16 MiB of `download`, 1 GiB of `downloadTo`. */
  readonly maximumBytes?: number
  /** Gives it up: it rejects with CANCELLED. */
  readonly signal?: AbortSignal
}

export interface DownloadBegin {
  /** Tells this version from others; undefined: a later download cannot go on with it. */
  readonly validator?: string
  /** Where the bytes begin that follow; 0: the beginning, what came before is void. */
  readonly fromBytes: number
  readonly totalBytes?: number
  /** Of `coap`: a server may give the rest of it to this port of the client alone, and for a while only. */
  readonly localPort?: number
}

export interface DownloadToOptions extends DownloadOptions {
  /** What an earlier download of this URI has brought already. */
  readonly from?: { readonly bytes: number; readonly validator: string; readonly localPort?: number }
  /** Is told before the first byte, and again whenever it has to start over; awaited. What it throws ends the download. */
  readonly onBegin?: (begin: DownloadBegin) => void | Promise<void>
}

export interface Downloaded {
  readonly content: Uint8Array
  readonly validator?: string
}

const mebibyte = 1_048_576

/**
 * Downloads what is at a URI of `coap`, `coaps`, `coap+tcp`, `coaps+tcp`, `http` or `https` into memory. Rejects with
 * DownloadError, or OptionsError.
 */
export async function download(uri: string, options: DownloadOptions = {}): Promise<Downloaded> {
  const { maximumBytes = 16 * mebibyte } = options
  let body = new BodyAssembly(maximumBytes)
  const { validator } = await downloadTo(uri, bytes => void body.append(bytes), {
    ...options,
    maximumBytes,
    onBegin: ({ fromBytes }) => {
      if (fromBytes === 0) body = new BodyAssembly(maximumBytes)
    },
  })
  return { content: body.body(), ...(validator !== undefined && { validator }) }
}

/**
 * Downloads what is at a URI, as {@link download}, part by part: the server is asked for more when the Promise of `sink`
 * resolves, and what it rejects with ends the download. A transfer that breaks is gone on with where it was, by the number of a
 * block or a Range, as long as the ETag tells that it is the same; else it starts over, which `onBegin` is told. Resolves with
 * all bytes there are, those of `from` too.
 */
export async function downloadTo(
  uri: string,
  sink: (bytes: Uint8Array) => void | Promise<void>,
  options: DownloadToOptions = {},
): Promise<{ readonly bytes: number; readonly validator?: string }> {
  const { clock = systemClock, random = systemRandom, signal, attempts = 5, stallSeconds = 120 } = options
  const { from, onBegin, onProgress, onRetry, maximumBytes = 1_024 * mebibyte } = options
  check(options)
  const transfer = new Transfer(sourceOf(uri, { ...options, clock, random }, from?.localPort), positionOf(from), {
    clock,
    random,
    signal,
    attempts,
    stallSeconds,
    maximumBytes,
    onBegin: ({ validator, totalBytes, fromBytes, localPort }) =>
      onBegin?.({
        fromBytes,
        ...(validator !== undefined && { validator }),
        ...(totalBytes !== undefined && { totalBytes }),
        ...(localPort !== undefined && { localPort }),
      }),
    onBytes: async (bytes, progress) => {
      await sink(bytes)
      onProgress?.(progress)
    },
    onRetry: (error, delayMs) => onRetry?.({ error, delaySeconds: delayMs / 1_000 }),
  })
  return transfer.run()
}

function positionOf(from: DownloadToOptions['from']): Position | undefined {
  return from !== undefined && from.bytes > 0 ? from : undefined
}

type SourceEnvironment = DownloadSettings & Required<Pick<DownloadSettings, 'clock' | 'random'>>

/** Throws DownloadError. */
function sourceOf(uri: string, environment: SourceEnvironment, localPort: number | undefined): Source {
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(uri)?.[1]?.toLowerCase()
  try {
    switch (scheme) {
      case 'http':
      case 'https':
        return fromHttp(uri, environment)
      case 'coap':
      case 'coaps':
      case 'coap+tcp':
      case 'coaps+tcp':
        return fromCoap(uri, environment, localPort)
      case undefined:
        throw new DownloadError('INVALID_URI', 'the URI of the resource is none: the scheme is missing')
      default:
        throw new DownloadError(
          'UNSUPPORTED_PROTOCOL',
          `nothing is downloaded by ${scheme.slice(0, 20)}; there are coap, coaps, coap+tcp, coaps+tcp, http, https`,
        )
    }
  } catch (error) {
    throw downloadFailure(error)
  }
}

function fromHttp(uri: string, { http: get = httpGet, dtls }: SourceEnvironment): Source {
  return httpSource(parseHttpUri(uri), { get, trustStore: dtls?.trustStore })
}

function fromCoap(uri: string, environment: SourceEnvironment, localPort: number | undefined): Source {
  const { security, clock, random, network = systemNetwork, coap = {}, dtls = {}, trace } = environment
  const dialing = { clock, random, network, coap, dtls, trace, onKeptChanged: () => {} }
  return coapSource(parseResourceUri(uri), security, dialing, localPort)
}

/** Throws OptionsError. */
function check({ attempts = 0, stallSeconds = 1, maximumBytes = 0, from, dtls }: DownloadToOptions): void {
  if (!(Number.isInteger(attempts) && attempts >= 0)) throw new OptionsError('`attempts` is no whole number from 0')
  if (!(stallSeconds >= 1 && stallSeconds <= 86_400))
    throw new OptionsError('`stallSeconds` is not between 1 and 86400')
  if (!(maximumBytes >= 0)) throw new OptionsError('`maximumBytes` is below 0')
  if (from !== undefined && !(Number.isSafeInteger(from.bytes) && from.bytes >= 0)) {
    throw new OptionsError('`from.bytes` is no number of bytes')
  }
  if (dtls !== undefined) checkDtlsOptions(dtls)
}
