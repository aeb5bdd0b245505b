import { Agreement } from './agreement.ts'
import { AlertDescription, DtlsError } from './alert.ts'
import { checkedKey, identityBytes, identityText } from './credentials.ts'
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
import { KeyShare } from './key-share.ts'
import type { ClientHello } from './messages/client-hello.ts'
import { encodeNewSessionTicket } from './messages/new-session-ticket.ts'
import { decodePskClientKeyExchange } from './messages/psk-client-key-exchange.ts'
import { encodePskServerKeyExchange } from './messages/psk-server-key-exchange.ts'
import { encodeServerHello } from './messages/server-hello.ts'
import { type Choice, choose, noRenegotiation, offeredSuites } from './negotiation.ts'
import type { DtlsServerOptions } from './parameters.ts'
import { pskPremaster } from './prf.ts'
import type { ResumableSession } from './resumable-session.ts'
import type { SessionStore } from './session-store.ts'
import { cipherSuites } from './suites.ts'
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
  #share: KeyShare | undefined
  #peerIdentity = ''
  #isResumed = false
  #stage: HandshakeStage = 'keys'

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

  /** Answers the ClientHello. Throws DtlsError where there is nothing to agree on. */
  start(): void {
    const { extensions } = this.#hello
    if (extensions.renegotiationInfo !== undefined && extensions.renegotiationInfo.length > 0) {
      throw refused('the client wants to renegotiate')
    }
    const session = this.#sessions.find(this.#hello)
    try {
      if (session !== undefined && this.#mayResume(session)) this.#resume(session)
      else this.#begin(choose(offeredSuites(this.#options), this.#hello))
    } finally {
      session?.masterSecret.fill(0)
    }
  }

  receive(message: HandshakeMessage): void {
    if (this.#stage === 'keys' && message.type === HandshakeType.clientKeyExchange) {
      this.#transcript.add(encodeHandshake(message))
      this.#keyExchange(message.body)
    } else if (this.#stage === 'finished' && message.type === HandshakeType.finished) {
      this.#finished(message)
    } else {
      throw unexpected(message)
    }
  }

  wipe(): void {
    this.#agreement?.wipe()
  }

  #begin({ suite, group }: Choice): void {
    const { random, identityHint } = this.#options
    const { sessionTicket, extendedMasterSecret } = this.#hello.extensions
    const isExtended = extendedMasterSecret === true
    // A session without extended master secret is never resumed (RFC 7627 §5.3), so it gets neither.
    this.#givesTicket = isExtended && sessionTicket !== undefined && this.#sessions.givesTickets
    this.#sessionId = isExtended && !this.#givesTicket ? random.bytes(sessionIdBytes) : empty
    this.#share = group === undefined ? undefined : KeyShare.generate(group, random)
    const parts = [this.#greet(suite.id, this.#sessionId)]
    if (identityHint !== undefined || this.#share !== undefined) {
      const exchange = { identityHint: Buffer.from(identityHint ?? ''), ...(this.#share && { share: this.#share }) }
      parts.push(this.#writer.write(HandshakeType.serverKeyExchange, encodePskServerKeyExchange(exchange)))
    }
    parts.push(this.#writer.write(HandshakeType.serverHelloDone, empty))
    this.#output.send(parts, true)
  }

  #resume(session: ResumableSession): void {
    this.#isResumed = true
    this.#peerIdentity = session.peerIdentity ?? ''
    this.#sessionId = this.#hello.sessionId
    const parts = [this.#greet(session.suiteId, this.#sessionId)]
    this.#agreed.resume(session.masterSecret)
    this.#protect()
    parts.push(...this.#writer.finish(this.#agreed.finished('server')))
    this.#stage = 'finished'
    this.#output.send(parts, true)
  }

  /** Writes the ServerHello, from which on the terms are known. */
  #greet(suiteId: number, sessionId: Buffer): FlightPart {
    const suite = cipherSuites.get(suiteId)
    if (suite === undefined) throw new DtlsError(AlertDescription.internalError, 'no such cipher suite')
    const { random: clientRandom, suites, extensions: offered } = this.#hello
    const { random } = this.#options
    const serverRandom = random.bytes(32)
    const isExtended = offered.extendedMasterSecret === true
    this.#agreement = new Agreement(
      { suite, clientRandom, serverRandom, isExtended, transcript: this.#transcript },
      this.#options,
    )
    const extensions: Extensions = {
      ...(isExtended && { extendedMasterSecret: true }),
      ...(suite.cipher === 'cbc' && { encryptThenMac: true }),
      ...(suite.keyExchange === 'ecdhePsk' && offered.pointFormats && { pointFormats: [0] }),
      ...(this.#givesTicket && { sessionTicket: empty }),
      ...(this.#connectionId && { connectionId: this.#connectionId }),
      ...((offered.renegotiationInfo || suites.includes(noRenegotiation)) && { renegotiationInfo: empty }),
    }
    const body = encodeServerHello({ random: serverRandom, sessionId, suite: suiteId, extensions })
    return this.#writer.write(HandshakeType.serverHello, body)
  }

  #keyExchange(body: Buffer): void {
    const agreement = this.#agreed
    const { identity, publicKey } = decodePskClientKeyExchange(body, agreement.terms.suite.keyExchange)
    const key = this.#options.psk(identity)
    if (key === undefined) {
      throw new DtlsError(AlertDescription.unknownPskIdentity, 'nobody is known by the identity of the client')
    }
    const secret = publicKey && this.#share?.secret(publicKey)
    agreement.agree(pskPremaster(checkedKey(key), secret))
    secret?.fill(0)
    this.#peerIdentity = identityText(identity)
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
      peerIdentity: this.#peerIdentity,
      establishedMs: this.#options.clock.now(),
    }
  }

  /** Whether all that the session needs is still so; otherwise the handshake is a full one. */
  #mayResume({ suiteId, peerIdentity = '' }: ResumableSession): boolean {
    const { suites, extensions } = this.#hello
    // RFC 7627 §5.3: somebody has removed it.
    if (extensions.extendedMasterSecret !== true) throw refused('the session had an extended master secret')
    if (!suites.includes(suiteId) || !offeredSuites(this.#options).includes(suiteId)) return false
    if (cipherSuites.get(suiteId)?.cipher === 'cbc' && extensions.encryptThenMac !== true) return false
    return this.#options.psk(identityBytes(peerIdentity)) !== undefined
  }

  get #agreed(): Agreement {
    if (this.#agreement === undefined) throw new DtlsError(AlertDescription.internalError, 'nothing is agreed yet')
    return this.#agreement
  }
}
