import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto'
import type { CertificateType } from '../../transport/dtls/credentials.ts'
import { authority, certificates, type End } from './dtls-key-pairs.ts'
import {
  cookie,
  extendedMasterSecret,
  keysAndFinished,
  messages,
  type Primitives,
  sealTicket,
  transcript,
} from './dtls-primitives.ts'

/** What is signed of the key exchange: both randoms and the share of the server (RFC 8422 §5.4). */
const signedShare = Buffer.alloc(32 + 32 + 4 + 32)
/** What goes before the certificates, after the ClientHello. */
const flights = { server: Buffer.alloc(270), client: Buffer.alloc(44), verify: Buffer.alloc(88) }
const headers = 12 + 6

/** An ephemeral key of X25519, its public part as it goes on the wire, and the secret with that of the peer. */
function agree(): void {
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  publicKey.export({ format: 'jwk' })
  diffieHellman({ privateKey, publicKey: createPublicKey({ key: peerShare, format: 'jwk' }) })
}

const peerShare = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })

const authorityKey = createPublicKey({ key: authority.publicKey, format: 'der', type: 'spki' })

const rawKeys = { client: rawKey('client'), server: rawKey('server') }

/** As a JWK, which takes half the time of DER. */
function rawKey(end: End): JsonWebKey {
  return createPublicKey({ key: certificates[end].publicKey, format: 'der', type: 'spki' }).export({ format: 'jwk' })
}

/** Reads the key that a peer shows; of a certificate, and verifies who signed it. */
const readKey: Readonly<Record<CertificateType, (peer: End) => KeyObject>> = {
  x509(peer) {
    const certificate = new X509Certificate(certificates[peer].der)
    certificate.verify(authorityKey)
    return certificate.publicKey
  },
  rpk: peer => createPublicKey({ key: rawKeys[peer], format: 'jwk' }),
}

/** What the two sides of a mutual ECDHE_ECDSA handshake need, with keys of the peer that are at hand or have to be read. */
export function keyPairPrimitives(
  kind: CertificateType,
  isCached: boolean,
): { readonly client: Primitives; readonly server: Primitives } {
  const shown = (end: End) => {
    const { der, publicKey } = certificates[end]
    return Buffer.alloc(headers + (kind === 'x509' ? der : publicKey).length)
  }
  const all = [
    messages.clientHello,
    messages.serverHello,
    shown('server'),
    flights.server,
    shown('client'),
    flights.client,
  ]
  const signedMessages = Buffer.concat(all)
  const groups = [all, [flights.verify], [messages.finished, messages.newSessionTicket], [messages.finished]]
  const side = (own: End, peer: End, signed: Buffer, verified: Buffer): Primitives => {
    const { privateKey } = certificates[own]
    const atHand = isCached ? readKey[kind](peer) : undefined
    const signature = sign('sha256', verified, certificates[peer].privateKey)
    return () => {
      transcript(...groups)
      agree()
      sign('sha256', signed, privateKey)
      verify('sha256', verified, atHand ?? readKey[kind](peer), signature)
      extendedMasterSecret()
      keysAndFinished()
    }
  }
  const client = side('client', 'server', signedMessages, signedShare)
  const server = side('server', 'client', signedShare, signedMessages)
  return {
    client,
    server() {
      cookie()
      cookie()
      server()
      sealTicket()
    },
  }
}
