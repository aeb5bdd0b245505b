import type { SecurityCredentials } from '../../objects/credentials.ts'
import { unlessAborted } from '../../transport/attempt.ts'
import { type CoapMessage, Code, noPayload } from '../../transport/coap/message.ts'
import { defaultParameters } from '../../transport/coap/parameters.ts'
import { CoapPeer } from '../../transport/coap/peer.ts'
import type { PeerConnection } from '../../transport/coap/peer-connection.ts'
import type { ResourceUri } from '../../transport/coap/resource-uri.ts'
import { closedError, TransportError } from '../../transport/errors.ts'
import { formatServerUri, isSecure, isStream, type ServerUri } from '../../transport/uri.ts'
import type { DialingEnvironment } from '../connection-environment.ts'
import { DatagramDialer } from '../datagram-dialer.ts'
import { type Destination, securedBy } from '../destination.ts'
import { ExternalKeys } from '../external-keys.ts'
import { externalKey, type Security, securityResources } from '../security.ts'
import { StreamDialer } from '../stream-dialer.ts'
import { BlockFetch } from './block-fetch.ts'
import type { Attempt, Source } from './source.ts'

/**
 * A resource of a CoAP server. Each attempt has a connection of its own; a secure one resumes the session of the one before.
 * Over plain UDP it is the same local port, as long as nobody else has that: a server may keep what it gives block by block for
 * one endpoint (RFC 7959 §2.4). `localPort`: the one of an earlier download. Throws TransportError INVALID_SECURITY for
 * credentials that are missing or of no use.
 */
export function coapSource(
  uri: ResourceUri,
  security: Security | undefined,
  environment: DialingEnvironment,
  localPort = 0,
): Source {
  const { server, options } = uri
  const destination = destinationOf(server, security, environment)
  const isReliable = isStream(server.scheme)
  const isPlain = !isReliable && destination.security === undefined
  const dialer = isReliable ? new StreamDialer('', environment) : new DatagramDialer('', environment)
  if (isPlain) dialer.restore({ localPort })
  const { blockBytes } = { ...defaultParameters, ...environment.coap }
  return async attempt => {
    const connection = await connect(dialer, destination, attempt.signal)
    const peer = peerOf(connection, environment)
    const abort = () => peer.close()
    attempt.signal.addEventListener('abort', abort)
    try {
      const exchange = (message: CoapMessage) => peer.exchange(message).response
      const { port } = connection.local
      const begin: Attempt['begin'] = representation =>
        attempt.begin({ ...representation, ...(isPlain && { localPort: port }) })
      await new BlockFetch({ ...attempt, begin }, { exchange, options, blockBytes, acceptsBert: isReliable }).run()
    } finally {
      attempt.signal.removeEventListener('abort', abort)
      peer.close()
    }
  }
}

function destinationOf(uri: ServerUri, security: Security | undefined, environment: DialingEnvironment): Destination {
  if (!isSecure(uri.scheme)) return { uri, security: undefined }
  const text = formatServerUri(uri)
  if (security === undefined) throw new TransportError('INVALID_SECURITY', `${text} needs credentials`)
  const { securityMode: _, ...resources } = securityResources(security)
  const stored: SecurityCredentials = { matchingType: undefined, certificateUsage: undefined, suites: [], ...resources }
  const account = { securityInstanceId: 0, uri: text, securityMode: security.kind, sni: undefined }
  const keys = new ExternalKeys()
  const external = externalKey(security)
  if (external !== undefined) keys.add(0, text, stored.publicKeyOrIdentity, external)
  return { uri, security: securedBy(security.kind, { account, uri, stored, environment: { ...environment, keys } }) }
}

async function connect(
  dialer: DatagramDialer | StreamDialer,
  destination: Destination,
  signal: AbortSignal,
): Promise<PeerConnection> {
  if (signal.aborted) throw closedError()
  const hangUp = () => dialer.hangUp()
  signal.addEventListener('abort', hangUp)
  const opening = open(dialer, destination)
  try {
    return await unlessAborted(opening, signal)
  } catch (error) {
    // What cannot be given up is let go of as soon as it is there.
    opening.then(
      connection => connection.close(),
      () => undefined,
    )
    throw error
  } finally {
    signal.removeEventListener('abort', hangUp)
  }
}

async function open(dialer: DatagramDialer | StreamDialer, destination: Destination): Promise<PeerConnection> {
  try {
    return await dialer.open(destination)
  } catch (error) {
    if (!(error instanceof TransportError && error.code === 'ADDRESS_IN_USE')) throw error
    // Somebody else has the port of before meanwhile; the dialer takes another one then.
    return dialer.open(destination)
  }
}

function peerOf(connection: PeerConnection, { clock, random, coap, trace }: DialingEnvironment): CoapPeer {
  const peer: CoapPeer = new CoapPeer(connection, {
    clock,
    random,
    trace,
    parameters: coap,
    handler: () => ({ code: Code.notFound, options: [], payload: noPayload }),
    onNetworkError: error => peer.close(error),
    onClosed: error => peer.close(error),
  })
  return peer
}
