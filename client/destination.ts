import type { ServerAccount } from '../objects/account.ts'
import { securityCredentials } from '../objects/credentials.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { PskCredentials, PskKey } from '../transport/dtls/credentials.ts'
import { identityFault, keyFault } from '../transport/dtls/psk-bounds.ts'
import { cipherSuites, serverKeyType } from '../transport/dtls/suites.ts'
import { TransportError } from '../transport/errors.ts'
import { formatServerUri, isHostName, parseServerUri, type ServerUri } from '../transport/uri.ts'
import type { ExternalKeys } from './external-keys.ts'

/** What both kinds of account tell of the way to their server. */
export type Reach = Pick<ServerAccount, 'securityInstanceId' | 'uri' | 'securityMode' | 'sni'>

/** Where a server is and what secures the way to it. Holds secrets. */
export interface Destination {
  readonly uri: ServerUri
  /** Undefined: nothing does, by the word of the account. */
  readonly security: DestinationSecurity | undefined
}

export interface DestinationSecurity {
  readonly credentials: PskCredentials
  /** The name to tell the server that it is asked for (RFC 6066 §3); undefined: it has none. */
  readonly serverName: string | undefined
  /** Empty: all that the engine has. */
  readonly suites: readonly number[]
}

/**
 * What the Security instance of an account says; whoever wrote that may have written anything. An account that is to be secured
 * is never taken for one that is not. Throws TransportError INVALID_URI, INVALID_SECURITY where its resources contradict each
 * other or are no credentials, NOT_SUPPORTED for a security that the engine does not speak.
 */
export function destinationOf(account: Reach, store: ObjectStore, keys: ExternalKeys): Destination {
  const { securityMode: mode, securityInstanceId: instanceId } = account
  const uri = parseServerUri(account.uri)
  const shown = `${formatServerUri(uri)} with security mode ${mode}`
  if ((uri.scheme === 'coap') !== (mode === 'noSec')) {
    const remedy = mode === 'noSec' ? 'coaps:// needs credentials' : 'write coaps://'
    throw new TransportError('INVALID_SECURITY', `${shown} contradict each other: ${remedy}`)
  }
  if (mode === 'noSec') return { uri, security: undefined }
  if (mode !== 'psk') throw new TransportError('NOT_SUPPORTED', `${shown} is not supported; use coaps:// and psk`)
  const { publicKeyOrIdentity: identity, secretKey, suites } = securityCredentials(store, instanceId)
  const ask = secretKey.length === 0 ? keys.find(instanceId, account.uri, identity) : undefined
  if (suites.length > 0 && !suites.some(isPskSuite)) {
    throw new TransportError('NOT_SUPPORTED', `${shown}: none of its cipher suites (/0/${instanceId}/16) is supported`)
  }
  refuse(identityFault(identity), `${shown}: the identity (/0/${instanceId}/3)`)
  if (ask === undefined) refuse(keyFault(secretKey), `${shown}: the key (/0/${instanceId}/5)`)
  const key = ask === undefined ? secretKey : asked(ask)
  const serverName = account.sni ?? (isHostName(uri.host) ? uri.host.replace(/\.$/, '') : undefined)
  return { uri, security: { credentials: { kind: 'psk', identity, key }, serverName, suites } }
}

function isPskSuite(id: number): boolean {
  const suite = cipherSuites.get(id)
  return suite !== undefined && serverKeyType(suite) === undefined
}

/** The application may hand out anything, too. */
function asked(ask: Exclude<PskKey, Uint8Array>): PskKey {
  return async () => {
    const key = await ask()
    refuse(keyFault(key), 'the pre-shared key of the application')
    return key
  }
}

function refuse(fault: string | undefined, subject: string): void {
  if (fault !== undefined) throw new TransportError('INVALID_SECURITY', `${subject} ${fault}`)
}
