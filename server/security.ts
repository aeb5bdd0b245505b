import type { Clock } from '../transport/clock.ts'
import type { Network } from '../transport/connection.ts'
import type { PskLookup } from '../transport/dtls/credentials.ts'
import { listenDtls } from '../transport/dtls/listener.ts'
import type { DtlsServerOptions } from '../transport/dtls/parameters.ts'
import { identityFault, keyFault } from '../transport/dtls/psk-bounds.ts'
import { TransportError } from '../transport/errors.ts'
import type { Random } from '../transport/random.ts'

/** Whom a server speaks DTLS with. */
export interface ServerSecurity extends Omit<DtlsServerOptions, 'clock' | 'random' | 'psk'> {
  /** The pre-shared keys by their identities, 1 to 128 bytes of UTF-8 and 1 to 64 bytes; or what knows that of an identity. */
  readonly psk: Readonly<Record<string, Uint8Array>> | PskLookup
}

export const securePort = 5684

/** A network on which a server listens for DTLS. Throws TransportError INVALID_SECURITY for a key that is none. */
export function securedNetwork(network: Network, security: ServerSecurity, clock: Clock, random: Random): Network {
  const { psk } = security
  const options = { ...security, clock, random, psk: typeof psk === 'function' ? psk : lookup(psk) }
  return {
    connect: (remote, connectOptions) => network.connect(remote, connectOptions),
    listen: (local, accept) => listenDtls(network, local, options, accept),
  }
}

function lookup(keys: Readonly<Record<string, Uint8Array>>): PskLookup {
  const byIdentity = new Map<string, Uint8Array>()
  for (const [identity, key] of Object.entries(keys)) {
    const bytes = Buffer.from(identity)
    const fault = identityFault(bytes) ?? keyFault(key)
    if (fault !== undefined) throw new TransportError('INVALID_SECURITY', `an identity or key of \`psk\` ${fault}`)
    // Latin-1 tells every sequence of bytes from every other.
    byIdentity.set(bytes.toString('latin1'), Uint8Array.from(key))
  }
  return identity => byIdentity.get(identity.toString('latin1'))
}
