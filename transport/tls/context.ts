import { constants } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'
import type { CertificateCredentials } from '../dtls/credentials.ts'
import { TransportError } from '../errors.ts'
import { reasonOf } from './failure.ts'

/** RFC 8323 §8.2; offered by both ends, demanded by none. */
export const applicationProtocols = ['coap']

/**
 * What both roles have in common. No authorities: our own verification decides on the certificates of peers. With the security
 * level that the suites of LwM2M need, OpenSSL would take signatures over SHA-1, too.
 */
export const commonContext = {
  ca: [],
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  sigalgs: [
    'ECDSA+SHA256',
    'ECDSA+SHA384',
    'ECDSA+SHA512',
    'RSA-PSS+SHA256',
    'RSA-PSS+SHA384',
    'RSA-PSS+SHA512',
    'RSA+SHA256',
    'RSA+SHA384',
    'RSA+SHA512',
  ].join(':'),
} satisfies SecureContextOptions

/**
 * What an end shows of itself; OpenSSL takes one certificate of each type of key, here the preferred one. Throws
 * TransportError NOT_SUPPORTED for a key that is kept elsewhere.
 */
export function ownCertificates(credentials: readonly CertificateCredentials[]): { cert: string[]; key: string[] } {
  const shown = credentials.filter(
    ({ keyType }, index) => index === credentials.findIndex(one => one.keyType === keyType),
  )
  return { cert: shown.map(chainPem), key: shown.map(keyPem) }
}

function keyPem({ key }: CertificateCredentials): string {
  if (typeof key !== 'function') return key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const remedy = 'give the key itself, or use coaps:// over UDP'
  throw new TransportError('NOT_SUPPORTED', `over TLS a private key cannot be kept elsewhere; ${remedy}`)
}

function chainPem({ chain }: CertificateCredentials): string {
  return chain.map(certificatePem).join('')
}

/** RFC 7468 §5.1. */
function certificatePem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** Makes what OpenSSL may refuse: certificates that it does not read. Throws TransportError INVALID_SECURITY. */
export function made<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TransportError) throw error
    const message = `OpenSSL does not take the certificate or key: ${reasonOf(error)}`
    throw new TransportError('INVALID_SECURITY', message, { cause: error })
  }
}
