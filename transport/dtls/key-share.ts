import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import type { Random } from '../random.ts'
import { AlertDescription, DtlsError } from './alert.ts'

/** The groups of the key exchange by their ids, the preferred first (RFC 8422 §5.1.1). */
export const namedGroups = { x25519: 29, secp256r1: 23 } as const

/** The shared secret of a private key with a peer's public one; throws whatever for one that is none. */
type Agreement = (peerPublic: Uint8Array) => Buffer

/** What this end contributes to an ephemeral key exchange (RFC 8422 §5.4); serves one handshake. */
export class KeyShare {
  readonly group: number
  /** As it goes on the wire: 32 bytes of X25519, or the 65 of an uncompressed point of P-256. */
  readonly publicKey: Buffer
  readonly #agree: Agreement

  /** A fresh private key. Throws {@link DtlsError} `illegalParameter` for a group that is not in {@link namedGroups}. */
  static generate(group: number, random: Random): KeyShare {
    if (group === namedGroups.x25519) return new KeyShare(group, ...generateX25519(random))
    if (group === namedGroups.secp256r1) return new KeyShare(group, ...generateP256(random))
    throw new DtlsError(AlertDescription.illegalParameter, `the group ${group} was not offered`)
  }

  private constructor(group: number, publicKey: Buffer, agree: Agreement) {
    this.group = group
    this.publicKey = publicKey
    this.#agree = agree
  }

  /**
   * The secret both ends arrive at, 32 bytes, the caller's to wipe. Throws {@link DtlsError} `illegalParameter` for a
   * public key that is no point of the group, or leads to the same secret with every private key (RFC 8422 §5.10, §5.11).
   */
  secret(peerPublic: Uint8Array): Buffer {
    try {
      return this.#agree(peerPublic)
    } catch (cause) {
      throw new DtlsError(AlertDescription.illegalParameter, 'the public key of the peer is no point', { cause })
    }
  }
}

const privateBytes = 32

/** A key of X25519 as a JWK (RFC 8037 §2), which OpenSSL takes as it is: to find out what is in DER takes it 0.5 ms. */
const x25519 = { kty: 'OKP', crv: 'X25519' }

function generateX25519(random: Random): [Buffer, Agreement] {
  const secret = random.bytes(privateBytes)
  // The public key is made of the private one, whatever stands in `x`. Nobody can wipe the text, as little as the key.
  const key = { ...x25519, x: '', d: secret.toString('base64url') }
  const privateKey = createPrivateKey({ key, format: 'jwk' })
  secret.fill(0)
  const { x: publicKey = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const agree: Agreement = peerPublic => {
    const x = Buffer.from(peerPublic).toString('base64url')
    // OpenSSL refuses what has not 32 bytes, or makes a secret of zeros (RFC 7748 §6.1).
    return diffieHellman({ privateKey, publicKey: createPublicKey({ key: { ...x25519, x }, format: 'jwk' }) })
  }
  return [Buffer.from(publicKey, 'base64url'), agree]
}

const uncompressed = 4
const pointBytes = 65

function generateP256(random: Random): [Buffer, Agreement] {
  const exchange = createECDH('prime256v1')
  const secret = p256Private(random)
  exchange.setPrivateKey(secret)
  secret.fill(0)
  const agree: Agreement = peerPublic => {
    // OpenSSL reads compressed points, too, which nobody may send here (RFC 8422 §5.1.2).
    if (peerPublic.length !== pointBytes || peerPublic[0] !== uncompressed) throw new RangeError('a compressed point')
    return exchange.computeSecret(peerPublic)
  }
  return [exchange.getPublicKey(), agree]
}

const p256Order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')

/** Uniform in 1 … order − 1: what is not is drawn again, one in 2^32 times (FIPS 186-5 §A.2.2). */
function p256Private(random: Random): Buffer {
  for (;;) {
    const drawn = random.bytes(privateBytes)
    if (drawn.compare(p256Order) < 0 && drawn.some(byte => byte !== 0)) return drawn
  }
}
