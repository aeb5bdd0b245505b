import type { PskCredentials } from '../transport/dtls/credentials.ts'
import type { ExternalKey } from './external-keys.ts'
import { checkPsk } from './psk.ts'
import type { RawKeySecurity } from './rpk.ts'
import type { CertificateSecurity } from './x509.ts'

/** What secures the way to a server: a pre-shared key, a certificate, or raw public keys. */
export type Security = PskCredentials | CertificateSecurity | RawKeySecurity

/** Security modes (LwM2M Core 1.2.2 §E.1, resource 2). */
const modes = { psk: 0, rpk: 1, x509: 2, noSec: 3 } as const

/** The resources of a Security instance that say it, without a key that is kept elsewhere. Throws OptionsError. */
export function securityResources(security: Security | undefined) {
  if (security === undefined) return { securityMode: modes.noSec, ...credentials() }
  const securityMode = modes[security.kind]
  const key = security.key instanceof Uint8Array ? security.key : undefined
  if (security.kind === 'psk') {
    checkPsk(security)
    return { securityMode, ...credentials(security.identity, undefined, key) }
  }
  const { matchingType } = security
  const matching = matchingType === undefined ? {} : { matchingType }
  if (security.kind === 'rpk') {
    return { securityMode, ...credentials(security.publicKey, security.serverPublicKey, key), ...matching }
  }
  const { certificate, serverCertificate, usage } = security
  return {
    securityMode,
    ...credentials(certificate, serverCertificate, key),
    ...matching,
    ...(usage === undefined ? {} : { certificateUsage: usage }),
  }
}

const none: Uint8Array = new Uint8Array()

/** All three are mandatory; what there is not is empty. */
function credentials(own = none, serverPublicKey = none, secretKey = none) {
  return { publicKeyOrIdentity: own, serverPublicKey, secretKey }
}

/** The key that is kept elsewhere; undefined where it is in the objects. */
export function externalKey(security: Security): ExternalKey | undefined {
  if (security.key instanceof Uint8Array) return undefined
  return security.kind === 'psk' ? { kind: 'psk', key: security.key } : { kind: 'signing', key: security.key }
}
