import type { Clock } from '../transport/clock.ts'
import type { Network } from '../transport/connection.ts'
import { rpk } from '../transport/dtls/key-pair.ts'
import { listenDtls } from '../transport/dtls/listener.ts'
import type { DtlsServerOptions } from '../transport/dtls/parameters.ts'
import type { Random } from '../transport/random.ts'
import { clientVerification } from './client-verification.ts'
import { checked, invalidSecurity, nobodyTrusted, readCertificates, readPsk, type ServerSecurity } from './security.ts'

/**
 * A network on which a server listens for DTLS. Throws TransportError INVALID_SECURITY for keys and certificates that are none,
 * or where nothing says which clients are to be trusted.
 */
export function securedNetwork(network: Network, security: ServerSecurity, clock: Clock, random: Random): Network {
  const options = dtlsOptions(security, clock, random)
  return {
    connect: (remote, connectOptions) => network.connect(remote, connectOptions),
    listen: (local, accept) => listenDtls(network, local, options, accept),
  }
}

function dtlsOptions(security: ServerSecurity, clock: Clock, random: Random): DtlsServerOptions {
  const { psk, certificates: _, keyPair, trustStore, rawKeys, clientName, checkEndpoint: __, ...others } = security
  const credentials = [
    ...readCertificates(security),
    ...(keyPair === undefined ? [] : [checked('`keyPair`', () => rpk(keyPair))]),
  ]
  const trust = checked('`trustStore` or `rawKeys`', () =>
    clientVerification({ trustStore, rawKeys, clientName }, clock),
  )
  const asksClients = credentials.length > 0 && security.clientCertificates !== 'none'
  if (asksClients && trust === undefined) throw nobodyTrusted('`trustStore` or `rawKeys`')
  if (psk === undefined && credentials.length === 0) {
    throw invalidSecurity('a server has to have `psk`, `certificates` or `keyPair`')
  }
  return {
    ...others,
    clock,
    random,
    ...(psk && { psk: readPsk(psk) }),
    ...(credentials.length > 0 && { credentials }),
    ...trust,
  }
}
