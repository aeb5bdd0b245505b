import type { ServerAccount } from '../objects/account.ts'
import { isSecure, isStream, type ServerUri } from '../transport/uri.ts'

/** What an account says of transports; that of a Bootstrap-Server says nothing besides its URI. */
export type TransportWishes = Partial<Pick<ServerAccount, 'binding' | 'preferredTransport'>>

/** The transports of the engine, as a binding writes them: UDP and TCP. */
export type TransportLetter = 'U' | 'T'

/**
 * The URI by which a server is reached: host and port as they are, the scheme for the transport that the account says (LwM2M
 * Core 1.2.2 §6.2.1.2). That is the Preferred Transport; where there is none that the client can use, the transport of the
 * URI if the binding lists it, or else the first of the binding; and where none of all these will do, what the URI says.
 */
export function reachedBy(
  uri: ServerUri,
  { binding, preferredTransport }: TransportWishes,
  canStream: boolean,
): ServerUri {
  const own = transportOf(uri)
  const listed = binding ?? own
  const wished = `${preferredTransport ?? ''}${listed.includes(own) ? own : ''}${listed}`
  const chosen = (canStream ? /[UT]/ : /U/).exec(wished)?.[0] ?? own
  return chosen === own ? uri : { ...uri, scheme: schemeOf(chosen === 'T', isSecure(uri.scheme)) }
}

/** The transport that a URI stands for. */
function transportOf({ scheme }: ServerUri): TransportLetter {
  return isStream(scheme) ? 'T' : 'U'
}

function schemeOf(streams: boolean, secure: boolean): ServerUri['scheme'] {
  if (streams) return secure ? 'coaps+tcp' : 'coap+tcp'
  return secure ? 'coaps' : 'coap'
}
