import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { CertificateError } from './certificate-error.ts'
import { DerError, DerReader, DerTag } from './der.ts'
import { publicKeyFault } from './public-key.ts'

/** A block of text that holds DER (RFC 7468). */
interface PemBlock {
  readonly label: string
  readonly der: Buffer
}

const certificateLabels = ['CERTIFICATE', 'X509 CERTIFICATE']
const publicKeyLabel = 'PUBLIC KEY'

/**
 * The certificates in a file or resource: one in DER, or all in PEM, whatever text and keys stand around them.
 * Throws {@link CertificateError} `malformed`; whether they are certificates is seen where they are used.
 */
export function readCertificates(bytes: Uint8Array, place = 'the certificate'): Buffer[] {
  return readBlocks(bytes, certificateLabels, place)
}

/**
 * A raw public key, a SubjectPublicKeyInfo in DER or PEM, as DER.
 * Throws {@link CertificateError} `malformed`; whether it is one is seen where it is used.
 */
export function readPublicKey(bytes: Uint8Array, place = 'the public key'): Buffer {
  return onlyOne(readBlocks(bytes, [publicKeyLabel], place), place)
}

/** One certificate or public key in DER or PEM, as DER. Throws {@link CertificateError} `malformed`. */
export function readCertificateOrKey(bytes: Uint8Array, place: string): Buffer {
  return onlyOne(readBlocks(bytes, [...certificateLabels, publicKeyLabel], place), place)
}

/** DER as text, in lines of 64 characters (RFC 7468 §2). */
export function writePem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

function readBlocks(bytes: Uint8Array, labels: readonly string[], place: string): Buffer[] {
  if (isDer(bytes)) return [Buffer.from(bytes)]
  const found = readPem(bytes, place).filter(({ label }) => labels.includes(label))
  if (found.length === 0) throw new CertificateError(place, 'malformed', `no ${labels[0]} in the PEM text`)
  return found.map(({ der }) => der)
}

function onlyOne(found: readonly Buffer[], place: string): Buffer {
  const [first] = found
  if (first === undefined || found.length > 1)
    throw new CertificateError(place, 'malformed', `${found.length} of them, one is expected`)
  return first
}

/**
 * A private key in DER or PEM: PKCS #8 (RFC 5958), SEC 1 (RFC 5915) or PKCS #1, not encrypted.
 * Throws {@link CertificateError} `malformed`, or `publicKey` for one that is neither of P-256 nor of RSA.
 */
export function readPrivateKey(bytes: Uint8Array, place = 'the private key'): KeyObject {
  const key = decodePrivateKey(isDer(bytes) ? Buffer.from(bytes) : privateKeyBlock(bytes, place), place)
  const fault = publicKeyFault(createPublicKey(key), 'peer')
  if (fault !== undefined) throw new CertificateError(place, 'publicKey', fault)
  return key
}

function privateKeyBlock(bytes: Uint8Array, place: string): Buffer {
  const found = readPem(bytes, place).find(({ label }) => label.endsWith('PRIVATE KEY'))
  if (found === undefined) throw new CertificateError(place, 'malformed', 'no PRIVATE KEY in the PEM text')
  if (found.label.startsWith('ENCRYPTED')) throw new CertificateError(place, 'malformed', 'it is encrypted')
  return found.der
}

function decodePrivateKey(key: Buffer, place: string): KeyObject {
  try {
    return createPrivateKey({ key, format: 'der', type: privateKeyType(key) })
  } catch (cause) {
    throw new CertificateError(place, 'malformed', cause instanceof DerError ? cause.message : 'no key in it', {
      cause,
    })
  }
}

/** The three begin with a version and go on with a SEQUENCE, an OCTET STRING or an INTEGER. */
function privateKeyType(key: Buffer): 'pkcs8' | 'sec1' | 'pkcs1' {
  const content = new DerReader(key).sequence()
  content.integer()
  if (content.hasNext(DerTag.sequence)) return 'pkcs8'
  return content.hasNext(DerTag.octetString) ? 'sec1' : 'pkcs1'
}

/** Whether it is one SEQUENCE from the first byte to the last, which no text is. */
function isDer(bytes: Uint8Array): boolean {
  const reader = new DerReader(bytes)
  try {
    reader.value(DerTag.sequence)
    reader.end()
    return true
  } catch {
    return false
  }
}

const longestPem = 1_000_000
const begin = /^-----BEGIN ([A-Z0-9 ]{1,40})-----\s*$/
const base64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Throws {@link CertificateError} `malformed` for what has no block, or one that is cut off or no base64. */
function readPem(bytes: Uint8Array, place: string): PemBlock[] {
  const malformed = (found: string) => new CertificateError(place, 'malformed', found)
  if (bytes.length > longestPem) throw malformed(`${bytes.length} bytes, at most ${longestPem}`)
  const blocks: PemBlock[] = []
  let label: string | undefined
  let content: string[] = []
  for (const line of Buffer.from(bytes).toString('latin1').split(/\r?\n/)) {
    if (label === undefined) {
      label = begin.exec(line)?.[1]
      content = []
    } else if (line.trimEnd() === `-----END ${label}-----`) {
      blocks.push({ label, der: decodeBase64(content.join('')) })
      label = undefined
    } else {
      content.push(line.trim())
    }
  }
  if (label !== undefined) throw malformed(`the ${label} in the PEM text does not end`)
  if (blocks.length === 0) throw malformed('neither DER nor PEM')
  return blocks

  function decodeBase64(text: string): Buffer {
    // An encrypted key of the old kind says so in lines of its own.
    if (text.startsWith('Proc-Type:')) throw malformed('it is encrypted')
    if (text === '' || text.length % 4 !== 0 || !base64.test(text)) throw malformed(`the ${label} is no base64`)
    return Buffer.from(text, 'base64')
  }
}
