import {
  type CertificateTemplate,
  generateTestKeys,
  issueCertificate,
  type TestCertificate,
} from '../../transport/dtls/test-certificates.ts'
import { seededRandom } from '../../transport/random.ts'

/** The time of all certificate tests. */
export const nowMs = Date.UTC(2026, 5, 1)
export const yearMs = 365 * 86_400_000

const random = seededRandom(7)

type Wish = Partial<CertificateTemplate>

/** A certificate valid a year before and after {@link nowMs}. */
export function issue(wish: Wish): Promise<TestCertificate> {
  return issueCertificate({ notBeforeMs: nowMs - yearMs, notAfterMs: nowMs + yearMs, random, ...wish })
}

/** A certification authority that signed itself, or that another one signed. */
export function issueAuthority(commonName: string, wish: Wish = {}): Promise<TestCertificate> {
  return issue({ commonName, authority: {}, ...wish })
}

/** `root` has signed `intermediate`, which has signed `server` and `client`. */
export async function issueFamily() {
  const root = await issueAuthority('root')
  const intermediate = await issueAuthority('intermediate', { issuer: root })
  const server = await issueServer({ issuer: intermediate })
  const client = await issue({ commonName: 'urn:dev:os:1', issuer: intermediate, purposes: ['client'] })
  return { root, intermediate, server, client }
}

export function issueServer(wish: Wish): Promise<TestCertificate> {
  return issue({ commonName: 'server', hosts: ['server.example'], purposes: ['server'], ...wish })
}

/** Two authorities, each with a certificate that the other one signed. */
export async function issueLoop() {
  const keys = await generateTestKeys()
  const first = await issueAuthority('first', { keys })
  const second = await issueAuthority('second', { issuer: first })
  const closing = await issueAuthority('first', { keys, issuer: second })
  return { first: closing, second }
}

/** As text (RFC 7468). */
export function pem({ der }: TestCertificate): string {
  return armored('CERTIFICATE', der)
}

export function armored(label: string, der: Buffer): string {
  // OpenSSL does not read a block with an empty line.
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
