import type { SecureContextOptions } from 'node:tls'
import { TransportError } from '../errors.ts'

/** How the ends of a suite prove who they are: with a key that both share, or with certificates. */
export type SuiteProof = 'sharedKey' | 'certificates'

interface TlsSuite {
  /** As registered at IANA, two bytes. */
  readonly id: number
  /** As OpenSSL calls it. */
  readonly name: string
  readonly proof: SuiteProof
}

function suites(proof: SuiteProof, names: Readonly<Record<string, number>>): TlsSuite[] {
  return Object.entries(names).map(([name, id]) => ({ id, name, proof }))
}

/**
 * The preferred first: short tags and MAC-then-encrypt come last. A client that offers both kinds has a pre-shared key for
 * the server, which says who it is, whereas it need not have a certificate. OpenSSL lacks ECDHE-PSK with CCM and GCM.
 */
const rows: readonly TlsSuite[] = [
  ...suites('sharedKey', {
    'PSK-AES128-GCM-SHA256': 0x00a8,
    'PSK-AES128-CCM': 0xc0a4,
    'PSK-AES128-CCM8': 0xc0a8,
    'ECDHE-PSK-AES128-CBC-SHA256': 0xc037,
    'PSK-AES128-CBC-SHA256': 0x00ae,
  }),
  ...suites('certificates', {
    TLS_AES_128_GCM_SHA256: 0x1301,
    TLS_AES_256_GCM_SHA384: 0x1302,
    TLS_CHACHA20_POLY1305_SHA256: 0x1303,
    TLS_AES_128_CCM_SHA256: 0x1304,
    TLS_AES_128_CCM_8_SHA256: 0x1305,
    'ECDHE-ECDSA-AES128-GCM-SHA256': 0xc02b,
    'ECDHE-RSA-AES128-GCM-SHA256': 0xc02f,
    'ECDHE-ECDSA-AES256-GCM-SHA384': 0xc02c,
    'ECDHE-RSA-AES256-GCM-SHA384': 0xc030,
    'ECDHE-ECDSA-AES128-CCM': 0xc0ac,
    'ECDHE-ECDSA-AES128-CCM8': 0xc0ae,
    'ECDHE-ECDSA-AES128-SHA256': 0xc023,
    'ECDHE-RSA-AES128-SHA256': 0xc027,
  }),
]

const byId: ReadonlyMap<number, TlsSuite> = new Map(rows.map(suite => [suite.id, suite]))

/** Whether the ends of a suite share a key; `name` as OpenSSL calls it. */
export function isSharedKeySuite(name: string): boolean {
  return rows.some(suite => suite.name === name && suite.proof === 'sharedKey')
}

/**
 * What OpenSSL is told of the suites of these kinds: all, or those of `wanted` by its order. With shared keys there is no
 * TLS 1.3, of which Node has them not: a server with both kinds would agree on it with clients that need its key. Throws
 * TransportError NOT_SUPPORTED where none is left.
 */
export function suiteSettings(proofs: readonly SuiteProof[], wanted?: readonly number[]): SecureContextOptions {
  const chosen = wanted === undefined ? rows : wanted.flatMap(id => byId.get(id) ?? [])
  const names = chosen
    .filter(({ name, proof }) => proofs.includes(proof) && !(isOfTls13(name) && proofs.includes('sharedKey')))
    .map(({ name }) => name)
  if (names.length === 0) throw new TransportError('NOT_SUPPORTED', 'none of the cipher suites is supported over TLS')
  const hasTls12 = !names.every(isOfTls13)
  return {
    // LwM2M demands suites with a tag of 8 bytes; of TLS 1.2, OpenSSL has them at this security level only.
    ciphers: (hasTls12 ? [...names, '@SECLEVEL=0'] : names).join(':'),
    // It would offer its own suites for a version without any.
    minVersion: hasTls12 ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: names.some(isOfTls13) ? 'TLSv1.3' : 'TLSv1.2',
  }
}

function isOfTls13(name: string): boolean {
  return name.startsWith('TLS_')
}
