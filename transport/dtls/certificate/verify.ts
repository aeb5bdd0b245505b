import { printable } from '../../printable.ts'
import type { Certificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { buildPath, readChain } from './chain.ts'
import { hostsOf, isForHost } from './host.ts'
import type { MatchingType } from './matching.ts'
import type { PeerCache } from './peer-cache.ts'
import { checkPath, checkPeerKey, type Purpose } from './rules.ts'
import { ServerPublicKey, serverPublicKey } from './server-public-key.ts'
import { readTrustStore } from './trust-store.ts'
import type { VerifiedPeer } from './verified-peer.ts'

/**
 * What a server's certificate has to do with /0/x/4 (/0/x/15, RFC 6698 §2.1.1): 0 CA constraint, 1 service certificate
 * constraint, 2 trust anchor assertion, 3 domain-issued certificate.
 */
export type CertificateUsage = 0 | 1 | 2 | 3

export interface VerifyOptions {
  /** What the peer is to be. */
  readonly purpose: Purpose
  /** Milliseconds since 1970, by the clock of this end. */
  readonly nowMs: number
  /** Certificates in DER or PEM that are believed whoever signed them; none by default. */
  readonly trustStore?: readonly Uint8Array[]
  /** The certificate has to be for one of these, DNS names or IP addresses; no such check by default. */
  readonly hosts?: readonly string[]
  /** With `serverCertificate` 3 by default; without it the trust store alone decides. */
  readonly usage?: CertificateUsage
  /** /0/x/4: a certificate or public key in DER or PEM, or a hash of it as `matchingType` says. */
  readonly serverCertificate?: Uint8Array
  /** /0/x/13, 0 by default. */
  readonly matchingType?: MatchingType
  /** Knows the certificates of trusted peers that come again; absent: they are read each time. */
  readonly cache?: PeerCache<Certificate>
}

/**
 * Decides whether a peer is trusted that shows `chain`, certificates in DER, its own first. Throws
 * {@link CertificateError}. A domain-issued certificate (usage 3) is believed as it is: its dates, names and usages are
 * not asked for (RFC 6698 §2.1.1). Revocation is not checked.
 */
export function verifyCertificates(chain: readonly Uint8Array[], options: VerifyOptions): VerifiedPeer {
  const path = trustedPath(chain, options)
  for (const certificate of path) options.cache?.keep(certificate.der, certificate)
  return verifiedPeer(path[0])
}

/** The peer's own certificate first, the one that is trusted last. */
function trustedPath(chain: readonly Uint8Array[], options: VerifyOptions): [Certificate, ...Certificate[]] {
  const pin = pinOf(options)
  const certificates = readChain(pin?.usage === 3 ? chain.slice(0, 1) : chain, options.cache)
  const [own] = certificates
  if (pin?.usage === 3) {
    checkMatch(own, pin.key, 'domainIssued')
    checkPeerKey(own)
    return [own]
  }
  const anchors = pin?.usage === 2 ? assertedAnchors(certificates, pin.key) : readTrustStore(options.trustStore ?? [])
  const path = buildPath(certificates, anchors)
  checkPath(path, options)
  checkHost(own, options.hosts)
  if (pin?.usage === 0) checkAuthorities(path, pin.key)
  if (pin?.usage === 1) checkMatch(own, pin.key, 'serviceCertificate')
  return path
}

interface Pin {
  readonly key: ServerPublicKey
  readonly usage: CertificateUsage
}

function pinOf({ serverCertificate, matchingType = 0, usage }: VerifyOptions): Pin | undefined {
  if (serverCertificate !== undefined)
    return { key: new ServerPublicKey(serverCertificate, matchingType), usage: usage ?? 3 }
  if (usage === undefined) return undefined
  throw new CertificateError(serverPublicKey, 'configuration', `missing for certificate usage ${usage}`)
}

/** The one anchor of usage 2, which a hash or public key of it leaves to the peer to show. */
function assertedAnchors(shown: readonly Certificate[], key: ServerPublicKey): Certificate[] {
  return key.certificate === undefined ? shown.filter(certificate => key.matches(certificate)) : [key.certificate]
}

function checkMatch(own: Certificate, key: ServerPublicKey, rule: 'serviceCertificate' | 'domainIssued'): void {
  if (key.matches(own)) return
  throw new CertificateError(own.name, rule, `/0/x/4 is ${describe(key)}, not this one with ${shortPrint(own)}`)
}

function checkAuthorities([own, ...authorities]: readonly Certificate[], key: ServerPublicKey): void {
  if (own === undefined || authorities.some(authority => key.matches(authority))) return
  const why = key.matches(own) ? 'the certificate itself and no authority' : 'no authority of its path'
  throw new CertificateError(own.name, 'caConstraint', `/0/x/4 is ${describe(key)}, ${why}`)
}

function describe({ certificate }: ServerPublicKey): string {
  return certificate === undefined ? 'a key or hash' : `${certificate.name} with ${shortPrint(certificate)}`
}

/** Two certificates of one name are told apart by it. */
function shortPrint({ fingerprint }: Certificate): string {
  return `SHA-256 ${fingerprint.slice(0, 16)}…`
}

function checkHost(own: Certificate, hosts: readonly string[] | undefined): void {
  if (hosts === undefined || hosts.some(host => isForHost(own, host))) return
  const found = printable(hostsOf(own).join(', ')) || 'no host'
  throw new CertificateError(own.name, 'hostName', `it is for ${found}, not for ${hosts.join(' or ')}`)
}

function verifiedPeer(own: Certificate): VerifiedPeer {
  const { commonName } = own.fields.subject
  const uris = own.fields.extensions.alternativeNames?.uris ?? []
  const names = new Set([...(commonName === undefined ? [] : [commonName]), ...hostsOf(own), ...uris])
  return { publicKey: own.publicKey, identity: commonName ?? own.fingerprint, names: [...names] }
}
