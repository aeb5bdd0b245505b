import { AlertDescription, DtlsError } from '../alert.ts'
import type { VerifiedPeer } from '../certificate/verified-peer.ts'
import { type CertificateType, sign } from '../credentials.ts'
import type { Extensions } from '../extensions.ts'
import type { FlightPart } from '../flight.ts'
import { illegal, unexpected } from '../handshake.ts'
import { type HandshakeMessage, HandshakeType } from '../handshake-message.ts'
import { KeyShare } from '../key-share.ts'
import { certificateTypeIds, decodeCertificate, encodeCertificate } from '../messages/certificate.ts'
import {
  type CertificateRequest,
  clientCertificateTypes,
  decodeCertificateRequest,
} from '../messages/certificate-request.ts'
import { encodeCertificateVerify } from '../messages/certificate-verify.ts'
import { encodeEcdheClientKeyExchange } from '../messages/ecdhe-client-key-exchange.ts'
import { decodeEcdheServerKeyExchange, signedShare } from '../messages/ecdhe-server-key-exchange.ts'
import type { EcdheShare } from '../messages/ecdhe-share.ts'
import { groups } from '../negotiation.ts'
import type { DtlsClientOptions } from '../parameters.ts'
import { offeredAlgorithms } from '../signatures.ts'
import { serverKeyType } from '../suites.ts'
import type { ClientKeyExchange, KeyExchangeContext } from './key-exchange.ts'
import { defaultCertificateTypes, type Proof, proofBy } from './proof.ts'
import { checkSignature, verifiedTypes, verifyPeer } from './verification.ts'

/** What a ClientHello says of certificates; nothing where there are to be none. */
export function certificateExtensions(options: DtlsClientOptions): Extensions {
  const { credentials } = options
  if (credentials.kind === 'psk') return {}
  const verified = verifiedTypes(options, [credentials]).map(kind => certificateTypeIds[kind])
  return {
    signatureAlgorithms: offeredAlgorithms,
    // RFC 7250 §4.1: not where it is certificates alone.
    ...(credentials.kind === 'rpk' && { clientCertificateTypes: [certificateTypeIds.rpk] }),
    ...(verified.some(id => id !== certificateTypeIds.x509) && { serverCertificateTypes: verified }),
  }
}

/** An ephemeral key that the server signs (RFC 8422), and what it asks the client to prove. */
export class CertificateClientExchange implements ClientKeyExchange {
  readonly #context: KeyExchangeContext<DtlsClientOptions>
  readonly #answer: Extensions
  readonly #serverForm: CertificateType
  #server: VerifiedPeer | undefined
  #share: EcdheShare | undefined
  #request: CertificateRequest | undefined

  /** @param answer the extensions of the ServerHello */
  constructor(context: KeyExchangeContext<DtlsClientOptions>, answer: Extensions) {
    const { options } = context
    const forms = verifiedTypes(options, [options.credentials])
    const [chosen = certificateTypeIds.x509] = answer.serverCertificateTypes ?? defaultCertificateTypes
    const form = forms.find(kind => certificateTypeIds[kind] === chosen)
    if (form === undefined)
      throw new DtlsError(AlertDescription.unsupportedCertificate, 'the server shows its key in a form not asked for')
    this.#context = context
    this.#answer = answer
    this.#serverForm = form
  }

  get peerIdentity(): string | undefined {
    return this.#server?.identity
  }

  receive(message: HandshakeMessage): void {
    const { type, body } = message
    if (type === HandshakeType.certificate && this.#server === undefined) this.#certificate(body)
    else if (type === HandshakeType.serverKeyExchange && this.#share === undefined) this.#serverShare(message)
    else if (type === HandshakeType.certificateRequest && this.#share !== undefined && this.#request === undefined)
      this.#request = decodeCertificateRequest(body)
    else throw unexpected(message)
  }

  answer(done: (parts: FlightPart[]) => void): void {
    const { options, output, agreement, writer } = this.#context
    const { group, publicKey } = this.#share ?? missing()
    const proof = this.#request && this.#proof(this.#request)
    const parts: FlightPart[] = []
    if (this.#request !== undefined)
      parts.push(writer.write(HandshakeType.certificate, encodeCertificate(proof?.credentials)))
    const share = KeyShare.generate(group, options.random)
    parts.push(writer.write(HandshakeType.clientKeyExchange, encodeEcdheClientKeyExchange(share.publicKey)))
    agreement.agree(share.secret(publicKey))
    if (proof === undefined) return done(parts)
    const { credentials, algorithm } = proof
    output.later(sign(credentials, agreement.terms.transcript.messages(), algorithm), signature => {
      const body = encodeCertificateVerify({ algorithm: algorithm.id, signature })
      done([...parts, writer.write(HandshakeType.certificateVerify, body)])
    })
  }

  #certificate(body: Buffer): void {
    const shown = decodeCertificate(body, this.#serverForm)
    if (shown === undefined) throw new DtlsError(AlertDescription.badCertificate, 'the server shows no certificate')
    const { options, agreement } = this.#context
    const keyType = serverKeyType(agreement.terms.suite)
    this.#server = verifyPeer(options, shown, keyType === undefined ? [] : [keyType])
  }

  #serverShare(message: HandshakeMessage): void {
    if (this.#server === undefined) throw unexpected(message)
    const { clientRandom, serverRandom } = this.#context.agreement.terms
    const { share, ...signed } = decodeEcdheServerKeyExchange(message.body)
    if (!groups.includes(share.group)) throw illegal('the server chose a group that was not offered')
    checkSignature(signed, signedShare(clientRandom, serverRandom, share), this.#server.publicKey)
    this.#share = share
  }

  /** Undefined: the client has nothing of the kind that the server asks for (RFC 5246 §7.4.6). */
  #proof(request: CertificateRequest): Proof | undefined {
    const { credentials } = this.#context.options
    if (credentials.kind === 'psk' || credentials.kind === 'anonymous') return undefined
    if (!request.certificateTypes.includes(clientCertificateTypes[credentials.keyType])) return undefined
    const { clientCertificateTypes: forms = defaultCertificateTypes } = this.#answer
    return proofBy(credentials, { algorithms: request.signatureAlgorithms, certificateTypes: forms })
  }
}

function missing(): never {
  throw new DtlsError(AlertDescription.unexpectedMessage, 'the ServerKeyExchange is missing')
}
