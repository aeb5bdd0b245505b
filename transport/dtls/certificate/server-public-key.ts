import { createPublicKey } from 'node:crypto'
import { Certificate } from './certificate.ts'
import { CertificateError, readOwn } from './certificate-error.ts'
import { type MatchingType, matches, matchingFault } from './matching.ts'
import { readCertificateOrKey } from './pem.ts'

/** As errors name it. */
export const serverPublicKey = 'the Server Public Key (/0/x/4)'

/** What a client was given of its server (/0/x/4): a certificate, the public key of one, or a hash of either. */
export class ServerPublicKey {
  /** Where the value itself is one. */
  readonly certificate: Certificate | undefined
  readonly #value: Uint8Array
  readonly #type: MatchingType

  /**
   * `value` is DER or PEM for matching type 0, the hash itself for the others.
   * Throws {@link CertificateError} `configuration` for what matches nothing.
   */
  constructor(value: Uint8Array, type: MatchingType) {
    const fault = matchingFault(value, type)
    if (fault !== undefined) throw new CertificateError(serverPublicKey, 'configuration', fault)
    this.#type = type
    this.#value = type === 0 ? readOwn(() => readCertificateOrKey(value, serverPublicKey)) : value
    if (type === 0 && !isPublicKey(this.#value))
      this.certificate = readOwn(() => Certificate.parse(this.#value, serverPublicKey))
  }

  matches({ der, fields }: Certificate): boolean {
    return matches(der, this.#value, this.#type) || matches(fields.subjectPublicKeyInfo, this.#value, this.#type)
  }
}

function isPublicKey(key: Uint8Array): boolean {
  try {
    createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' })
    return true
  } catch {
    return false
  }
}
