import { securityCredentials } from '../objects/credentials.ts'
import { cipherSuites, serverKeyType } from '../transport/dtls/suites.ts'
import { TransportError } from '../transport/errors.ts'
import { formatServerUri, isHostName, isSecure, isStream, parseServerUri, type ServerUri } from '../transport/uri.ts'
import { certificateProof } from './certificate-proof.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'
import { credentialFault } from './credential-fault.ts'
import { reachedBy, type TransportWishes } from './current-transport.ts'
import { fingerprint } from './fingerprint.ts'
import type { Proof, ProofEnvironment, ProofSource, Reach } from './proof.ts'
import { pskProof } from './psk-proof.ts'
import { rawKeyProof } from './raw-key-proof.ts'

/** Where a server is and what secures the way to it. Holds secrets. */
export interface Destination {
  /** With the scheme of the transport to use. */
  readonly uri: ServerUri
  /** Undefined: nothing does, by the word of the account. */
  readonly security: DestinationSecurity | undefined
}

export interface DestinationSecurity extends Proof {
  /** The name to tell the server that it is asked for (RFC 6066 §3); undefined: it has none. */
  readonly serverName: string | undefined
  /** Empty: all that the engine has. */
  readonly suites: readonly number[]
  /** Of all that a session with this server depends on: with other credentials it is another one. */
  readonly fingerprint: string
}

/** What of the client has a part in it. */
export type DestinationEnvironment = ProofEnvironment & Pick<ConnectionEnvironment, 'network' | 'store'>

const proofs = { psk: pskProof, rpk: rawKeyProof, x509: certificateProof } as const
type ProvenMode = keyof typeof proofs

/**
 * What the Security instance of an account says; whoever wrote that may have written anything. An account that is to be secured
 * is never taken for one that is not. Throws TransportError INVALID_URI, INVALID_SECURITY where its resources contradict each
 * other or are no credentials, NOT_SUPPORTED for a security that the engine does not speak.
 */
export function destinationOf(account: Reach & TransportWishes, environment: DestinationEnvironment): Destination {
  const { securityMode: mode, securityInstanceId: instanceId } = account
  // There are no raw public keys over TLS.
  const canStream = environment.network.streams !== undefined && mode !== 'rpk'
  const uri = reachedBy(parseServerUri(account.uri), account, canStream)
  const shown = `${formatServerUri(uri)} with security mode ${mode}`
  if (isSecure(uri.scheme) !== (mode !== 'noSec')) {
    const secured = isStream(uri.scheme) ? 'coaps+tcp://' : 'coaps://'
    const remedy = mode === 'noSec' ? `${secured} needs credentials` : `write ${secured}`
    throw new TransportError('INVALID_SECURITY', `${shown} contradict each other: ${remedy}`)
  }
  if (mode === 'noSec') return { uri, security: undefined }
  if (mode === 'est') throw new TransportError('NOT_SUPPORTED', `${shown} is not supported; use psk, rpk or x509`)
  const stored = securityCredentials(environment.store, instanceId)
  if (stored.suites.length > 0 && !stored.suites.some(id => isSuiteOf(mode === 'psk', id))) {
    throw new TransportError('NOT_SUPPORTED', `${shown}: none of its cipher suites (/0/${instanceId}/16) is supported`)
  }
  return { uri, security: securedBy(mode, { account, uri, stored, environment }) }
}

/** What secures the way to `uri`. Throws TransportError INVALID_SECURITY for what is no credentials. */
export function securedBy(mode: ProvenMode, source: ProofSource): DestinationSecurity {
  const { account, uri, stored, environment } = source
  const shown = `${formatServerUri(uri)} with security mode ${mode}`
  // RFC 6066 §3: no address, and no dot at the end.
  const name = account.sni ?? uri.host
  const serverName = isHostName(name) ? name.replace(/\.$/, '') : undefined
  return {
    ...prove(shown, () => proofs[mode](source)),
    serverName,
    suites: stored.suites,
    fingerprint: fingerprint(formatServerUri(uri), mode, serverName, stored, environment.dtls.trustStore),
  }
}

/** Tells whose resources are of no use. */
function prove(shown: string, make: () => Proof): Proof {
  try {
    return make()
  } catch (error) {
    throw new TransportError('INVALID_SECURITY', `${shown}: ${credentialFault(error)}`, { cause: error })
  }
}

function isSuiteOf(hasSharedKey: boolean, id: number): boolean {
  const suite = cipherSuites.get(id)
  return suite !== undefined && (serverKeyType(suite) === undefined) === hasSharedKey
}
