import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { expect, test } from 'vitest'
import { Certificate } from '../../../../transport/dtls/certificate/certificate.ts'
import { readCertificates } from '../../../../transport/dtls/certificate/pem.ts'
import { issue, issueAuthority, nowMs, yearMs } from '../../../helpers/certificates.ts'

test('a certificate says what was written into it', async () => {
  const root = await issueAuthority('root', { authority: { pathLength: 3 } })
  const { der, publicKey } = await issue({
    commonName: 'device',
    issuer: root,
    hosts: ['a.example', '192.0.2.1'],
    uris: ['urn:dev:os:1'],
    purposes: ['server', 'client'],
    keyUsages: ['digitalSignature', 'keyAgreement'],
  })
  const { fields, name, isSelfIssued } = Certificate.parse(der, 'it')
  expect([name, isSelfIssued, fields.issuer.text]).toEqual(['CN=device', false, 'CN=root'])
  expect([fields.notBeforeMs, fields.notAfterMs]).toEqual([nowMs - yearMs, nowMs + yearMs])
  expect(fields.subjectPublicKeyInfo).toEqual(publicKey)
  expect(fields.extensions).toEqual({
    basicConstraints: { isCa: false, pathLength: undefined },
    keyUsage: ['digitalSignature', 'keyAgreement'],
    extendedKeyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
    alternativeNames: { dnsNames: ['a.example'], uris: ['urn:dev:os:1'], ipAddresses: [Buffer.of(192, 0, 2, 1)] },
    unknown: [],
  })
  const authority = Certificate.parse(root.der, 'it')
  expect([authority.isSelfIssued, authority.fields.extensions.basicConstraints]).toEqual([
    true,
    { isCa: true, pathLength: 3 },
  ])
})

test('the authorities that Node trusts are read, and as OpenSSL reads them', () => {
  expect(rootCertificates.length).toBeGreaterThan(100)
  for (const text of rootCertificates) {
    const [der = Buffer.alloc(0)] = readCertificates(Buffer.from(text))
    const certificate = Certificate.parse(der, 'root')
    const x509 = new X509Certificate(der)
    expect(certificate.fields.notAfterMs).toBe(Date.parse(x509.validTo))
    expect(certificate.isSelfIssued).toBe(x509.checkIssued(x509))
    expect(certificate.fields.extensions.basicConstraints?.isCa ?? false).toBe(x509.ca)
  }
})
