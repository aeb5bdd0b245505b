import type { Random } from '../random.ts'
import { Agreement } from './agreement.ts'
import { AlertDescription, DtlsError } from './alert.ts'
import { requestKey } from './credentials.ts'
import { expectOffered } from './extensions.ts'
import {
  checkFinished,
  empty,
  type HandshakeOutput,
  type HandshakeRole,
  type HandshakeStage,
  illegal,
  MessageWriter,
  noConnectionIds,
  refused,
  unexpected,
} from './handshake.ts'
import { encodeHandshake, type HandshakeMessage, HandshakeType } from './handshake-message.ts'
import { KeyShare } from './key-share.ts'
import { type ClientHello, encodeClientHello } from './messages/client-hello.ts'
import { decodeHelloVerifyRequest } from './messages/hello-verify-request.ts'
import { decodeNewSessionTicket, type NewSessionTicket } from './messages/new-session-ticket.ts'
import { encodePskClientKeyExchange } from './messages/psk-client-key-exchange.ts'
import { decodePskServerKeyExchange } from './messages/psk-server-key-exchange.ts'
import { decodeServerHello, type ServerHello } from './messages/server-hello.ts'
import { groups, noRenegotiation, offeredSuites } from './negotiation.ts'
import type { DtlsClientOptions } from './parameters.ts'
import { pskPremaster } from './prf.ts'
import { ProtocolVersion } from './record.ts'
import type { ResumableSession } from './resumable-session.ts'
import { cipherSuites } from './suites.ts'
import { Transcript } from './transcript.ts'

/** A server whose cookies keep changing is not waited for. */
const maximumHelloVerifyRequests = 4

/** The client's end of a handshake (RFC 6347 §4.2.4, figures 1 and 2). */
export class ClientHandshake implements HandshakeRole {
  readonly #options: DtlsClientOptions
  readonly #output: HandshakeOutput
  readonly #connectionId: Buffer | undefined
  readonly #session: ResumableSession | undefined
  #hello: ClientHello
  #helloSequence = 0
  #transcript = new Transcript()
  #writer = new MessageWriter(this.#transcript, 0)
  #serverHello: ServerHello | undefined
  #agreement: Agreement | undefined
  #peerShare: { readonly group: number; readonly publicKey: Buffer } | undefined
  #hasKeyExchange = false
  #isResumed = false
  #ticket: NewSessionTicket | undefined
  #stage: HandshakeStage = 'hello'

  /** @param connectionId what this end wants to find in records; undefined: the extension is not offered */
  constructor(options: DtlsClientOptions, output: HandshakeOutput, connectionId: Buffer | undefined) {
    const { random, serverName } = options
    const suites = offeredSuites(options)
    const session = offeredSession(options, suites)
    this.#options = options
    this.#output = output
    this.#connectionId = connectionId
    this.#session = session
    this.#hello = {
      version: ProtocolVersion.dtls12,
      random: random.bytes(32),
      sessionId: offeredSessionId(session, random),
      cookie: empty,
      suites: [...suites, noRenegotiation],
      compressions: [0],
      extensions: {
        ...(serverName !== undefined && { serverName }),
        ...(usesEcdhe(suites) && { groups, pointFormats: [0] }),
        ...(usesCbc(suites) && { encryptThenMac: true }),
        extendedMasterSecret: true,
        sessionTicket: session?.ticket ?? empty,
        ...(connectionId !== undefined && { connectionId }),
      },
    }
  }

  get stage(): HandshakeStage {
    return this.#stage
  }

  /** Sends the first ClientHello. */
  start(): void {
    this.#sendHello()
  }

  receive(message: HandshakeMessage): void {
    const { type } = message
    if (this.#stage === 'hello') {
      if (type === HandshakeType.helloVerifyRequest) this.#repeatHello(message)
      else if (type === HandshakeType.serverHello)
        this.#take(message, () => this.#greeted(decodeServerHello(message.body)))
      else throw unexpected(message)
    } else if (this.#stage === 'keys') {
      if (type === HandshakeType.serverKeyExchange) this.#take(message, () => this.#keyExchange(message))
      else if (type === HandshakeType.serverHelloDone) this.#take(message, () => this.#helloDone(message.body))
      else throw unexpected(message)
    } else if (type === HandshakeType.newSessionTicket && this.#expectsTicket()) {
      this.#take(message, () => {
        this.#ticket = decodeNewSessionTicket(message.body)
      })
    } else if (type === HandshakeType.finished) {
      this.#finished(message)
    } else {
      throw unexpected(message)
    }
  }

  wipe(): void {
    this.#agreement?.wipe()
  }

  #take(message: HandshakeMessage, step: () => void): void {
    this.#transcript.add(encodeHandshake(message))
    step()
  }

  /** The messages before the last ClientHello are no part of the handshake (RFC 6347 §4.2.6). */
  #repeatHello({ body }: HandshakeMessage): void {
    if (this.#helloSequence >= maximumHelloVerifyRequests) throw refused('the server asks for a cookie again and again')
    const { cookie } = decodeHelloVerifyRequest(body)
    this.#hello = { ...this.#hello, cookie }
    this.#transcript = new Transcript()
    this.#writer = new MessageWriter(this.#transcript, ++this.#helloSequence)
    this.#sendHello()
  }

  #sendHello(): void {
    this.#output.send([this.#writer.write(HandshakeType.clientHello, encodeClientHello(this.#hello))], true)
  }

  #greeted(answer: ServerHello): void {
    const { suites, extensions, random, sessionId } = this.#hello
    expectOffered(answer.extensions, extensions)
    const suite = cipherSuites.get(answer.suite)
    if (suite === undefined || !suites.includes(answer.suite))
      throw illegal('the server chose a suite that was not offered')
    const { extendedMasterSecret, encryptThenMac, renegotiationInfo } = answer.extensions
    // RFC 7366: without it CBC is open to padding oracles.
    if (suite.cipher === 'cbc' && encryptThenMac !== true)
      throw refused('the server chose CBC without encrypt-then-MAC')
    if (renegotiationInfo !== undefined && renegotiationInfo.length > 0)
      throw refused('the server wants to renegotiate')
    this.#serverHello = answer
    this.#agreement = new Agreement(
      {
        suite,
        clientRandom: random,
        serverRandom: answer.random,
        isExtended: extendedMasterSecret === true,
        transcript: this.#transcript,
      },
      this.#options,
    )
    const session = this.#session
    this.#isResumed = session !== undefined && sessionId.length > 0 && answer.sessionId.equals(sessionId)
    if (!this.#isResumed || session === undefined) {
      this.#stage = 'keys'
      return
    }
    if (session.suiteId !== answer.suite) throw illegal('the server resumed the session with another suite')
    // RFC 7627 §5.3.
    if (extendedMasterSecret !== true) throw refused('the server resumed the session without extended master secret')
    this.#agreement.resume(session.masterSecret)
    this.#protect()
    this.#stage = 'finished'
  }

  #keyExchange(message: HandshakeMessage): void {
    const { keyExchange } = this.#agreed.terms.suite
    if (this.#hasKeyExchange) throw unexpected(message)
    this.#hasKeyExchange = true
    const { share } = decodePskServerKeyExchange(message.body, keyExchange)
    if (share !== undefined && !groups.includes(share.group))
      throw illegal('the server chose a group that was not offered')
    this.#peerShare = share
  }

  #helloDone(body: Buffer): void {
    if (body.length > 0) throw new DtlsError(AlertDescription.decodeError, 'a ServerHelloDone is empty')
    if (this.#agreed.terms.suite.keyExchange === 'ecdhePsk' && this.#peerShare === undefined) {
      throw new DtlsError(AlertDescription.unexpectedMessage, 'the ServerKeyExchange is missing')
    }
    const { credentials } = this.#options
    this.#stage = 'finished'
    if (typeof credentials.key !== 'function') this.#exchangeKeys(credentials.key)
    else this.#output.later(requestKey(credentials), key => this.#exchangeKeys(key))
  }

  #exchangeKeys(key: Uint8Array): void {
    const { identity } = this.#options.credentials
    const agreement = this.#agreed
    const peerShare = this.#peerShare
    const share = peerShare && KeyShare.generate(peerShare.group, this.#options.random)
    const secret = peerShare && share?.secret(peerShare.publicKey)
    const exchange = { identity: Buffer.from(identity), ...(share && { publicKey: share.publicKey }) }
    const parts = [this.#writer.write(HandshakeType.clientKeyExchange, encodePskClientKeyExchange(exchange))]
    agreement.agree(pskPremaster(key, secret))
    secret?.fill(0)
    this.#protect()
    parts.push(...this.#writer.finish(agreement.finished('client')))
    this.#output.send(parts, true)
  }

  #protect(): void {
    const { client, server } = this.#agreed.protections()
    const peer = this.#serverHello?.extensions.connectionId
    const isAgreed = peer !== undefined && this.#connectionId !== undefined
    this.#output.protect(client, server, isAgreed ? { own: this.#connectionId, peer } : noConnectionIds)
  }

  #finished(message: HandshakeMessage): void {
    const agreement = this.#agreed
    checkFinished(message.body, agreement.finished('server'))
    this.#transcript.add(encodeHandshake(message))
    if (this.#isResumed) this.#output.send(this.#writer.finish(agreement.finished('client')), false)
    this.#output.established({
      suite: agreement.terms.suite,
      isResumed: this.#isResumed,
      peerIdentity: undefined,
      resumable: this.#resumable(),
    })
  }

  /** Only a session with an extended master secret is resumed (RFC 7627 §5.3). */
  #resumable(): ResumableSession | undefined {
    const { terms, master } = this.#agreed
    const sessionId = this.#serverHello?.sessionId ?? empty
    // RFC 5077 §3.3: an empty one is none.
    const ticket = this.#ticket?.ticket ?? (this.#isResumed ? this.#session?.ticket : undefined) ?? empty
    if (!terms.isExtended || (sessionId.length === 0 && ticket.length === 0)) return undefined
    const { clock, serverName } = this.#options
    return {
      suiteId: terms.suite.id,
      encryptThenMac: terms.suite.cipher === 'cbc',
      masterSecret: Buffer.from(master),
      sessionId: Buffer.from(sessionId),
      ...(ticket.length > 0 && { ticket: Buffer.from(ticket) }),
      ...(this.#ticket && { ticketLifetimeSeconds: this.#ticket.lifetimeHintSeconds }),
      ...(serverName !== undefined && { serverName }),
      establishedMs: this.#isResumed ? (this.#session?.establishedMs ?? clock.now()) : clock.now(),
    }
  }

  #expectsTicket(): boolean {
    return this.#ticket === undefined && this.#serverHello?.extensions.sessionTicket !== undefined
  }

  get #agreed(): Agreement {
    if (this.#agreement === undefined) throw new DtlsError(AlertDescription.internalError, 'nothing is agreed yet')
    return this.#agreement
  }
}

/** The session to be resumed, unless it was made for other suites or another server, or the server has forgotten it. */
function offeredSession(
  { session, serverName, clock }: DtlsClientOptions,
  suites: readonly number[],
): ResumableSession | undefined {
  if (session === undefined || !suites.includes(session.suiteId)) return undefined
  // RFC 6066 §3.
  if (session.serverName !== serverName) return undefined
  // RFC 5077 §3.3: 0 says nothing.
  const { establishedMs, ticketLifetimeSeconds = 0 } = session
  const isOver = ticketLifetimeSeconds > 0 && clock.now() - establishedMs >= ticketLifetimeSeconds * 1_000
  return isOver ? undefined : session
}

/** With a ticket alone, an id of its own shows whether the server takes it (RFC 5077 §3.4). */
function offeredSessionId(session: ResumableSession | undefined, random: Random): Buffer {
  if (session === undefined) return empty
  return session.ticket !== undefined && session.sessionId.length === 0
    ? random.bytes(32)
    : Buffer.from(session.sessionId)
}

function usesEcdhe(suites: readonly number[]): boolean {
  return suites.some(id => cipherSuites.get(id)?.keyExchange === 'ecdhePsk')
}

function usesCbc(suites: readonly number[]): boolean {
  return suites.some(id => cipherSuites.get(id)?.cipher === 'cbc')
}
