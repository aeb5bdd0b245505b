import { TransportError } from '../../transport/errors.ts'
import type { HttpGet, HttpResponse } from '../../transport/http.ts'
import { DownloadError } from '../download-error.ts'
import { type Attempt, ChangedError, type Position, type Representation, type Source } from './source.ts'

/** How often a server may send elsewhere. */
const maximumRedirects = 5

const redirections: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** Of these it says itself that they may pass (RFC 9110 §15). */
const passing: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

/** A validator that says that every byte is the same (RFC 9110 §8.8.1): no weak one. */
const strongTag = /^"[\x21\x23-\x7e\x80-\xff]{1,256}"$/

export interface HttpSourceOptions {
  readonly get: HttpGet
  readonly trustStore: readonly Uint8Array[] | undefined
}

/** Throws TransportError INVALID_URI. */
export function parseHttpUri(text: string): URL {
  const invalid = (why: string) => new TransportError('INVALID_URI', `the URI of the resource is none: ${why}`)
  if (!URL.canParse(text)) throw invalid('it does not parse')
  const url = new URL(text)
  // The server that writes a URI to a device is not to have it log in elsewhere.
  if (url.username !== '' || url.password !== '') throw invalid('it holds a user name')
  return url
}

/** A resource of an HTTP server (RFC 9110). */
export function httpSource(uri: URL, { get, trustStore }: HttpSourceOptions): Source {
  /** What an attempt before was told. */
  let known: Representation | undefined
  return async attempt => {
    const { signal } = attempt
    const from = resumable(attempt.from)
    const headers = { 'accept-encoding': 'identity', ...(from && rangeFrom(from)) }
    let url = uri
    for (let redirects = 0; ; redirects++) {
      const response = await get(url, { headers, signal, trustStore })
      try {
        if (!redirections.has(response.status)) {
          known = representationOf(response, from, known)
          return await receive(response, known, attempt)
        }
      } finally {
        response.close()
      }
      if (redirects === maximumRedirects) throw refused('the server redirects again and again')
      url = redirected(url, header(response, 'location'))
    }
  }
}

/** What was noted of an earlier download may be damaged, or of another protocol; of a weak one If-Range is false (§13.1.5). */
function resumable(from: Position | undefined): Position | undefined {
  return from !== undefined && strongTag.test(from.validator) ? from : undefined
}

/** From the last byte that is there, so that there always is one to ask for. */
function rangeFrom({ bytes, validator }: Position): Record<string, string> {
  return { range: `bytes=${bytes - 1}-`, 'if-range': validator }
}

/** What follows; throws ChangedError where it is of another version. */
function representationOf(
  response: HttpResponse,
  from: Position | undefined,
  known: Representation | undefined,
): Representation {
  const { status } = response
  if (status === 416 && from !== undefined) throw new ChangedError()
  const isPart = status === 206 && from !== undefined
  if (status !== 200 && !isPart) throw refusal(status)
  const encoding = header(response, 'content-encoding')
  if (encoding !== undefined && encoding !== 'identity') throw broken('a Content-Encoding that it was not asked for')
  return isPart ? partOf(response, from, known) : wholeOf(response)
}

async function receive({ body }: HttpResponse, begin: Representation, attempt: Attempt): Promise<void> {
  const { fromBytes, totalBytes } = begin
  await attempt.begin(begin)
  // A part begins with the byte that is there already.
  let skips = fromBytes > 0 ? 1 : 0
  let end = fromBytes - skips
  for await (const bytes of body) {
    const skipped = Math.min(skips, bytes.length)
    await attempt.write(bytes.subarray(skipped))
    skips -= skipped
    end += bytes.length
  }
  // RFC 9110 §15.3.7: a server may give less than the range that was asked for.
  if (totalBytes === undefined || end === totalBytes) return
  throw new DownloadError('CONNECTION_LOST', 'the response ended before its end', { isTransient: true })
}

function wholeOf(response: HttpResponse): Representation {
  const tag = header(response, 'etag')
  const validator = tag !== undefined && strongTag.test(tag) ? tag : undefined
  return { validator, totalBytes: wholeNumber(header(response, 'content-length')), fromBytes: 0 }
}

function partOf(
  response: HttpResponse,
  { bytes, validator }: Position,
  known: Representation | undefined,
): Representation {
  const [first, toldBytes] = contentRange(response)
  if (first !== bytes - 1) throw broken('another range than it was asked for')
  const tag = header(response, 'etag')
  if (tag !== undefined && tag !== validator) throw new ChangedError()
  // Not every server repeats how much it is; what ends before that is not all of it.
  const knownBytes = known?.validator === validator ? known.totalBytes : undefined
  if (toldBytes !== undefined && knownBytes !== undefined && toldBytes !== knownBytes) throw new ChangedError()
  return { validator, totalBytes: toldBytes ?? knownBytes, fromBytes: bytes }
}

/** `bytes 1000-4999/5000` (RFC 9110 §14.4). */
function contentRange(response: HttpResponse): [first: number, total: number | undefined] {
  const [, first, total] =
    /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(header(response, 'content-range') ?? '') ?? []
  if (first === undefined) throw broken('a Content-Range that is none')
  return [Number(first), wholeNumber(total)]
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function header({ headers }: HttpResponse, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** Where it is to be had instead; what was secure stays so. */
function redirected(url: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, url.href)) throw broken('a redirection to nowhere')
  const next = parseHttpUri(new URL(location, url).href)
  if (next.protocol !== 'https:' && (next.protocol !== 'http:' || url.protocol === 'https:')) {
    throw refused(`the server redirects to ${next.protocol}//`)
  }
  return next
}

function refusal(status: number): DownloadError {
  const message = `the server answers ${status}`
  const isTransient = passing.has(status)
  if (isTransient || status >= 500) return new DownloadError('SERVER_FAILED', message, { isTransient })
  return status >= 400 ? refused(message) : new DownloadError('INVALID_RESPONSE', message)
}

function refused(message: string): DownloadError {
  return new DownloadError('REFUSED', message)
}

function broken(reason: string): DownloadError {
  return new DownloadError('INVALID_RESPONSE', `the server sends ${reason}`)
}
