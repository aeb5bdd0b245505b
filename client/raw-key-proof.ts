import { AlertDescription, DtlsError } from '../transport/dtls/alert.ts'
import { readPublicKey } from '../transport/dtls/certificate/pem.ts'
import { readExpectedKey, verifyRawKey } from '../transport/dtls/certificate/raw-key.ts'
import { rpk } from '../transport/dtls/key-pair.ts'
import { matchingTypeOf, signingKey } from './key-pair-resources.ts'
import type { Proof, ProofSource } from './proof.ts'

/** The keys of the client and of the server (RFC 7250). Throws DtlsError, or RangeError, for resources of which nothing can come. */
export function rawKeyProof(source: ProofSource): Proof {
  const { account, stored } = source
  const { securityInstanceId: id } = account
  const { publicKeyOrIdentity, serverPublicKey } = stored
  const own = `the public key (/0/${id}/3)`
  const ofServer = `the Server Public Key (/0/${id}/4)`
  if (publicKeyOrIdentity.length === 0) throw new RangeError(`${own} is empty`)
  if (serverPublicKey.length === 0) throw new RangeError(`${ofServer} is empty`)
  const matchingType = matchingTypeOf(stored.matchingType, id)
  const expected = readExpectedKey(serverPublicKey, matchingType, ofServer)
  const publicKey = readPublicKey(publicKeyOrIdentity, own)
  return {
    credentials: rpk({ publicKey, key: signingKey(source) }),
    verify: peer => {
      if (peer.kind === 'rpk') return verifyRawKey(peer.publicKey, expected, matchingType)
      throw new DtlsError(AlertDescription.unsupportedCertificate, 'the server shows a certificate, but no raw key')
    },
  }
}
