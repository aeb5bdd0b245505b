import { OptionsError } from '../client/options-error.ts'
import type { ServerSecurity } from '../server/security.ts'
import { verifyRawKey } from '../transport/dtls/certificate/raw-key.ts'
import { derivedKey } from '../transport/dtls/derived-key.ts'
import type { ServerCredentials } from './credentials.ts'
import type { Log } from './print.ts'
import type { Recording } from './recording.ts'
import { connectionIdOption, type ServerSecurityArguments } from './security.ts'

/** A server with what it was given, which tells in a line why a handshake has failed. Throws OptionsError. */
export function serverSecurity(
  credentials: ServerCredentials,
  args: ServerSecurityArguments,
  { keyLog }: Recording,
  log: Log,
): ServerSecurity {
  return {
    ...proofs(credentials),
    onFailure: error => log.failed(error.message),
    ...connectionIdOption(args),
    ...(keyLog && { keyLog }),
  }
}

function proofs(credentials: ServerCredentials): ServerSecurity {
  switch (credentials.kind) {
    case 'psk': {
      const { identity, key } = credentials
      return { psk: asked => (typeof key !== 'function' && asked.equals(identity) ? key : undefined) }
    }
    case 'master':
      return { psk: identity => derivedKey(credentials.key, identity) }
    case 'x509': {
      const { certificate, key, ca } = credentials
      if (ca === undefined) throw new OptionsError('a server with --cert needs --ca, to know devices by')
      return { certificates: [{ certificate, key }], trustStore: [ca] }
    }
    case 'rpk': {
      const { key, peers } = credentials
      return {
        keyPair: { key },
        rawKeys: shown => (peers.some(peer => shown.equals(peer)) ? verifyRawKey(shown).identity : undefined),
        // Nobody has said which device has which key.
        checkEndpoint: false,
      }
    }
  }
}
