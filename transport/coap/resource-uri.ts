import { TransportError } from '../errors.ts'
import { isHostName, parseServerUri, type ServerUri } from '../uri.ts'
import type { CoapOption } from './message.ts'
import { OptionNumber, stringOption } from './options.ts'

/** A resource of a server, as a request asks for it. */
export interface ResourceUri {
  readonly server: ServerUri
  /** Uri-Host, Uri-Path and Uri-Query, in the order of a message. */
  readonly options: readonly CoapOption[]
}

/** With every option of its URI a request has to stay below what goes through every network in one datagram (RFC 7252 §4.6). */
const longestUriBytes = 1_024

const longestOptionBytes = 255

/** Authority, path and query; a fragment names no part of what is asked. */
const parts = /^([^/?#]*\/\/[^/?#]*)[^?#]*(?:\?[^#]*)?(#.*)?$/s

/** Decomposes the URI of a resource into the options of a request (RFC 7252 §6.4). Throws TransportError INVALID_URI. */
export function parseResourceUri(text: string): ResourceUri {
  if (Buffer.byteLength(text) > longestUriBytes) throw invalid(`longer than ${longestUriBytes} bytes`)
  const [, authority = text, fragment] = parts.exec(text) ?? []
  const server = parseServerUri(authority)
  if (fragment !== undefined) throw invalid('it has a fragment')
  const { pathname, search } = new URL(text)
  const segments = pathname === '' || pathname === '/' ? [] : pathname.slice(1).split('/')
  const queries = search === '' ? [] : search.slice(1).split('&')
  return {
    server,
    options: [
      // RFC 7252 §5.10.1: by default the address that the request goes to.
      ...(isHostName(server.host) ? [option(OptionNumber.uriHost, server.host.toLowerCase())] : []),
      ...segments.map(segment => option(OptionNumber.uriPath, segment)),
      ...queries.map(query => option(OptionNumber.uriQuery, query)),
    ],
  }
}

function option(number: number, encoded: string): CoapOption {
  const result = stringOption(number, decoded(encoded))
  if (result.value.length > longestOptionBytes) throw invalid(`a part of it is longer than ${longestOptionBytes} bytes`)
  return result
}

function decoded(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    throw invalid('a percent sign in it is followed by nothing that is UTF-8')
  }
}

/** Without the URI itself: its query may hold a secret. */
function invalid(why: string): TransportError {
  return new TransportError('INVALID_URI', `the URI of the resource is none: ${why}`)
}
