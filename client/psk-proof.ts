import type { PskKey } from '../transport/dtls/credentials.ts'
import { identityFault, keyFault } from '../transport/dtls/psk-bounds.ts'
import { TransportError } from '../transport/errors.ts'
import type { Proof, ProofSource } from './proof.ts'

/** A pre-shared key, which proves the server, too. Throws RangeError for resources that are none. */
export function pskProof({ account, stored, environment }: ProofSource): Proof {
  const { securityInstanceId: id, uri } = account
  const { publicKeyOrIdentity: identity, secretKey } = stored
  const kept = secretKey.length === 0 ? environment.keys.find(id, uri, identity) : undefined
  const ask = kept?.kind === 'psk' ? kept.key : undefined
  refuse(identityFault(identity), `the identity (/0/${id}/3)`)
  if (ask === undefined) refuse(keyFault(secretKey), `the key (/0/${id}/5)`)
  return { credentials: { kind: 'psk', identity, key: ask === undefined ? secretKey : asked(ask) } }
}

function refuse(fault: string | undefined, subject: string): void {
  if (fault !== undefined) throw new RangeError(`${subject} ${fault}`)
}

/** The application may hand out anything, too. */
function asked(ask: Exclude<PskKey, Uint8Array>): PskKey {
  return async () => {
    const key = await ask()
    const fault = keyFault(key)
    if (fault === undefined) return key
    throw new TransportError('INVALID_SECURITY', `the pre-shared key of the application ${fault}`)
  }
}
