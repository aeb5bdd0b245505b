import type { SigningKeyType } from './signatures.ts'

/** How the two ends agree on a premaster secret. */
type KeyExchange = 'psk' | 'ecdhePsk' | 'ecdheEcdsa' | 'ecdheRsa'

/** AES-128 in a mode; `ccm8` has a tag of 8 bytes, `ccm` and `gcm` of 16, `cbc` goes with HMAC-SHA256. */
export type CipherMode = 'ccm8' | 'ccm' | 'gcm' | 'cbc'

/** A row of the table. All suites use the PRF of TLS 1.2 with SHA-256. */
export interface CipherSuite {
  /** As registered at IANA, two bytes. */
  readonly id: number
  readonly name: string
  readonly keyExchange: KeyExchange
  readonly cipher: CipherMode
  readonly keyBytes: number
  readonly macKeyBytes: number
  /** The part of the nonce that comes from the key block. */
  readonly fixedIvBytes: number
}

function aead(id: number, name: string, keyExchange: KeyExchange, cipher: 'ccm8' | 'ccm' | 'gcm'): CipherSuite {
  return { id, name, keyExchange, cipher, keyBytes: 16, macKeyBytes: 0, fixedIvBytes: 4 }
}

/** Only with encrypt-then-MAC (RFC 7366): CBC that MACs first does not exist here. */
function cbc(id: number, name: string, keyExchange: KeyExchange): CipherSuite {
  return { id, name, keyExchange, cipher: 'cbc', keyBytes: 16, macKeyBytes: 32, fixedIvBytes: 0 }
}

/**
 * The suite of RFC 7252 §9.1.3.1 leads; CBC comes last. A client that offers both has a pre-shared key for the server,
 * which says who it is, whereas it need not have a certificate.
 */
const rows: readonly CipherSuite[] = [
  aead(0xc0a8, 'TLS_PSK_WITH_AES_128_CCM_8', 'psk', 'ccm8'),
  aead(0xc0a4, 'TLS_PSK_WITH_AES_128_CCM', 'psk', 'ccm'),
  aead(0x00a8, 'TLS_PSK_WITH_AES_128_GCM_SHA256', 'psk', 'gcm'),
  aead(0xd003, 'TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256', 'ecdhePsk', 'ccm8'),
  aead(0xd005, 'TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256', 'ecdhePsk', 'ccm'),
  aead(0xd001, 'TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256', 'ecdhePsk', 'gcm'),
  aead(0xc0ae, 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 'ecdheEcdsa', 'ccm8'),
  aead(0xc0ac, 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM', 'ecdheEcdsa', 'ccm'),
  aead(0xc02b, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ecdheEcdsa', 'gcm'),
  aead(0xc02f, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ecdheRsa', 'gcm'),
  cbc(0x00ae, 'TLS_PSK_WITH_AES_128_CBC_SHA256', 'psk'),
  cbc(0xc037, 'TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256', 'ecdhePsk'),
  cbc(0xc023, 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'ecdheEcdsa'),
]

/** The suites by their id, the preferred first (RFC 5289, RFC 5487, RFC 5489, RFC 6655, RFC 7251, RFC 8442). */
export const cipherSuites: ReadonlyMap<number, CipherSuite> = new Map(rows.map(suite => [suite.id, suite]))

/** Whether the ends agree on an ephemeral key (RFC 8422), for which they need a group in common. */
export function isEphemeral({ keyExchange }: CipherSuite): boolean {
  return keyExchange !== 'psk'
}

/** The kind of key with which the server proves who it is; undefined where both share a key. */
export function serverKeyType({ keyExchange }: CipherSuite): SigningKeyType | undefined {
  if (keyExchange === 'ecdheEcdsa') return 'ec'
  return keyExchange === 'ecdheRsa' ? 'rsa' : undefined
}
