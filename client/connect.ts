import type { ServerAccount } from '../objects/account.ts'
import type { Connection, ConnectOptions, Network } from '../transport/connection.ts'
import { TransportError } from '../transport/errors.ts'
import { formatServerUri, parseServerUri } from '../transport/uri.ts'

/**
 * Opens the way to a server as its Security instance says; whoever wrote that may have written anything. Rejects with
 * TransportError INVALID_URI, NOT_SUPPORTED for a security that the engine does not speak, or as {@link Network.connect}.
 */
export async function connect(
  network: Network,
  { uri: text, securityMode }: Pick<ServerAccount, 'uri' | 'securityMode'>,
  options: ConnectOptions,
): Promise<Connection> {
  const uri = parseServerUri(text)
  if (uri.scheme !== 'coap' || securityMode !== 'noSec') {
    // Without the security that was asked for there is no connection, rather than one without security.
    const wanted = `${formatServerUri(uri)} with security mode ${securityMode}`
    throw new TransportError('NOT_SUPPORTED', `${wanted}: security is not supported yet; use coap:// and noSec`)
  }
  return network.connect(uri, options)
}
