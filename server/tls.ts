import type { Clock } from '../transport/clock.ts'
import type { TlsServerOptions } from '../transport/tls-options.ts'
import { clientVerification } from './client-verification.ts'
import { checked, invalidSecurity, nobodyTrusted, readCertificates, readPsk, type ServerSecurity } from './security.ts'

/**
 * How a server speaks TLS: with what of its security is no raw public key. Throws TransportError INVALID_SECURITY where nothing
 * is left, for keys and certificates that are none, or where nothing says which clients are to be trusted.
 */
export function tlsOptions(security: ServerSecurity, clock: Clock): TlsServerOptions {
  const { psk, keyPair, trustStore, clientName, clientCertificates = 'required' } = security
  const { suites, keyLog, onFailure } = security
  const credentials = readCertificates(security)
  if (psk === undefined && credentials.length === 0) {
    const why = keyPair === undefined ? 'a server has to have' : 'there are no raw public keys over TLS; give'
    throw invalidSecurity(`${why} \`psk\` or \`certificates\``)
  }
  const trust = checked('`trustStore`', () => clientVerification({ trustStore, clientName }, clock))
  const asksClients = credentials.length > 0 && clientCertificates !== 'none'
  if (asksClients && trust === undefined) throw nobodyTrusted('`trustStore`')
  return {
    ...(psk && { psk: readPsk(psk) }),
    ...(credentials.length > 0 && { credentials }),
    ...(asksClients && trust && { verify: trust.verify, requiresCertificate: clientCertificates === 'required' }),
    ...(suites && { suites }),
    ...(keyLog && { keyLog }),
    ...(onFailure && { onFailure }),
  }
}
