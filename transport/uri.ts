import type { Address } from './connection.ts'
import { TransportError } from './errors.ts'

export type Scheme = 'coap' | 'coaps' | 'coap+tcp' | 'coaps+tcp'

/** Default ports (RFC 7252 §6.1, §6.2, RFC 8323 §8.1, §8.2). */
const defaultPorts: Readonly<Record<Scheme, number>> = { coap: 5683, coaps: 5684, 'coap+tcp': 5683, 'coaps+tcp': 5684 }

export interface ServerUri extends Address {
  readonly scheme: Scheme
}

/** Whether the scheme says that what is sent is secured. */
export function isSecure(scheme: Scheme): boolean {
  return scheme === 'coaps' || scheme === 'coaps+tcp'
}

/** Whether the scheme says that messages go by a stream: TCP or TLS. */
export function isStream(scheme: Scheme): boolean {
  return scheme === 'coap+tcp' || scheme === 'coaps+tcp'
}

/** Parses `coap://host:port`; IPv6 literals in brackets. Throws TransportError INVALID_URI. */
export function parseServerUri(text: string): ServerUri {
  const uri = parseListenUri(text)
  if (uri.port === 0) throw invalidUri(text, 'the port is 0')
  return uri
}

/** As {@link parseServerUri}, of where to listen: port 0 is any free one. */
export function parseListenUri(text: string): ServerUri {
  const invalid = (why: string) => invalidUri(text, why)
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw invalid(`it does not parse${parsingHint(text)}`)
  }
  const scheme = url.protocol.slice(0, -1)
  if (!isScheme(scheme)) throw invalid(`the scheme "${scheme}" is none of ${Object.keys(defaultPorts).join(', ')}`)
  if (url.hostname === '') throw invalid('the host is missing')
  if (url.username !== '' || url.password !== '') throw invalid('it holds a user name')
  if ((url.pathname !== '' && url.pathname !== '/') || url.search !== '' || url.hash !== '') {
    throw invalid('it goes on after the port')
  }
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  const port = url.port === '' ? defaultPorts[scheme] : Number(url.port)
  return { scheme, host, port }
}

function invalidUri(text: string, why: string): TransportError {
  const hint = 'write coap://HOST or coap://HOST:PORT'
  return new TransportError('INVALID_URI', `"${printable(text)}" is no server URI: ${why}; ${hint}`)
}

/** What most often is wrong with what does not parse; empty where it is something else. */
function parsingHint(text: string): string {
  const [, rest] = text.split('://', 2)
  if (rest === undefined) return ', the scheme is missing'
  const authority = rest.slice(rest.lastIndexOf('@') + 1)
  if (/^[\da-f]*:[\da-f]*:/i.test(authority)) return ', an IPv6 address stands in brackets'
  const port = Number(/:(\d+)\/?$/.exec(authority)?.[1])
  return port > 65_535 ? ', a port is at most 65535' : ''
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(defaultPorts, text)
}

/** A URI may come from a server: bounded, without control characters, and without whatever password it holds. */
function printable(text: string): string {
  const bare = text.includes('@') ? `…${text.slice(text.lastIndexOf('@'))}` : text
  // oxlint-disable-next-line no-control-regex -- control characters are what it removes
  const clean = bare.slice(0, 1_000).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')
  return clean.length > 80 ? `${clean.slice(0, 80)}…` : clean
}

/** `coap://[::1]:5683` */
export function formatServerUri({ scheme, host, port }: ServerUri): string {
  return `${scheme}://${formatAddress({ host, port })}`
}

/** `127.0.0.1:5683`, `[::1]:5683` */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether a host is a name, and no literal of an address. */
export function isHostName(host: string): boolean {
  return !host.includes(':') && !/^[\d.]+$/.test(host)
}
