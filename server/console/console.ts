import { Code, isSignal, MessageType, noPayload } from '../../transport/coap/message.ts'
import { type Packet, PacketNumbers, type ReceivedPacket } from '../../transport/coap/packet.ts'
import type { Address } from '../../transport/connection.ts'
import { TransportError } from '../../transport/errors.ts'
import { AutomaticReplies } from './automatic-replies.ts'
import { ConsoleError } from './console-error.ts'
import { consoleFailure, notConnected } from './console-failure.ts'
import type { ConsoleListener, ConsoleOptions, ConsoleSendOptions, ConsoleWaitOptions } from './console-options.ts'
import { report } from './expectation.ts'
import type { Expected } from './message-expression.ts'
import { MessageHistory } from './message-history.ts'
import { messageKind } from './message-kind.ts'
import { awaitsAnswer, isAnswer } from './own-response.ts'
import { PayloadBuffer } from './payload-buffer.ts'
import { SeenRequests } from './seen-requests.ts'
import { type ConsoleListenOptions, ConsoleSession } from './session-opening.ts'
import { ANY, type MessageTemplate } from './template.ts'
import { type FileWrite, type FileWriteProgress, type FileWriteResult, writeFile } from './write-file.ts'

const defaultResponseTimeoutMs = 3_000
/** How long `receive` of a listening console waits by itself. */
const listenTimeoutMs = 15_000
/** How long a packet may take that was there when `receiveWaiting` began. */
const waitingTimeoutMs = 10
const maximumWaiting = 1_000

/**
 * A server in the hands of somebody: packets are sent as they are asked for, and what comes is told, compared with what was
 * expected and answered where {@link AutomaticReplies} says so, whenever somebody receives. One thing is done at a time.
 *
 * What waits rejects with ConsoleError, its `cause` the TransportError: of what the network refused, when the console is
 * closed, and when its `signal` gives it up.
 */
export class ServerConsole {
  readonly replies = new AutomaticReplies()
  /** What was sent and received. */
  readonly history = new MessageHistory()
  /** Cleared when a client has come that was waited for. */
  readonly payloadBuffer = new PayloadBuffer()
  readonly #options: ConsoleOptions
  readonly #listener: ConsoleListener
  readonly #numbers: PacketNumbers
  readonly #requests = new SeenRequests()
  #session: ConsoleSession | undefined
  #expected: Expected = ANY

  constructor(options: ConsoleOptions, listener: ConsoleListener = {}) {
    this.#options = options
    this.#listener = listener
    this.#numbers = new PacketNumbers(options.random)
  }

  /** The local port and where the client is; undefined as long as there is none. */
  get client(): { readonly port: number; readonly address: Address } | undefined {
    const { port, remote } = this.#session ?? {}
    return port === undefined || remote === undefined ? undefined : { port, address: remote }
  }

  /** Whether there is a session, be it that nobody has talked yet. */
  get isOpen(): boolean {
    return this.#session !== undefined
  }

  /** The latest request that was received. */
  get lastRequest(): Packet | undefined {
    return this.#requests.latest
  }

  /** The latest Bootstrap-Pack-Request, unless it was answered automatically. */
  get bootstrapPackRequest(): Packet | undefined {
    return this.#requests.bootstrapPack
  }

  /** The endpoint name of the latest Register, unless there was a De-register or another session since. */
  get registeredEndpoint(): string | undefined {
    return this.#requests.registeredEndpoint
  }

  /** Waits until a client has talked, and greets it. Ends the session before. Rejects when nothing can listen there. */
  listen(options: ConsoleListenOptions = {}, signal?: AbortSignal): Promise<void> {
    return this.#guarded(signal, async () => {
      await this.close()
      const session = await ConsoleSession.listen(options, {
        ...this.#options,
        onFailure: error => this.#failed(error),
      })
      this.#session = session
      if (session.port !== undefined) this.#listener.waiting?.(session.port)
      try {
        await this.#greet(session, signal)
        // What a client says by itself to begin with is none of the payloads that somebody asks for.
        this.payloadBuffer.clear()
      } catch (error) {
        await session.close()
        if (this.#session === session) this.#session = undefined
        throw error
      }
    })
  }

  /** Talks with one address over UDP. Ends the session before. A `bindPort` of 0: any free one. */
  connect(host = '127.0.0.1', port = 5683, bindPort = 0, signal?: AbortSignal): Promise<void> {
    return this.#guarded(signal, async () => {
      await this.close()
      this.#session = await ConsoleSession.connect({ host, port }, bindPort, this.#options, signal)
    })
  }

  /** Lets go of the client: a listening session belongs to the next that talks. Throws ConsoleError without a session. */
  unconnect(): void {
    this.#open().unconnect()
    this.#requests.forgetClient()
  }

  /**
   * Sends a message. A confirmable one is waited for until its own answer has come; packets before it are received as by
   * {@link receive}. Undefined: there was none in time, or none to wait for.
   */
  send(template: MessageTemplate, options: ConsoleSendOptions = {}): Promise<Packet | undefined> {
    const { timeoutMs = this.#options.responseTimeoutMs ?? defaultResponseTimeoutMs, signal, kind } = options
    return this.#guarded(signal, async () => {
      const session = this.#open()
      const packet = this.#numbered(template)
      session.send(packet)
      this.#sent(packet, kind)
      if (!awaitsAnswer(packet, session.isStream)) return undefined
      const dueMs = this.#options.clock.now() + timeoutMs
      for (let leftMs = timeoutMs; leftMs > 0; leftMs = dueMs - this.#options.clock.now()) {
        const received = await this.#next(session, leftMs, signal, 'answer')
        if (received === undefined) break
        if (received.kind === 'message' && isAnswer(packet, received.packet, session.isStream)) return received.packet
      }
      this.#listener.unanswered?.(packet)
      return undefined
    })
  }

  /** Sends bytes as they are: a datagram, or the next ones of a stream. Throws ConsoleError. */
  sendRaw(bytes: Uint8Array): void {
    try {
      this.#open().sendRaw(bytes)
    } catch (error) {
      throw consoleFailure(error)
    }
  }

  /** Receives a packet; false when none comes in time. Default: 15,000 ms where it listens, else for as long as it takes. */
  receive(timeoutMs?: number, signal?: AbortSignal): Promise<boolean> {
    return this.#guarded(signal, async () => {
      const session = this.#open()
      const waitMs = timeoutMs ?? (session.isListening ? listenTimeoutMs : Number.POSITIVE_INFINITY)
      return (await this.#next(session, waitMs, signal)) !== undefined
    })
  }

  /** Receives what has come, 1,000 packets at most. */
  receiveWaiting(signal?: AbortSignal): Promise<void> {
    return this.#guarded(signal, async () => {
      const session = this.#open()
      for (let count = 0; count < maximumWaiting; count++) {
        if ((await this.#next(session, waitingTimeoutMs, signal)) === undefined) return
      }
    })
  }

  /** Compares the next packet that is received. */
  expect(expected: Expected): void {
    this.#expected = expected
  }

  /** Receives until a client is registered, and resolves with its endpoint name. Rejects when none is in time. */
  waitRegistered({ timeoutMs = Number.POSITIVE_INFINITY, signal }: ConsoleWaitOptions = {}): Promise<string> {
    return this.#guarded(signal, async () => {
      const session = this.#open()
      const dueMs = this.#options.clock.now() + timeoutMs
      for (;;) {
        const { registeredEndpoint } = this.#requests
        if (registeredEndpoint !== undefined) return registeredEndpoint
        const leftMs = dueMs - this.#options.clock.now()
        if (leftMs <= 0 || (await this.#next(session, leftMs, signal)) === undefined) {
          throw new ConsoleError(`no client has registered within ${timeoutMs / 1_000} s`)
        }
      }
    })
  }

  /** Writes a file into the client, block by block. Rejects for a file that cannot be read or a block size that is none. */
  writeFile(
    options: FileWrite,
    onProgress?: (progress: FileWriteProgress) => void,
    signal?: AbortSignal,
  ): Promise<FileWriteResult> {
    return this.#guarded(signal, () => {
      const { isStream } = this.#open()
      const send = (template: MessageTemplate) => this.send(template, { timeoutMs: options.timeoutMs, signal })
      return writeFile(options, { send, isStream }, onProgress)
    })
  }

  /** Ends the session. What was received stays. Idempotent. */
  async close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    this.#requests.forgetClient()
    await session?.close()
  }

  /** A handshake that fails, a connection that ends without a word and a datagram that is none make nobody the client. */
  async #greet(session: ConsoleSession, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const received = await this.#next(session, Number.POSITIVE_INFINITY, signal, 'greeting')
      if (received?.kind === 'malformed') session.unconnect()
      else if (received !== undefined && !isSignal(received.packet.code)) return
    }
  }

  /** Undefined: nothing in time. */
  async #next(
    session: ConsoleSession,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    purpose: 'greeting' | 'receiving' | 'answer' = 'receiving',
  ): Promise<ReceivedPacket | undefined> {
    const { clock } = this.#options
    const dueMs = clock.now() + timeoutMs
    for (;;) {
      try {
        const received = await session.receive(dueMs - clock.now(), signal)
        this.#take(session, received, purpose === 'greeting')
        return received
      } catch (error) {
        if (!(error instanceof TransportError) || signal?.aborted === true || session.isClosed) throw error
        if (error.code === 'TIMEOUT') {
          this.#compare(session, undefined)
          return undefined
        }
        const isGone = session.isListening && session.remote === undefined
        if (isGone) this.#requests.forgetClient()
        if (purpose === 'answer' || (purpose === 'receiving' && !isGone)) throw error
        if (isGone) this.#listener.ended?.(consoleFailure(error))
        else this.#failed(error)
      }
    }
  }

  #take(session: ConsoleSession, received: ReceivedPacket, isFirst: boolean): void {
    this.#listener.received?.(received)
    if (received.kind === 'malformed') return
    const { packet } = received
    this.history.add({ direction: 'Recv', packet, kind: messageKind(packet) })
    this.payloadBuffer.append(packet.payload)
    this.#compare(session, packet)
    const reply = isFirst ? this.replies.greeting(packet) : this.#reply(session, packet)
    this.#requests.note(packet, reply !== undefined)
    if (reply === undefined) return
    try {
      const answer = this.#numbered(reply)
      session.reply(answer)
      this.#sent(answer)
    } catch (error) {
      this.#listener.failed?.(consoleFailure(error))
    }
  }

  #reply(session: ConsoleSession, packet: Packet): MessageTemplate | undefined {
    if (!session.isStream || packet.code !== Code.ping) return this.replies.reply(packet)
    // RFC 8323 §5.4: the acknowledgement of a stream. Other types than this one have no meaning there, either.
    if (!this.replies.flags.acknowledgement) return undefined
    return { ...packet, type: MessageType.nonConfirmable, code: Code.pong, payload: noPayload }
  }

  #compare(session: ConsoleSession, packet: Packet | undefined): void {
    const expected = this.#expected
    // The settings of a stream come when they like: whoever expects something else does not mean them.
    if (packet !== undefined && isSignal(packet.code) && !expectsSignal(expected)) return
    this.#expected = ANY
    const mismatch = report(expected, packet, session.isStream)
    if (mismatch !== undefined) this.#listener.mismatch?.(mismatch, expected !== null || packet !== undefined)
  }

  #numbered({ type, code, messageId, token, options, payload }: MessageTemplate): Packet {
    return {
      type,
      code,
      messageId: messageId === ANY ? this.#numbers.nextMessageId() : messageId,
      token: token === ANY ? this.#numbers.nextToken() : token,
      options: options === ANY ? [] : options,
      payload: payload === ANY ? noPayload : payload,
    }
  }

  #sent(packet: Packet, kind = messageKind(packet)): void {
    this.history.add({ direction: 'Send', packet, kind })
    this.#listener.sent?.(packet, kind)
  }

  #open(): ConsoleSession {
    if (this.#session === undefined) throw notConnected()
    return this.#session
  }

  #failed(error: TransportError): void {
    this.#listener.failed?.(consoleFailure(error))
  }

  async #guarded<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    try {
      signal?.throwIfAborted()
      return await work()
    } catch (error) {
      throw consoleFailure(error, signal)
    }
  }
}

function expectsSignal(expected: Expected): boolean {
  return expected !== ANY && expected !== null && isSignal(expected.code)
}
