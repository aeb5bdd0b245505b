import type { Random } from '../random.ts'
import { Agreement } from './agreement.ts'
import { AlertDescription, DtlsError } from './alert.ts'
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
import { CertificateClientExchange, certificateExtensions } from './key-exchange/certificate-client.ts'
import type { ClientKeyExchange } from './key-exchange/key-exchange.ts'
import { PskClientExchange } from './key-exchange/psk-client.ts'
import { type ClientHello, encodeClientHello } from './messages/client-hello.ts'
import { decodeHelloVerifyRequest } from './messages/hello-verify-request.ts'
import { decodeNewSessionTicket, type NewSessionTicket } from './messages/new-session-ticket.ts'
import { decodeServerHello, type ServerHello } from './messages/server-hello.ts'
import { clientSuites, groups, noRenegotiation } from './negotiation.ts'
import type { DtlsClientOptions } from './parameters.ts'
import { ProtocolVersion } from './record.ts'
import type { ResumableSession } from './resumable-session.ts'
import { type CipherSuite, cipherSuites, isEphemeral } from './suites.ts'
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
  #keyExchange: ClientKeyExchange | undefined
  #isResumed = false
  #ticket: NewSessionTicket | undefined
  #stage: HandshakeStage = 'hello'

  /** @param connectionId what this end wants to find in records; undefined: the extension is not offered */
  constructor(options: DtlsClientOptions, output: HandshakeOutput, connectionId: Buffer | undefined) {
    const { random, serverName } = options
    const suites = clientSuites(options)
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
        ...certificateExtensions(options),
        ...(offers(suites, isEphemeral) && { groups, pointFormats: [0] }),
        ...(offers(suites, ({ cipher }) => cipher === 'cbc') && { encryptThenMac: true }),
        extendedMasterSecret: true,
        sessionTicket: session?.ticket ?? empty,
        ...(connectionId !== undefined && { connectionId }),
      },
    }
  }

  get stage(): HandshakeStage {
    return this.#stage
  }

  get suite(): CipherSuite | undefined {
    return this.#agreement?.terms.suite
  }

  /** Sends the first ClientHello. */
  start(): void {
    this.#sendHello()
  }

  receive(message: HandshakeMessage): void {
    const { type } = message
    if (this.#stage === 'hello' || this.#stage === 'cookie') {
      if (type === HandshakeType.helloVerifyRequest) this.#repeatHello(message)
      else if (type === HandshakeType.serverHello)
        this.#take(message, () => this.#greeted(decodeServerHello(message.body)))
      else throw unexpected(message)
    } else if (this.#stage === 'keys') {
      if (type === HandshakeType.serverHelloDone) this.#take(message, () => this.#helloDone(message.body))
      else this.#take(message, () => this.#keyExchange?.receive(message))
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
    this.#stage = 'cookie'
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
      this.#keyExchange = this.#exchangeKeys(this.#agreement, answer)
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

  #exchangeKeys(agreement: Agreement, answer: ServerHello): ClientKeyExchange {
    const context = { options: this.#options, output: this.#output, agreement, writer: this.#writer }
    const { credentials } = this.#options
    return credentials.kind === 'psk'
      ? new PskClientExchange(context, credentials)
      : new CertificateClientExchange(context, answer.extensions)
  }

  #helloDone(body: Buffer): void {
    if (body.length > 0) throw new DtlsError(AlertDescription.decodeError, 'a ServerHelloDone is empty')
    this.#stage = 'finished'
    this.#keyExchange?.answer(parts => {
      this.#protect()
      this.#output.send([...parts, ...this.#writer.finish(this.#agreed.finished('client'))], true)
    })
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
      peerIdentity: this.#peerIdentity,
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
      ...(this.#peerIdentity !== undefined && { peerIdentity: this.#peerIdentity }),
      establishedMs: this.#isResumed ? (this.#session?.establishedMs ?? clock.now()) : clock.now(),
    }
  }

  get #peerIdentity(): string | undefined {
    return this.#isResumed ? this.#session?.peerIdentity : this.#keyExchange?.peerIdentity
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

function offers(suites: readonly number[], isSuch: (suite: CipherSuite) => boolean): boolean {
  return suites.some(id => {
    const suite = cipherSuites.get(id)
    return suite !== undefined && isSuch(suite)
  })
}
