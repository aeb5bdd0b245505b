import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { alertName } from '../../../../transport/dtls/alert.ts'
import { CertificateError } from '../../../../transport/dtls/certificate/certificate-error.ts'
import { type CertificateUsage, verifyCertificates } from '../../../../transport/dtls/certificate/verify.ts'
import { armored, issueAuthority, issueFamily, issueServer, nowMs, pem, yearMs } from '../../../helpers/certificates.ts'

const { root, intermediate, server } = await issueFamily()
const selfSigned = await issueServer({})
const stranger = await issueAuthority('stranger')
const others = { root, intermediate, server, selfSigned, stranger }
type Name = keyof typeof others

const shown: Readonly<Record<'server' | 'selfSigned', Buffer[]>> = {
  server: [server.der, intermediate.der],
  selfSigned: [selfSigned.der],
}

interface Wish {
  readonly usage?: CertificateUsage
  readonly value: Uint8Array
  readonly matchingType?: 0 | 1 | 2 | 3
  readonly trustStore?: readonly Uint8Array[]
  readonly atMs?: number
  readonly host?: string
}

function outcome(chain: readonly Buffer[], { value, atMs = nowMs, host = 'server.example', ...more }: Wish): string {
  try {
    verifyCertificates(chain, {
      purpose: 'server',
      nowMs: atMs,
      hosts: [host],
      trustStore: [root.der],
      serverCertificate: value,
      ...more,
    })
    return 'accepted'
  } catch (error) {
    expect(error).toBeInstanceOf(CertificateError)
    const { rule, alert } = error as CertificateError
    return `${rule}, ${alertName(alert)}`
  }
}

describe('what /0/x/15 makes of /0/x/4 (RFC 6698 §2.1.1)', () => {
  const unknownCa = 'issuer, unknown_ca'
  const noSuchCa = 'caConstraint, unknown_ca'
  const otherService = 'serviceCertificate, certificate_unknown'
  const otherDomain = 'domainIssued, certificate_unknown'
  test.each<[CertificateUsage, keyof typeof shown, Name, string]>([
    [0, 'server', 'root', 'accepted'],
    [0, 'server', 'intermediate', 'accepted'],
    [0, 'server', 'server', noSuchCa],
    [0, 'server', 'stranger', noSuchCa],
    [0, 'selfSigned', 'selfSigned', unknownCa],
    [1, 'server', 'server', 'accepted'],
    [1, 'server', 'root', otherService],
    [1, 'server', 'selfSigned', otherService],
    [1, 'selfSigned', 'selfSigned', unknownCa],
    [2, 'server', 'root', 'accepted'],
    [2, 'server', 'intermediate', 'accepted'],
    [2, 'server', 'server', 'accepted'],
    [2, 'server', 'stranger', unknownCa],
    [2, 'selfSigned', 'selfSigned', 'accepted'],
    [2, 'selfSigned', 'root', unknownCa],
    [3, 'server', 'server', 'accepted'],
    [3, 'server', 'root', otherDomain],
    [3, 'server', 'selfSigned', otherDomain],
    [3, 'selfSigned', 'selfSigned', 'accepted'],
    [3, 'selfSigned', 'root', otherDomain],
  ])('usage %i, the server shows %s, /0/x/4 is %s: %s', (usage, chain, value, result) => {
    expect(outcome(shown[chain], { usage, value: others[value].der })).toBe(result)
  })

  test('3 where there is none', () => {
    expect(outcome(shown.server, { value: server.der })).toBe('accepted')
    expect(outcome(shown.server, { value: root.der })).toBe(otherDomain)
  })

  test('the trust store is asked with usage 0 and 1, and with no other', () => {
    const trustStore = [stranger.der]
    expect(outcome(shown.server, { usage: 0, value: root.der, trustStore })).toBe(unknownCa)
    expect(outcome(shown.server, { usage: 1, value: server.der, trustStore })).toBe(unknownCa)
    expect(outcome(shown.server, { usage: 2, value: root.der, trustStore })).toBe('accepted')
    expect(outcome(shown.server, { usage: 3, value: server.der, trustStore })).toBe('accepted')
    expect(outcome(shown.server, { usage: 2, value: stranger.der })).toBe(unknownCa)
  })

  test('dates and host are checked with all but usage 3', () => {
    const values = [root, server, root, server] as const
    for (const usage of [0, 1, 2, 3] as const) {
      const value = values[usage].der
      const late = outcome(shown.server, { usage, value, atMs: nowMs + 2 * yearMs })
      const elsewhere = outcome(shown.server, { usage, value, host: 'other.example' })
      expect([late, elsewhere]).toEqual(
        usage === 3 ? ['accepted', 'accepted'] : ['expired, certificate_expired', 'hostName, certificate_unknown'],
      )
    }
  })
})

describe('how /0/x/4 is presented (/0/x/13)', () => {
  const hash = (name: string, bytes: Uint8Array) => createHash(name).update(bytes).digest()
  test.each<[string, 0 | 1 | 2 | 3, (bytes: Buffer) => Buffer]>([
    ['itself', 0, bytes => bytes],
    ['its SHA-256', 1, bytes => hash('sha256', bytes)],
    ['its SHA-384', 2, bytes => hash('sha384', bytes)],
    ['its SHA-512', 3, bytes => hash('sha512', bytes)],
  ])('%s, of the certificate or of its public key', (_name, matchingType, present) => {
    for (const bytes of [server.der, server.publicKey]) {
      const value = present(bytes)
      expect(outcome(shown.server, { usage: 3, value, matchingType })).toBe('accepted')
      expect(outcome(shown.server, { usage: 1, value, matchingType })).toBe('accepted')
      expect(outcome(shown.selfSigned, { usage: 3, value, matchingType })).toBe('domainIssued, certificate_unknown')
    }
    for (const bytes of [intermediate.der, intermediate.publicKey]) {
      const value = present(bytes)
      expect(outcome(shown.server, { usage: 0, value, matchingType })).toBe('accepted')
      expect(outcome(shown.server, { usage: 2, value, matchingType })).toBe('accepted')
      expect(outcome([server.der], { usage: 2, value, matchingType })).toBe(
        // Only the certificate itself is at hand where the server does not show it.
        matchingType === 0 && bytes === intermediate.der ? 'accepted' : 'issuer, unknown_ca',
      )
    }
  })

  test('in PEM', () => {
    expect(outcome(shown.server, { value: Buffer.from(pem(server)) })).toBe('accepted')
    expect(outcome(shown.server, { value: Buffer.from(armored('PUBLIC KEY', server.publicKey)) })).toBe('accepted')
  })
})

test('a refusal tells two certificates of one name apart', () => {
  const shortPrint = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  expect(() =>
    verifyCertificates(shown.server, { purpose: 'server', nowMs, serverCertificate: selfSigned.der }),
  ).toThrow(
    'CN=server: domain-issued certificate: ' +
      `/0/x/4 is CN=server with SHA-256 ${shortPrint(selfSigned.der)}…, ` +
      `not this one with SHA-256 ${shortPrint(server.der)}…`,
  )
})
