import { AlertDescription, DtlsError } from '../alert.ts'
import { checkedKey, identityText } from '../credentials.ts'
import type { FlightPart } from '../flight.ts'
import { unexpected } from '../handshake.ts'
import { type HandshakeMessage, HandshakeType } from '../handshake-message.ts'
import type { KeyShare } from '../key-share.ts'
import { decodePskClientKeyExchange } from '../messages/psk-client-key-exchange.ts'
import { encodePskServerKeyExchange } from '../messages/psk-server-key-exchange.ts'
import type { DtlsServerOptions } from '../parameters.ts'
import { pskPremaster } from '../prf.ts'
import type { KeyExchangeContext, ServerKeyExchange } from './key-exchange.ts'

/** A key that both ends have (RFC 4279), with ECDHE where the suite says so (RFC 5489). */
export class PskServerExchange implements ServerKeyExchange {
  readonly extensions = {}
  readonly #context: KeyExchangeContext<DtlsServerOptions>
  readonly #share: KeyShare | undefined
  #peerIdentity: string | undefined

  /** @param share undefined for a suite without ECDHE */
  constructor(context: KeyExchangeContext<DtlsServerOptions>, share: KeyShare | undefined) {
    this.#context = context
    this.#share = share
  }

  get peerIdentity(): string | undefined {
    return this.#peerIdentity
  }

  begin(done: (parts: FlightPart[]) => void): void {
    const { options, writer } = this.#context
    const { identityHint } = options
    const share = this.#share
    if (identityHint === undefined && share === undefined) return done([])
    const exchange = { identityHint: Buffer.from(identityHint ?? ''), ...(share && { share }) }
    done([writer.write(HandshakeType.serverKeyExchange, encodePskServerKeyExchange(exchange))])
  }

  receive(message: HandshakeMessage): boolean {
    if (message.type !== HandshakeType.clientKeyExchange) throw unexpected(message)
    const { options, agreement } = this.#context
    const kind = this.#share === undefined ? 'psk' : 'ecdhePsk'
    const { identity, publicKey } = decodePskClientKeyExchange(message.body, kind)
    const key = options.psk?.(identity)
    if (key === undefined) {
      throw new DtlsError(AlertDescription.unknownPskIdentity, 'nobody is known by the identity of the client')
    }
    const secret = publicKey && this.#share?.secret(publicKey)
    agreement.agree(pskPremaster(checkedKey(key), secret))
    secret?.fill(0)
    this.#peerIdentity = identityText(identity)
    return true
  }
}
