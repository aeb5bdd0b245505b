import { KeyObject, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import type { KeyUsageFlags } from '@peculiar/x509'
import type { Random } from '../random.ts'

/** What a certificate for tests is to say. */
export interface CertificateTemplate {
  /** Of the subject; none without it. */
  readonly commonName?: string
  /** Who signs it; itself without one. */
  readonly issuer?: TestCertificate
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** Absent: no certification authority; `unsaid`: one without basic constraints, as they were long ago. */
  readonly authority?: { readonly pathLength?: number } | 'unsaid'
  /** Alternative names: DNS names and IP addresses. */
  readonly hosts?: readonly string[]
  /** Alternative names that are URIs. */
  readonly uris?: readonly string[]
  /** Extended key usages; no such extension without it. */
  readonly purposes?: readonly ('server' | 'client')[]
  /** At least 1; `digitalSignature` by default, `keyCertSign` too for an authority; undefined: no such extension. */
  readonly keyUsages?: readonly ('digitalSignature' | 'keyAgreement' | 'keyCertSign')[] | undefined
  /** Those that there is no name for here, their values in DER. */
  readonly extensions?: readonly { readonly id: string; readonly isCritical: boolean; readonly value: Uint8Array }[]
  /** Fresh ones of P-256 by default. */
  readonly keys?: TestKeys
  /** What it is signed with, SHA-256 by default. */
  readonly hash?: 'SHA-1' | 'SHA-256' | 'SHA-384'
  readonly random: Random
}

/** A private key, and its public one as SubjectPublicKeyInfo in DER. */
export interface ExportedKeys {
  readonly privateKey: KeyObject
  readonly publicKey: Buffer
}

/** A certificate and its keys. */
export interface TestCertificate extends ExportedKeys {
  readonly der: Buffer
  readonly commonName: string | undefined
  readonly keys: TestKeys
}

export type TestKeys = webcrypto.CryptoKeyPair

const algorithms = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384' },
  'P-521': { name: 'ECDSA', namedCurve: 'P-521' },
  'RSA-1024': rsa(1024),
  'RSA-2048': rsa(2048),
} as const

function rsa(modulusLength: number) {
  return { name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' } as const
}

export function generateTestKeys(algorithm: keyof typeof algorithms = 'P-256'): Promise<TestKeys> {
  return webcrypto.subtle.generateKey(algorithms[algorithm], true, ['sign', 'verify'])
}

export function exportTestKeys({ privateKey, publicKey }: TestKeys): ExportedKeys {
  return {
    privateKey: KeyObject.from(privateKey),
    publicKey: KeyObject.from(publicKey).export({ format: 'der', type: 'spki' }),
  }
}

/** Makes a certificate, a right one or one of those that are to be refused. Takes 0.1 s the first time. */
export async function issueCertificate(template: CertificateTemplate): Promise<TestCertificate> {
  const x509 = await loadX509()
  const { commonName, issuer, random, keys = await generateTestKeys() } = template
  const serialNumber = random.bytes(16)
  // A positive INTEGER of all 16 bytes (RFC 5280 §4.1.2.2).
  serialNumber.writeUInt8((serialNumber.readUInt8(0) & 0x7f) | 0x40, 0)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber.toString('hex'),
    subject: nameOf(commonName),
    issuer: nameOf(issuer === undefined ? commonName : issuer.commonName),
    notBefore: new Date(template.notBeforeMs),
    notAfter: new Date(template.notAfterMs),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: { name: (issuer?.keys ?? keys).privateKey.algorithm.name, hash: template.hash ?? 'SHA-256' },
    extensions: [
      ...extensionsOf(template, x509),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create((issuer?.keys ?? keys).publicKey),
    ],
  })
  return {
    der: Buffer.from(certificate.rawData),
    ...exportTestKeys(keys),
    commonName,
    keys,
  }
}

type X509 = Awaited<ReturnType<typeof loadX509>>

/** Loaded when needed only, and never for the checks of a handshake: it takes 0.1 s and 15 MB. */
async function loadX509() {
  // It does not load without the reflection that its decorators take for granted.
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

function nameOf(commonName: string | undefined) {
  return commonName === undefined ? [] : [{ CN: [commonName] }]
}

function extensionsOf(template: CertificateTemplate, x509: X509) {
  const { authority, hosts = [], uris = [], purposes, extensions = [] } = template
  const usages = 'keyUsages' in template ? template.keyUsages : defaultKeyUsages(authority !== undefined)
  const names = [
    ...hosts.map(value => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
    ...uris.map(value => ({ type: 'url' as const, value })),
  ]
  const purposeIds = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth }
  return [
    ...(authority === 'unsaid'
      ? []
      : [new x509.BasicConstraintsExtension(authority !== undefined, authority?.pathLength, true)]),
    ...(usages === undefined ? [] : [new x509.KeyUsagesExtension(keyUsageFlags(usages, x509), true)]),
    ...(purposes === undefined ? [] : [new x509.ExtendedKeyUsageExtension(purposes.map(one => purposeIds[one]))]),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ...extensions.map(({ id, isCritical, value }) => new x509.Extension(id, isCritical, value)),
  ]
}

function defaultKeyUsages(isAuthority: boolean): NonNullable<CertificateTemplate['keyUsages']> {
  return isAuthority ? ['digitalSignature', 'keyCertSign'] : ['digitalSignature']
}

function keyUsageFlags(usages: NonNullable<CertificateTemplate['keyUsages']>, x509: X509): KeyUsageFlags {
  const flags = usages.map((usage): KeyUsageFlags => x509.KeyUsageFlags[usage])
  return flags.reduce((all, flag) => all | flag)
}
