import type { ServerAccount } from '../objects/account.ts'
import type { SecurityCredentials } from '../objects/credentials.ts'
import type { Credentials, VerifyPeer } from '../transport/dtls/credentials.ts'
import type { ServerUri } from '../transport/uri.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'

/** What both kinds of account tell of the way to their server. */
export type Reach = Pick<ServerAccount, 'securityInstanceId' | 'uri' | 'securityMode' | 'sni'>

/** What of the client has a part in it. */
export type ProofEnvironment = Pick<ConnectionEnvironment, 'keys' | 'clock' | 'dtls'>

/** What a proof is made of. Holds secrets. */
export interface ProofSource {
  readonly account: Reach
  readonly uri: ServerUri
  readonly stored: SecurityCredentials
  readonly environment: ProofEnvironment
}

/** What the client proves itself with, and how the server has to. */
export interface Proof {
  readonly credentials: Credentials
  /** Absent where both share a key. */
  readonly verify?: VerifyPeer
}
