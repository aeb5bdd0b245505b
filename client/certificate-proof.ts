import { AlertDescription, DtlsError } from '../transport/dtls/alert.ts'
import { Certificate } from '../transport/dtls/certificate/certificate.ts'
import { readCertificates } from '../transport/dtls/certificate/pem.ts'
import { ServerPublicKey } from '../transport/dtls/certificate/server-public-key.ts'
import { type CertificateUsage, verifyCertificates } from '../transport/dtls/certificate/verify.ts'
import { x509 } from '../transport/dtls/key-pair.ts'
import { matchingTypeOf, signingKey, smallNumber } from './key-pair-resources.ts'
import type { Proof, ProofSource } from './proof.ts'

/**
 * The certificate of the client, and how the server's is verified (LwM2M Transport 1.2.2 §5.2.8.7): now, for the host of the URI
 * or the name in /0/x/14. Throws DtlsError, or RangeError, for resources of which nothing can come.
 */
export function certificateProof(source: ProofSource): Proof {
  const { account, uri, environment } = source
  const { clock, dtls } = environment
  const chain = ownChain(source)
  const credentials = x509({ chain, key: signingKey(source) })
  const options = {
    purpose: 'server',
    ...trusted(source),
    trustStore: dtls.trustStore ?? [],
    hosts: [account.sni ?? uri.host],
  } as const
  return {
    credentials,
    verify: peer => {
      if (peer.kind === 'x509') return verifyCertificates(peer.chain, { ...options, nowMs: clock.now() })
      throw new DtlsError(AlertDescription.unsupportedCertificate, 'the server shows no certificate, but a raw key')
    },
  }
}

function ownChain({ account, stored }: ProofSource): Buffer[] {
  const place = `the certificate (/0/${account.securityInstanceId}/3)`
  if (stored.publicKeyOrIdentity.length === 0) throw new RangeError(`${place} is empty`)
  const chain = readCertificates(stored.publicKeyOrIdentity, place)
  for (const der of chain) Certificate.parse(der, place)
  return chain
}

/** What the account says of the server, which has to be something that can be true. */
function trusted({ account, stored, environment }: ProofSource) {
  const { securityInstanceId: id } = account
  const { serverPublicKey: serverCertificate, certificateUsage } = stored
  const matchingType = matchingTypeOf(stored.matchingType, id)
  const usage: CertificateUsage | undefined = smallNumber(certificateUsage, `the certificate usage (/0/${id}/15)`)
  const hasTrustStore = environment.dtls.trustStore !== undefined && environment.dtls.trustStore.length > 0
  if (serverCertificate.length === 0) {
    const place = `the Server Public Key (/0/${id}/4) is empty`
    if (usage !== undefined) throw new RangeError(`${place}, but the certificate usage (/0/${id}/15) is ${usage}`)
    if (!hasTrustStore) throw new RangeError(`${place}, and without \`dtls.trustStore\` no server is to be trusted`)
    return {}
  }
  if ((usage === 0 || usage === 1) && !hasTrustStore) {
    throw new RangeError(`the certificate usage (/0/${id}/15) ${usage} needs \`dtls.trustStore\``)
  }
  // For what they throw.
  void new ServerPublicKey(serverCertificate, matchingType).certificate
  return { serverCertificate, matchingType, ...(usage === undefined ? {} : { usage }) }
}
