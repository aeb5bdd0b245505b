import { Certificate } from './certificate.ts'
import { CertificateError, readOwn } from './certificate-error.ts'
import { DerReader, DerTag } from './der.ts'
import { type MatchingType, matches, matchingFault } from './matching.ts'
import { readCertificateOrKey } from './pem.ts'

/** As errors name it. */
export const serverPublicKey = 'the Server Public Key (/0/x/4)'

/** What a client was given of its server (/0/x/4): a certificate, the public key of one, or a hash of either. */
export class ServerPublicKey {
  readonly #value: Uint8Array
  readonly #type: MatchingType
  #certificate: Certificate | undefined

  /**
   * `value` is DER or PEM for matching type 0, the hash itself for the others.
   * Throws {@link CertificateError} `configuration` for what matches nothing.
   */
  constructor(value: Uint8Array, type: MatchingType) {
    const fault = matchingFault(value, type)
    if (fault !== undefined) throw new CertificateError(serverPublicKey, 'configuration', fault)
    this.#type = type
    this.#value = type === 0 ? readOwn(() => readCertificateOrKey(value, serverPublicKey)) : value
  }

  /**
   * Where the value itself is one; read when asked for, most do well without.
   * Throws {@link CertificateError} `configuration` for what only looks like one.
   */
  get certificate(): Certificate | undefined {
    if (this.#type !== 0 || isPublicKey(this.#value)) return undefined
    this.#certificate ??= readOwn(() => Certificate.parse(this.#value, serverPublicKey))
    return this.#certificate
  }

  matches({ der, fields }: Certificate): boolean {
    return matches(der, this.#value, this.#type) || matches(fields.subjectPublicKeyInfo, this.#value, this.#type)
  }
}

/** A SubjectPublicKeyInfo begins with its algorithm, what is signed of a certificate with a version or number. */
function isPublicKey(value: Uint8Array): boolean {
  try {
    return new DerReader(value).sequence().sequence().hasNext(DerTag.objectIdentifier)
  } catch {
    return false
  }
}
