import { Agreement } from './agreement.ts'
import { AlertDescription, DtlsError } from './alert.ts'
import { identityBytes } from './credentials.ts'
import type { Extensions } from './extensions.ts'
import type { FlightPart } from './flight.ts'
import {
  checkFinished,
  empty,
  type HandshakeOutput,
  type HandshakeRole,
  type HandshakeStage,
  MessageWriter,
  noConnectionIds,
  refused,
  unexpected,
} from './handshake.ts'
import { encodeHandshake, type HandshakeMessage, HandshakeType } from './handshake-message.ts'
import { CertificateServerExchange } from './key-exchange/certificate-server.ts'
import type { ServerKeyExchange } from './key-exchange/key-exchange.ts'
import { PskServerExchange } from './key-exchange/psk-server.ts'
import { KeyShare } from './key-share.ts'
import type { ClientHello } from './messages/client-hello.ts'
import { encodeNewSessionTicket } from './messages/new-session-ticket.ts'
import { encodeServerHello } from './messages/server-hello.ts'
import { type Choice, choose, noRenegotiation, serverSuites } from './negotiation.ts'
import type { DtlsServerOptions } from './parameters.ts'
import type { ResumableSession } from './resumable-session.ts'
import type { SessionStore } from './session-store.ts'
import { type CipherSuite, cipherSuites, isEphemeral, serverKeyType } from './suites.ts'
import { Transcript } from './transcript.ts'

const sessionIdBytes = 32

/** The server's end of a handshake, from the ClientHello whose cookie was right (RFC 6347 §4.2.4, figures 1 and 2). */
export class ServerHandshake implements HandshakeRole {
  readonly #options: DtlsServerOptions
  readonly #sessions: SessionStore
  readonly #output: HandshakeOutput
  readonly #hello: ClientHello
  readonly #transcript = new Transcript()
  readonly #writer: MessageWriter
  readonly #connectionId: Buffer | undefined
  #agreement: Agreement | undefined
  #sessionId: Buffer = empty
  #givesTicket = false
  #keyExchange: ServerKeyExchange | undefined
  #peerIdentity: string | undefined
  #isResumed = false
  #stage: HandshakeStage = 'hello'

  /**
   * @param message the ClientHello, as `hello` was read from it
   * @param connectionId what this end wants to find in records, where the client agrees to it
   */
  constructor(
    options: DtlsServerOptions,
    sessions: SessionStore,
    output: HandshakeOutput,
    message: HandshakeMessage,
    hello: ClientHello,
    connectionId: Buffer | undefined,
  ) {
    this.#options = options
    this.#sessions = sessions
    this.#output = output
    this.#hello = hello
    this.#connectionId = hello.extensions.connectionId === undefined ? undefined : connectionId
    // RFC 6347 §4.2.2: the answers to the ClientHello are counted from its own number.
    this.#writer = new MessageWriter(this.#transcript, message.sequence)
    this.#transcript.add(encodeHandshake(message))
  }

  get stage(): HandshakeStage {
    return this.#stage
  }

  get suite(): CipherSuite | undefined {
    return this.#agreement?.terms.suite
  }

  /** Answers the ClientHello. Throws DtlsError where there is nothing to agree on. */
  start(): void {
    const { extensions } = this.#hello
    if (extensions.renegotiationInfo !== undefined && extensions.renegotiationInfo.length > 0) {
      throw refused('the client wants to renegotiate')
    }
    const session = this.#sessions.find(this.#hello)
    try {
      if (session !== undefined && this.#mayResume(session)) this.#resume(session)
      else this.#begin(choose(this.#options, this.#hello))
    } finally {
      session?.masterSecret.fill(0)
    }
  }

  receive(message: HandshakeMessage): void {
    if (this.#stage === 'keys' && this.#keyExchange !== undefined) {
      this.#transcript.add(encodeHandshake(message))
      if (this.#keyExchange.receive(message)) this.#keysExchanged(this.#keyExchange)
    } else if (this.#stage === 'finished' && message.type === HandshakeType.finished) {
      this.#finished(message)
    } else {
      throw unexpected(message)
    }
  }

  wipe(): void {
    this.#agreement?.wipe()
  }

  #begin(choice: Choice): void {
    const { random } = this.#options
    const { sessionTicket, extendedMasterSecret } = this.#hello.extensions
    const isExtended = extendedMasterSecret === true
    // A session without extended master secret is never resumed (RFC 7627 §5.3), so it gets neither.
    this.#givesTicket = isExtended && sessionTicket !== undefined && this.#sessions.givesTickets
    this.#sessionId = isExtended && !this.#givesTicket ? random.bytes(sessionIdBytes) : empty
    const keyExchange = this.#exchangeKeys(choice)
    this.#keyExchange = keyExchange
    const greeting = this.#greet(keyExchange.extensions)
    keyExchange.begin(parts => {
      this.#stage = 'keys'
      this.#output.send([greeting, ...parts, this.#writer.write(HandshakeType.serverHelloDone, empty)], true)
    })
  }

  #exchangeKeys(choice: Choice): ServerKeyExchange {
    const options = this.#options
    const share = choice.group === undefined ? undefined : KeyShare.generate(choice.group, options.random)
    const agreement = this.#agreeOn(choice.suite)
    const context = { options, output: this.#output, agreement, writer: this.#writer }
    return share === undefined || choice.proof === undefined
      ? new PskServerExchange(context, share)
      : new CertificateServerExchange(context, share, choice.proof, this.#hello.extensions)
  }

  #resume(session: ResumableSession): void {
    const suite = cipherSuites.get(session.suiteId)
    if (suite === undefined) throw new DtlsError(AlertDescription.internalError, 'no such cipher suite')
    this.#isResumed = true
    this.#peerIdentity = session.peerIdentity
    this.#sessionId = this.#hello.sessionId
    const agreement = this.#agreeOn(suite)
    const parts = [this.#greet()]
    agreement.resume(session.masterSecret)
    this.#protect()
    parts.push(...this.#writer.finish(agreement.finished('server')))
    this.#stage = 'finished'
    this.#output.send(parts, true)
  }

  #agreeOn(suite: CipherSuite): Agreement {
    const { random: clientRandom, extensions } = this.#hello
    const serverRandom = this.#options.random.bytes(32)
    const isExtended = extensions.extendedMasterSecret === true
    const terms = { suite, clientRandom, serverRandom, isExtended, transcript: this.#transcript }
    this.#agreement = new Agreement(terms, this.#options)
    return this.#agreement
  }

  /** Writes the ServerHello. */
  #greet(ofKeyExchange: Extensions = {}): FlightPart {
    const { suites, extensions: offered } = this.#hello
    const { suite, serverRandom, isExtended } = this.#agreed.terms
    const extensions: Extensions = {
      ...ofKeyExchange,
      ...(isExtended && { extendedMasterSecret: true }),
      ...(suite.cipher === 'cbc' && { encryptThenMac: true }),
      ...(isEphemeral(suite) && offered.pointFormats && { pointFormats: [0] }),
      ...(this.#givesTicket && { sessionTicket: empty }),
      ...(this.#connectionId && { connectionId: this.#connectionId }),
      ...((offered.renegotiationInfo || suites.includes(noRenegotiation)) && { renegotiationInfo: empty }),
    }
    const hello = { random: serverRandom, sessionId: this.#sessionId, suite: suite.id, extensions }
    return this.#writer.write(HandshakeType.serverHello, encodeServerHello(hello))
  }

  #keysExchanged({ peerIdentity }: ServerKeyExchange): void {
    this.#peerIdentity = peerIdentity
    this.#protect()
    this.#stage = 'finished'
  }

  #protect(): void {
    const { client, server } = this.#agreed.protections()
    const peer = this.#hello.extensions.connectionId
    const isAgreed = peer !== undefined && this.#connectionId !== undefined
    this.#output.protect(server, client, isAgreed ? { own: this.#connectionId, peer } : noConnectionIds)
  }

  #finished(message: HandshakeMessage): void {
    const agreement = this.#agreed
    checkFinished(message.body, agreement.finished('client'))
    this.#transcript.add(encodeHandshake(message))
    const resumable = this.#resumable()
    if (!this.#isResumed)
      this.#output.send([...this.#remember(resumable), ...this.#writer.finish(agreement.finished('server'))], false)
    // What remembers it has a copy.
    resumable?.masterSecret.fill(0)
    this.#output.established({
      suite: agreement.terms.suite,
      isResumed: this.#isResumed,
      peerIdentity: this.#peerIdentity,
      resumable,
    })
  }

  /** Keeps the session here, or has the client keep it as a ticket. */
  #remember(session: ResumableSession | undefined): FlightPart[] {
    if (session === undefined) return []
    if (!this.#givesTicket) {
      this.#sessions.keep(session)
      return []
    }
    const ticket = encodeNewSessionTicket(this.#sessions.ticketFor(session))
    return [this.#writer.write(HandshakeType.newSessionTicket, ticket)]
  }

  #resumable(): ResumableSession | undefined {
    const { terms, master } = this.#agreed
    if (!terms.isExtended) return undefined
    return {
      suiteId: terms.suite.id,
      encryptThenMac: terms.suite.cipher === 'cbc',
      masterSecret: Buffer.from(master),
      sessionId: this.#sessionId,
      ...(this.#peerIdentity !== undefined && { peerIdentity: this.#peerIdentity }),
      establishedMs: this.#options.clock.now(),
    }
  }

  /** Whether all that the session needs is still so; otherwise the handshake is a full one. */
  #mayResume({ suiteId, peerIdentity }: ResumableSession): boolean {
    const { suites, extensions } = this.#hello
    const { psk, clientCertificates = 'required' } = this.#options
    // RFC 7627 §5.3: somebody has removed it.
    if (extensions.extendedMasterSecret !== true) throw refused('the session had an extended master secret')
    const suite = cipherSuites.get(suiteId)
    if (suite === undefined || !suites.includes(suiteId) || !serverSuites(this.#options).includes(suiteId)) return false
    if (suite.cipher === 'cbc' && extensions.encryptThenMac !== true) return false
    if (serverKeyType(suite) !== undefined) return peerIdentity !== undefined || clientCertificates !== 'required'
    return peerIdentity !== undefined && psk?.(identityBytes(peerIdentity)) !== undefined
  }

  get #agreed(): Agreement {
    if (this.#agreement === undefined) throw new DtlsError(AlertDescription.internalError, 'nothing is agreed yet')
    return this.#agreement
  }
}
