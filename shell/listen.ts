import { OptionsError } from '../client/options-error.ts'
import type { EndpointOptions } from '../server/options.ts'
import type { Transport } from '../server/place.ts'
import { formatAddress, formatServerUri, isSecure, isStream, type Scheme, type ServerUri } from '../transport/uri.ts'
import { type ServerSecurityArguments, securityKind } from './security.ts'

/** Where and how a server listens. */
export interface ListenArguments extends ServerSecurityArguments {
  /** A port, for UDP on `host`, or all in a URI; for UDP, TCP, or both. Default: the usual port. */
  readonly listen?: readonly (number | ServerUri)[]
  /** Default: every IPv4 address of the machine. */
  readonly host?: string
}

const everyAddress = '0.0.0.0'

/** RFC 7252 §6.1, §6.2. */
const usualPorts = { plain: 5683, secure: 5684 }

type SecurityKind = ReturnType<typeof securityKind>

/** What a command line says about where to listen. Throws OptionsError where it contradicts itself. */
export function listenOptions(
  args: ListenArguments,
): Required<Pick<EndpointOptions, 'host' | 'port'>> & { transports: readonly Transport[] } {
  const { host } = args
  const kind = securityKind(args)
  const { listen = [kind === undefined ? usualPorts.plain : usualPorts.secure] } = args
  const uris = listen.map(place => (typeof place === 'number' ? datagramUri(place, host, kind) : place))
  const written = listen.filter(place => typeof place !== 'number')
  checkHost(written, host)
  checkSecurity(written, kind)
  checkConnectionId(uris, args)
  checkTogether(uris)
  const [first] = uris as [ServerUri]
  return { host: first.host, port: first.port, transports: uris.map(transportOf) }
}

/** What a server says of where it listens: as ever of UDP, with the scheme of other transports. */
export function describeListening(uris: readonly ServerUri[]): string {
  return uris.map(uri => (isStream(uri.scheme) ? formatServerUri(uri) : formatAddress(uri))).join(' and ')
}

function datagramUri(port: number, host = everyAddress, kind: SecurityKind): ServerUri {
  return { scheme: kind === undefined ? 'coap' : 'coaps', host, port }
}

function checkHost([uri]: readonly ServerUri[], host: string | undefined): void {
  if (uri === undefined || host === undefined) return
  throw new OptionsError(`--listen ${formatServerUri(uri)} has a host; leave --host out`)
}

function checkSecurity(uris: readonly ServerUri[], kind: SecurityKind): void {
  const plain = uris.find(({ scheme }) => !isSecure(scheme))
  const secure = uris.find(({ scheme }) => isSecure(scheme))
  if (plain !== undefined && secure !== undefined) {
    const [shown, other] = [formatServerUri(plain), formatServerUri(secure)]
    throw new OptionsError(`${shown} is not secured, ${other} is; write ${secured(plain.scheme)}:// for both to be`)
  }
  if (plain !== undefined && kind !== undefined) {
    const why = 'is not secured, but there are credentials'
    throw new OptionsError(`${formatServerUri(plain)} ${why}; write ${secured(plain.scheme)}://`)
  }
  for (const uri of uris) if (isSecure(uri.scheme)) checkCredentials(uri, kind)
}

function checkCredentials(uri: ServerUri, kind: SecurityKind): void {
  const isTls = isStream(uri.scheme)
  if (kind === undefined) {
    const ways = isTls ? '--psk-identity or --cert' : '--psk-identity, --cert or --rpk-key'
    throw new OptionsError(`${formatServerUri(uri)} needs ${ways}`)
  }
  if (isTls && kind === 'rpk') {
    throw new OptionsError(
      `${formatServerUri(uri)} has no raw public keys; write --psk-identity or --cert, or coaps:// for --rpk-key`,
    )
  }
}

function checkConnectionId(uris: readonly ServerUri[], { cid }: ListenArguments): void {
  if (cid === undefined || !uris.every(({ scheme }) => isStream(scheme))) return
  throw new OptionsError('--cid is for DTLS, there is no Connection ID over TLS; leave it out, or write coaps://')
}

/** One server has one port, for UDP and TCP. */
function checkTogether([first, ...others]: readonly ServerUri[]): void {
  if (first === undefined) return
  const transports = new Set([transportOf(first)])
  for (const other of others) {
    const both = `--listen ${formatServerUri(first)} and --listen ${formatServerUri(other)}`
    if (transports.has(transportOf(other))) {
      throw new OptionsError(`${both}: a server listens once on UDP and once on TCP; start another one`)
    }
    transports.add(transportOf(other))
    if (other.host === first.host && other.port === first.port) continue
    const wanted = formatServerUri({ ...first, scheme: other.scheme })
    throw new OptionsError(`${both}: UDP and TCP have the same address; write --listen ${wanted}`)
  }
}

function transportOf({ scheme }: ServerUri): Transport {
  return isStream(scheme) ? 'tcp' : 'udp'
}

function secured(scheme: Scheme): Scheme {
  return isStream(scheme) ? 'coaps+tcp' : 'coaps'
}
