import type { ServerSecurity } from '../server/security.ts'
import type { PskCredentials } from '../transport/dtls/credentials.ts'
import type { Log } from './print.ts'
import type { Recording } from './recording.ts'
import { connectionIdOption, type SecurityArguments } from './security.ts'

/** A server that knows one key, and tells in a line why a handshake has failed. */
export function serverSecurity(
  { identity, key }: PskCredentials,
  args: SecurityArguments,
  { keyLog }: Recording,
  log: Log,
): ServerSecurity {
  return {
    psk: asked => (typeof key !== 'function' && asked.equals(identity) ? key : undefined),
    onFailure: error => log.failed(error.message),
    ...connectionIdOption(args),
    ...(keyLog && { keyLog }),
  }
}
