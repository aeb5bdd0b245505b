import type { SecurityMode } from '../objects/account.ts'
import type { Address } from '../transport/connection.ts'
import { TransportError } from '../transport/errors.ts'
import { parseServerUri } from '../transport/uri.ts'

/**
 * Where the server of an account is. A Bootstrap-Server may have written anything: throws TransportError INVALID_URI, and
 * also for an account with security, which is not supported yet and must not be talked to without.
 */
export function serverAddress({ uri, securityMode }: { uri: string; securityMode: SecurityMode }): Address {
  const address = parseServerUri(uri)
  if (address.scheme !== 'coap' || securityMode !== 'noSec') {
    throw new TransportError('INVALID_URI', 'the account asks for security, which is not supported yet')
  }
  return address
}
