import { AlertDescription, DtlsError } from '../alert.ts'
import { type PskCredentials, requestKey } from '../credentials.ts'
import type { FlightPart } from '../flight.ts'
import { illegal, unexpected } from '../handshake.ts'
import { type HandshakeMessage, HandshakeType } from '../handshake-message.ts'
import { KeyShare } from '../key-share.ts'
import type { EcdheShare } from '../messages/ecdhe-share.ts'
import { encodePskClientKeyExchange } from '../messages/psk-client-key-exchange.ts'
import { decodePskServerKeyExchange } from '../messages/psk-server-key-exchange.ts'
import { groups } from '../negotiation.ts'
import type { DtlsClientOptions } from '../parameters.ts'
import { pskPremaster } from '../prf.ts'
import { isEphemeral } from '../suites.ts'
import type { ClientKeyExchange, KeyExchangeContext } from './key-exchange.ts'

/** A key that both ends have (RFC 4279), with ECDHE where the suite says so (RFC 5489). */
export class PskClientExchange implements ClientKeyExchange {
  readonly peerIdentity = undefined
  readonly #context: KeyExchangeContext<DtlsClientOptions>
  readonly #credentials: PskCredentials
  readonly #isEphemeral: boolean
  #hasExchange = false
  #peerShare: EcdheShare | undefined

  constructor(context: KeyExchangeContext<DtlsClientOptions>, credentials: PskCredentials) {
    this.#context = context
    this.#credentials = credentials
    this.#isEphemeral = isEphemeral(context.agreement.terms.suite)
  }

  receive(message: HandshakeMessage): void {
    if (message.type !== HandshakeType.serverKeyExchange || this.#hasExchange) throw unexpected(message)
    this.#hasExchange = true
    const { share } = decodePskServerKeyExchange(message.body, this.#isEphemeral ? 'ecdhePsk' : 'psk')
    if (share !== undefined && !groups.includes(share.group))
      throw illegal('the server chose a group that was not offered')
    this.#peerShare = share
  }

  answer(done: (parts: FlightPart[]) => void): void {
    if (this.#isEphemeral && this.#peerShare === undefined) {
      throw new DtlsError(AlertDescription.unexpectedMessage, 'the ServerKeyExchange is missing')
    }
    this.#context.output.later(requestKey(this.#credentials), key => done([this.#exchangeKeys(key)]))
  }

  #exchangeKeys(key: Uint8Array): FlightPart {
    const { options, agreement, writer } = this.#context
    const peerShare = this.#peerShare
    const share = peerShare && KeyShare.generate(peerShare.group, options.random)
    const secret = peerShare && share?.secret(peerShare.publicKey)
    const identity = Buffer.from(this.#credentials.identity)
    const exchange = { identity, ...(share && { publicKey: share.publicKey }) }
    const part = writer.write(HandshakeType.clientKeyExchange, encodePskClientKeyExchange(exchange))
    agreement.agree(pskPremaster(key, secret))
    secret?.fill(0)
    return part
  }
}
