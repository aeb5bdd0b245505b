import { describe, expect, test } from 'vitest'
import { type AlertCode, alertName, DtlsError } from '../../../../transport/dtls/alert.ts'
import { CertificateError } from '../../../../transport/dtls/certificate/certificate-error.ts'
import { type VerifyOptions, verifyCertificates } from '../../../../transport/dtls/certificate/verify.ts'
import { generateTestKeys, type TestCertificate } from '../../../../transport/dtls/test-certificates.ts'
import {
  issue,
  issueAuthority,
  issueFamily,
  issueLoop,
  issueServer,
  nowMs,
  pem,
  yearMs,
} from '../../../helpers/certificates.ts'

const { root, intermediate, server, client } = await issueFamily()
const der = (...certificates: readonly TestCertificate[]) => certificates.map(one => one.der)
const anyHost: VerifyOptions = { purpose: 'server', nowMs, trustStore: [root.der] }
const options: VerifyOptions = { ...anyHost, hosts: ['server.example'] }
const verify = (chain: readonly Uint8Array[], more: Partial<VerifyOptions> = {}) =>
  verifyCertificates(chain, { ...options, ...more })

/** What the peer and the people are told. */
function refusal(chain: readonly Uint8Array[], more: Partial<VerifyOptions> = {}): string {
  try {
    verify(chain, more)
  } catch (error) {
    expect(error).toBeInstanceOf(CertificateError)
    const { alert, message } = error as CertificateError
    expect(message).not.toMatch(/\p{Cc}/u)
    return `${alertName(alert)} | ${message}`
  }
  return 'accepted'
}

const signed = (wish: Parameters<typeof issueServer>[0]) => issueServer({ issuer: intermediate, ...wish })

/** The bytes of a certificate with one text in them changed, of the same length. */
function changed({ der: bytes }: TestCertificate, from: string, to: string): Buffer {
  const text = bytes.toString('latin1')
  expect(text).toContain(from)
  return Buffer.from(text.replace(from, to), 'latin1')
}

async function chainOf(length: number): Promise<TestCertificate[]> {
  const authorities = [root]
  for (let count = 2; count <= length; count++)
    authorities.push(await issueAuthority(`authority ${count}`, { issuer: authorities.at(-1) as TestCertificate }))
  return [await issueServer({ issuer: authorities.at(-1) as TestCertificate }), ...authorities.slice(1).reverse()]
}

describe('a right certificate', () => {
  test('is accepted, and says who the peer is', () => {
    const { publicKey, identity, names } = verify(der(server, intermediate))
    expect(publicKey.export({ format: 'der', type: 'spki' })).toEqual(server.publicKey)
    expect([identity, names]).toEqual(['server', ['server', 'server.example']])
  })

  test('of a client, too', () => {
    expect(verifyCertificates(der(client, intermediate), { ...anyHost, purpose: 'client' })).toMatchObject({
      identity: 'urn:dev:os:1',
    })
  })

  test('without a common name: the identity is its SHA-256', async () => {
    const nameless = await issue({ issuer: root, uris: ['urn:dev:os:2'] })
    const { identity, names } = verifyCertificates(der(nameless), anyHost)
    expect([identity, names]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), ['urn:dev:os:2']])
  })

  test.each([
    ['the root shown, too', [server, intermediate, root]],
    ['in another order', [server, root, intermediate]],
    ['one too many', [server, client, intermediate]],
  ])('%s', (_name, chain) => expect(refusal(der(...chain))).toBe('accepted'))

  test.each<[string, Partial<VerifyOptions>]>([
    ['an authority that is no root', { trustStore: [intermediate.der] }],
    ['the certificate itself', { trustStore: [server.der] }],
    ['several in one PEM text', { trustStore: [Buffer.from(`# roots\n${pem(client)}\n${pem(intermediate)}`)] }],
  ])('what is trusted: %s', (_name, more) => expect(refusal(der(server), more)).toBe('accepted'))

  test('what is trusted need not say that it is an authority (RFC 5280 §6.1.4)', async () => {
    const old = await issueAuthority('old', { authority: 'unsaid' })
    expect(refusal(der(await issueServer({ issuer: old })), { trustStore: [old.der] })).toBe('accepted')
  })

  test('the trust store has another authority of the same name', async () => {
    const other = await issueAuthority('root')
    expect(refusal(der(server, intermediate), { trustStore: [other.der, root.der] })).toBe('accepted')
  })

  test('to the first and the last second of its validity', () => {
    for (const edgeMs of [nowMs - yearMs, nowMs + yearMs])
      expect(refusal(der(server, intermediate), { nowMs: edgeMs })).toBe('accepted')
  })

  test('signed by an authority of P-384, or with RSA', async () => {
    for (const algorithm of ['P-384', 'RSA-2048'] as const) {
      const authority = await issueAuthority('authority', { keys: await generateTestKeys(algorithm), hash: 'SHA-384' })
      const own = await issueServer({ issuer: authority, hash: 'SHA-384' })
      expect(refusal(der(own), { trustStore: [authority.der] })).toBe('accepted')
    }
  })

  test('a chain of 8', async () => expect(refusal(der(...(await chainOf(8))))).toBe('accepted'))
})

const unknownExtension = { id: '1.3.6.1.4.1.99999.1', value: Buffer.of(5, 0) }
const nameConstraints = { id: '2.5.29.30', isCritical: false, value: Buffer.of(0x30, 0) }

type Case = [rule: string, told: string, chain: () => Promise<Uint8Array[]>, more?: Partial<VerifyOptions>]

const bad: Case[] = [
  ['none', 'handshake_failure | the peer: no certificate: it has shown none', async () => []],
  [
    'expired',
    'certificate_expired | CN=server: expired: valid until 2026-05-31T23:59:59Z, now 2026-06-01T00:00:00Z',
    async () => der(await signed({ notAfterMs: nowMs - 1000 }), intermediate),
  ],
  [
    'not yet valid',
    'certificate_expired | CN=server: not yet valid: valid from 2026-06-01T00:00:01Z, now 2026-06-01T00:00:00Z',
    async () => der(await signed({ notBeforeMs: nowMs + 1000 }), intermediate),
  ],
  [
    'an expired authority',
    'certificate_expired | CN=old: expired: valid until 2026-05-31T23:59:59Z, now 2026-06-01T00:00:00Z',
    async () => {
      const old = await issueAuthority('old', { issuer: root, notAfterMs: nowMs - 1000 })
      return der(await issueServer({ issuer: old }), old)
    },
  ],
  [
    'wrong host',
    'certificate_unknown | CN=server: wrong host: it is for server.example, not for other.example or 192.0.2.1',
    async () => der(server, intermediate),
    { hosts: ['other.example', '192.0.2.1'] },
  ],
  [
    'for no host',
    'certificate_unknown | CN=urn:dev:os:1: wrong host: it is for urn:dev:os:1, not for server.example',
    async () => der(await issue({ commonName: 'urn:dev:os:1', issuer: root })),
  ],
  [
    'of a client',
    'unsupported_certificate | CN=urn:dev:os:1: extended key usage: for a client, not for a server',
    async () => der(client, intermediate),
  ],
  [
    'of a server',
    'unsupported_certificate | CN=server: extended key usage: for a server, not for a client',
    async () => der(server, intermediate),
    { purpose: 'client' },
  ],
  [
    'by an authority for clients',
    'unsupported_certificate | CN=clients: extended key usage: for a client, not for a server',
    async () => {
      const clients = await issueAuthority('clients', { issuer: root, purposes: ['client'] })
      return der(await issueServer({ issuer: clients }), clients)
    },
  ],
  [
    'not to sign with',
    'unsupported_certificate | CN=server: key usage: for keyAgreement, not for digitalSignature',
    async () => der(await signed({ keyUsages: ['keyAgreement'] }), intermediate),
  ],
  [
    'by an authority not to sign certificates with',
    'unsupported_certificate | CN=authority: key usage: for digitalSignature, not for keyCertSign',
    async () => {
      const authority = await issueAuthority('authority', { issuer: root, keyUsages: ['digitalSignature'] })
      return der(await issueServer({ issuer: authority }), authority)
    },
  ],
  [
    'signed by who is no authority',
    'bad_certificate | CN=server: no certification authority: its basic constraints deny it',
    async () => der(await issueServer({ commonName: 'other', issuer: server }), server, intermediate),
  ],
  [
    'signed by who does not say that it is an authority',
    'bad_certificate | CN=old: no certification authority: it has no basic constraints',
    async () => {
      const old = await issueAuthority('old', { issuer: root, authority: 'unsaid' })
      return der(await issueServer({ issuer: old }), old)
    },
  ],
  [
    'two signature algorithms',
    'bad_certificate | certificate 1 of 1: malformed: two signature algorithms',
    async () => [changed(server, '\x2a\x86\x48\xce\x3d\x04\x03\x02', '\x2a\x86\x48\xce\x3d\x04\x03\x03')],
  ],
  [
    'broken signature',
    'bad_certificate | CN=Server: wrong signature: not made by the key of CN=intermediate',
    async () => [changed(server, 'server', 'Server'), intermediate.der],
  ],
  [
    'signed by another authority of the name',
    'bad_certificate | CN=server: wrong signature: not made by the key of CN=intermediate',
    async () => der(await signed({ issuer: await issueAuthority('intermediate') }), intermediate),
  ],
  [
    'signed with SHA-1',
    'unsupported_certificate | CN=server: signature algorithm: 1.2.840.10045.4.1, no ECDSA or RSA with SHA-2',
    async () => der(await signed({ hash: 'SHA-1' }), intermediate),
  ],
  [
    'wrong curve',
    'unsupported_certificate | CN=server: public key: the curve secp384r1, not prime256v1',
    async () => der(await signed({ keys: await generateTestKeys('P-384') }), intermediate),
  ],
  [
    'an authority of a wrong curve',
    'unsupported_certificate | CN=large: public key: the curve secp521r1, not prime256v1 or secp384r1',
    async () => {
      const large = await issueAuthority('large', { issuer: root, keys: await generateTestKeys('P-521') })
      return der(await issueServer({ issuer: large }), large)
    },
  ],
  [
    'RSA of too few bits',
    'unsupported_certificate | CN=server: public key: RSA of 1024 bits, not 2048–8192',
    async () => der(await signed({ keys: await generateTestKeys('RSA-1024') }), intermediate),
  ],
  [
    'too long a chain',
    'bad_certificate | the peer: chain length: 9 certificates, at most 8',
    async () => der(...(await chainOf(9))),
  ],
  [
    'too long a path',
    'bad_certificate | CN=last: path length: 1 authorities below it, at most 0',
    async () => {
      const last = await issueAuthority('last', { issuer: root, authority: { pathLength: 0 } })
      const beyond = await issueAuthority('beyond', { issuer: last })
      return der(await issueServer({ issuer: beyond }), beyond, last)
    },
  ],
  [
    'a loop',
    'bad_certificate | CN=second: loop: signed by CN=first, which stands below it',
    async () => {
      const { first, second } = await issueLoop()
      return der(await issueServer({ issuer: first }), first, second)
    },
  ],
  [
    'unknown critical extension',
    'unsupported_certificate | CN=server: unknown extension: 1.3.6.1.4.1.99999.1, which nobody may pass over',
    async () => der(await signed({ extensions: [{ ...unknownExtension, isCritical: true }] }), intermediate),
  ],
  [
    'an authority with name constraints, critical or not',
    'unsupported_certificate | CN=bound: unknown extension: 2.5.29.30, which nobody may pass over',
    async () => {
      const bound = await issueAuthority('bound', { issuer: root, extensions: [nameConstraints] })
      return der(await issueServer({ issuer: bound }), bound)
    },
  ],
  [
    'the same extension twice',
    'bad_certificate | certificate 1 of 1: malformed: the extension 1.3.6.1.4.1.99999.1 twice',
    async () => {
      const extension = { ...unknownExtension, isCritical: false }
      return der(await signed({ extensions: [extension, extension] }))
    },
  ],
  [
    'self-signed',
    'unknown_ca | CN=server: unknown issuer: it is self-signed and not trusted',
    async () => der(await issueServer({})),
  ],
  [
    'an authority that nobody trusts',
    'unknown_ca | CN=stranger: unknown issuer: it is self-signed and not trusted',
    async () => {
      const stranger = await issueAuthority('stranger')
      return der(await issueServer({ issuer: stranger }), stranger)
    },
  ],
  [
    'the intermediate left away',
    'unknown_ca | CN=server: unknown issuer: CN=intermediate is neither trusted nor shown',
    async () => der(server),
  ],
  [
    'empty',
    'bad_certificate | certificate 1 of 1: malformed: nothing instead of sequence',
    async () => [Buffer.alloc(0)],
  ],
  [
    'garbage',
    'bad_certificate | certificate 2 of 2: malformed: tag 0x67 instead of sequence',
    async () => [server.der, Buffer.from('garbage')],
  ],
  [
    'PEM instead of DER',
    'bad_certificate | certificate 1 of 1: malformed: tag 0x2d instead of sequence',
    async () => [Buffer.from(pem(server))],
  ],
  [
    'cut off',
    'bad_certificate | certificate 1 of 1: malformed: ends too early',
    async () => [server.der.subarray(0, -1)],
  ],
  [
    'more behind it',
    'bad_certificate | certificate 1 of 1: malformed: 1 bytes too many',
    async () => [Buffer.concat([server.der, Buffer.of(0)])],
  ],
  [
    'a public key that is none',
    'unsupported_certificate | CN=server: public key: of a kind that OpenSSL does not know',
    async () => {
      const off = Buffer.from(server.der)
      const at = off.indexOf(server.publicKey) + server.publicKey.length - 1
      off.writeUInt8(off.readUInt8(at) ^ 1, at)
      return [off, intermediate.der]
    },
  ],
  [
    'a name that would fill the screen',
    `unknown_ca | CN=?[2J${'x'.repeat(113)}…: unknown issuer: it is self-signed and not trusted`,
    async () => der(await issueServer({ commonName: `\u001b[2J${'x'.repeat(10_000)}` })),
  ],
]

describe('a bad certificate is refused', () => {
  test.each<Case>(bad)('%s: %s', async (_rule, told, chain, more) => expect(refusal(await chain(), more)).toBe(told))

  test('an unknown extension that is not critical says nothing', async () => {
    const own = await signed({ extensions: [{ ...unknownExtension, isCritical: false }] })
    expect(refusal(der(own, intermediate))).toBe('accepted')
  })

  test('a new key of the same authority does not lengthen the path (RFC 5280 §6.1.4)', async () => {
    const last = await issueAuthority('last', { issuer: root, authority: { pathLength: 0 } })
    const renewed = await issueAuthority('last', { issuer: last })
    expect(refusal(der(await issueServer({ issuer: renewed }), renewed, last))).toBe('accepted')
  })

  test('each error is one for the handshake', () => {
    const error = new CertificateError('CN=a', 'expired', 'long ago')
    expect(error).toBeInstanceOf(DtlsError)
    expect(error).toMatchObject({ subject: 'CN=a', rule: 'expired', found: 'long ago', alert: 45 satisfies AlertCode })
  })
})

describe('what this end was given cannot be used: internal_error', () => {
  test.each<[string, string, Partial<VerifyOptions>]>([
    [
      'garbage to trust',
      'entry 2 of the trust store: unusable: neither DER nor PEM',
      { trustStore: [root.der, Buffer.from('x')] },
    ],
    [
      'a key to trust',
      'entry 1 of the trust store: unusable: objectIdentifier instead of integer',
      { trustStore: [root.publicKey] },
    ],
    [
      'a usage without a certificate',
      'the Server Public Key (/0/x/4): unusable: missing for certificate usage 3',
      { usage: 3 },
    ],
    [
      'a hash of another length',
      'the Server Public Key (/0/x/4): unusable: 20 bytes, a hash of matching type 1 has 32',
      { serverCertificate: Buffer.alloc(20), matchingType: 1 },
    ],
    [
      'garbage in /0/x/4',
      'the Server Public Key (/0/x/4): unusable: neither DER nor PEM',
      { serverCertificate: Buffer.from('garbage') },
    ],
    [
      'what only looks like a certificate in /0/x/4',
      'the Server Public Key (/0/x/4): unusable: nothing instead of sequence',
      { serverCertificate: Buffer.from('3000', 'hex') },
    ],
    [
      'two certificates in /0/x/4',
      'the Server Public Key (/0/x/4): unusable: 2 of them, one is expected',
      { serverCertificate: Buffer.from(pem(server) + pem(root)) },
    ],
  ])('%s', (_name, found, more) => expect(refusal(der(server, intermediate), more)).toBe(`internal_error | ${found}`))

  test('nothing to trust', () => {
    expect(refusal(der(server, intermediate), { trustStore: [] })).toBe(
      'unknown_ca | CN=intermediate: unknown issuer: CN=root is neither trusted nor shown',
    )
  })
})
