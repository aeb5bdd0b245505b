import { AlertDescription, DtlsError } from '../alert.ts'
import type { VerifiedPeer } from '../certificate/verified-peer.ts'
import { type CertificateType, sign } from '../credentials.ts'
import type { Extensions } from '../extensions.ts'
import type { FlightPart } from '../flight.ts'
import { empty, refused, unexpected } from '../handshake.ts'
import { type HandshakeMessage, HandshakeType } from '../handshake-message.ts'
import type { KeyShare } from '../key-share.ts'
import { certificateTypeIds, decodeCertificate, encodeCertificate } from '../messages/certificate.ts'
import { clientCertificateTypes, encodeCertificateRequest } from '../messages/certificate-request.ts'
import { decodeCertificateVerify } from '../messages/certificate-verify.ts'
import { decodeEcdheClientKeyExchange } from '../messages/ecdhe-client-key-exchange.ts'
import { encodeEcdheServerKeyExchange, signedShare } from '../messages/ecdhe-server-key-exchange.ts'
import type { DtlsServerOptions } from '../parameters.ts'
import { offeredAlgorithms } from '../signatures.ts'
import type { KeyExchangeContext, ServerKeyExchange } from './key-exchange.ts'
import { defaultCertificateTypes, type Proof } from './proof.ts'
import { checkSignature, verifiedTypes, verifyPeer } from './verification.ts'

/** An ephemeral key that the server signs (RFC 8422), and what it asks the client to prove. */
export class CertificateServerExchange implements ServerKeyExchange {
  readonly extensions: Extensions
  readonly #context: KeyExchangeContext<DtlsServerOptions>
  readonly #share: KeyShare
  readonly #proof: Proof
  /** The form in which the client is to show its key; undefined: it is not asked. */
  readonly #clientForm: CertificateType | undefined
  #stage: 'certificate' | 'keys' | 'verify' | 'over'
  #client: VerifiedPeer | undefined
  /** What the client signs: all up to its ClientKeyExchange (RFC 5246 §7.4.8). */
  #signed: Buffer = empty

  /** @param offered the extensions of the ClientHello */
  constructor(context: KeyExchangeContext<DtlsServerOptions>, share: KeyShare, proof: Proof, offered: Extensions) {
    const form = clientForm(context.options, offered)
    this.#context = context
    this.#share = share
    this.#proof = proof
    this.#clientForm = form
    this.#stage = form === undefined ? 'keys' : 'certificate'
    this.extensions = {
      ...(offered.serverCertificateTypes && { serverCertificateTypes: [certificateTypeIds[proof.credentials.kind]] }),
      // RFC 7250 §4.2: only with a CertificateRequest.
      ...(offered.clientCertificateTypes && form && { clientCertificateTypes: [certificateTypeIds[form]] }),
    }
  }

  get peerIdentity(): string | undefined {
    return this.#client?.identity
  }

  begin(done: (parts: FlightPart[]) => void): void {
    const { output, agreement, writer } = this.#context
    const { clientRandom, serverRandom } = agreement.terms
    const { credentials, algorithm } = this.#proof
    const share = this.#share
    const certificate = writer.write(HandshakeType.certificate, encodeCertificate(credentials))
    output.later(sign(credentials, signedShare(clientRandom, serverRandom, share), algorithm), signature => {
      const exchange = encodeEcdheServerKeyExchange({ share, algorithm: algorithm.id, signature })
      const parts = [certificate, writer.write(HandshakeType.serverKeyExchange, exchange)]
      if (this.#clientForm !== undefined) parts.push(this.#request())
      done(parts)
    })
  }

  receive(message: HandshakeMessage): boolean {
    this.#take(message)
    return this.#stage === 'over'
  }

  #take(message: HandshakeMessage): void {
    const { type, body } = message
    if (type === HandshakeType.certificate && this.#stage === 'certificate') this.#certificate(body)
    else if (type === HandshakeType.clientKeyExchange && this.#stage === 'keys') this.#exchangeKeys(body)
    else if (type === HandshakeType.certificateVerify && this.#stage === 'verify') this.#verify(body)
    else throw unexpected(message)
  }

  #request(): FlightPart {
    const { options, writer } = this.#context
    const request = encodeCertificateRequest({
      certificateTypes: Object.values(clientCertificateTypes),
      signatureAlgorithms: offeredAlgorithms,
      authorities: options.clientAuthorities ?? [],
    })
    return writer.write(HandshakeType.certificateRequest, request)
  }

  #certificate(body: Buffer): void {
    const { options } = this.#context
    const shown = decodeCertificate(body, this.#clientForm ?? 'x509')
    if (shown !== undefined) this.#client = verifyPeer(options, shown, ['ec', 'rsa'])
    else if (options.clientCertificates !== 'optional') throw refused('the client shows no certificate')
    this.#stage = 'keys'
  }

  #exchangeKeys(body: Buffer): void {
    const { agreement } = this.#context
    agreement.agree(this.#share.secret(decodeEcdheClientKeyExchange(body)))
    this.#stage = this.#client === undefined ? 'over' : 'verify'
    if (this.#stage === 'verify') this.#signed = agreement.terms.transcript.messages()
  }

  #verify(body: Buffer): void {
    const signed = decodeCertificateVerify(body)
    if (this.#client !== undefined) checkSignature(signed, this.#signed, this.#client.publicKey)
    this.#stage = 'over'
  }
}

/** Throws DtlsError unsupportedCertificate where the client cannot show what it has to (RFC 7250 §4.2). */
function clientForm(options: DtlsServerOptions, offered: Extensions): CertificateType | undefined {
  const { clientCertificates = 'required', credentials = [] } = options
  if (clientCertificates === 'none') return undefined
  const { clientCertificateTypes: forms = defaultCertificateTypes } = offered
  const form = verifiedTypes(options, credentials).find(kind => forms.includes(certificateTypeIds[kind]))
  if (form === undefined && clientCertificates === 'required')
    throw new DtlsError(AlertDescription.unsupportedCertificate, 'the client shows its key in no form verified here')
  return form
}
