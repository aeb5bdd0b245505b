import type { Clock } from '../clock.ts'
import type { Address } from '../connection.ts'
import { closedError, MessageFormatError, TransportError } from '../errors.ts'
import type { Stream, StreamReceiver } from '../stream.ts'
import type { Trace } from '../trace.ts'
import { encodeFrame, FrameReader, FrameTooLargeError } from './frame.ts'
import { type CoapFrame, Code, isSignal } from './message.ts'
import type { CoapParameters } from './parameters.ts'
import {
  baseSettings,
  decodeSignal,
  encodeAbort,
  encodeCsm,
  encodePing,
  encodePong,
  encodeRelease,
  type Settings,
  type Signal,
  SignalError,
} from './signaling.ts'

/** Who wants nothing read: whoever owns the connection, or its receiver, whose answers the peer does not read. */
export type PauseReason = 'owner' | 'receiver'

/** What a {@link CoapStream} tells its user. */
export interface CoapStreamReceiver {
  /** A request or a response. */
  message(message: CoapFrame): void
  /** The answer to a Ping. */
  pong(token: Uint8Array): void
  /** The peer has told new settings. */
  settingsChanged(): void
  /** The peer is about to leave: it takes no more requests (RFC 8323 §5.5). */
  released(): void
  /** More is welcome again, after `send` has returned false. */
  drained(): void
  /** The stream is over. Nothing more arrives, nothing more is sent. */
  closed(error: TransportError): void
}

export interface CoapStreamOptions {
  readonly clock: Clock
  readonly parameters: Pick<CoapParameters, 'maximumMessageBytes' | 'settingsTimeoutMs'>
  readonly trace?: Trace | undefined
  /** Ends the exchange of settings: it rejects with TransportError CLOSED. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A stream whose ends have told each other their settings (CSM, RFC 8323 §5.3): whole messages in both directions. It answers
 * Pings, and aborts where the peer breaks the rules (§5.6).
 */
export class CoapStream implements StreamReceiver {
  readonly #stream: Stream
  readonly #options: CoapStreamOptions
  readonly #reader: FrameReader
  #settings: Settings | undefined
  #receiver: CoapStreamReceiver | undefined
  /** Why nothing is read. */
  readonly #pauses = new Set<PauseReason | 'opening' | 'pongs'>()
  #isReading = false
  #isClosed = false
  /** Why it is over, where there was nobody yet to be told. */
  #untold: TransportError | undefined
  #opened: (error?: TransportError) => void = () => {}

  private constructor(stream: Stream, options: CoapStreamOptions) {
    this.#stream = stream
    this.#options = options
    this.#reader = new FrameReader(options.parameters.maximumMessageBytes)
  }

  /**
   * Tells the own settings and waits for those of the peer. Rejects with TransportError TIMEOUT when they do not come, ABORTED
   * when something else does, CLOSED; the stream is closed then.
   */
  static open(stream: Stream, options: CoapStreamOptions): Promise<CoapStream> {
    const { clock, parameters, signal } = options
    const opening = new CoapStream(stream, options)
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        opening.#fail(new TransportError('TIMEOUT', 'the peer did not tell its settings (CSM)'), 'no CSM came')
      }, parameters.settingsTimeoutMs)
      const abandon = () => opening.#fail(closedError())
      opening.#opened = error => {
        opening.#opened = () => {}
        clock.clearTimeout(timer)
        signal?.removeEventListener('abort', abandon)
        if (error === undefined) resolve(opening)
        else reject(error)
      }
      signal?.addEventListener('abort', abandon)
      stream.receive(opening)
      if (signal?.aborted === true) abandon()
      else {
        opening.send(encodeCsm({ maximumMessageBytes: parameters.maximumMessageBytes, isBlockwise: true }))
      }
    })
  }

  get local(): Address {
    return this.#stream.local
  }

  get remote(): Address {
    return this.#stream.remote
  }

  get identity(): string | undefined {
    return this.#stream.identity
  }

  get proof(): Stream['proof'] {
    return this.#stream.proof
  }

  /** What the peer has told of itself. */
  get peerSettings(): Settings {
    return this.#settings ?? baseSettings
  }

  /** Sets who receives; until then messages wait unread. */
  receive(receiver: CoapStreamReceiver): void {
    this.#receiver = receiver
    // Whoever sets it is still being made, and a request may have come with the settings, or the end after them.
    queueMicrotask(() => {
      const failure = this.#untold
      this.#untold = undefined
      if (failure === undefined) this.#resume('opening')
      else receiver.closed(failure)
    })
  }

  /** Sends a message; false: as `Stream.send`. Throws TransportError BLOCKWISE for one that is larger than the peer accepts. */
  send(message: CoapFrame): boolean {
    if (this.#isClosed) return true
    const bytes = encodeFrame(message)
    const { maximumMessageBytes } = this.peerSettings
    if (bytes.length > maximumMessageBytes) {
      throw new TransportError(
        'BLOCKWISE',
        `a message of ${bytes.length} bytes, where the peer accepts ${maximumMessageBytes}`,
      )
    }
    this.#options.trace?.message('sent', message, bytes.length)
    return this.#stream.send(bytes)
  }

  ping(token: Uint8Array): void {
    this.send(encodePing(token))
  }

  /** Reads no more until {@link resume} for the same reason. */
  pause(reason: PauseReason = 'owner'): void {
    this.#pause(reason)
  }

  resume(reason: PauseReason = 'owner'): void {
    this.#resume(reason)
  }

  /** Tells the peer that the connection ends, and ends it (RFC 8323 §5.5). Idempotent. */
  close(): void {
    if (this.#isClosed) return
    this.send(encodeRelease())
    this.#end()
    this.#opened(closedError())
  }

  /** Ends the connection without a word; it is dead. */
  drop(): void {
    this.#end()
  }

  bytes(bytes: Buffer): void {
    if (this.#isClosed) return
    try {
      this.#reader.push(bytes)
    } catch (error) {
      this.#refuse(error)
      return
    }
    this.#read()
  }

  drained(): void {
    this.#resume('pongs')
    this.#receiver?.drained()
  }

  closed(error: TransportError): void {
    if (!this.#isClosed) this.#fail(this.#settings === undefined ? unsettled(error) : error)
  }

  /** Takes the messages that are whole, as long as somebody wants them. */
  #read(): void {
    // Whoever takes a message may resume what is being read.
    if (this.#isReading) return
    this.#isReading = true
    try {
      while (!this.#isClosed && this.#pauses.size === 0) {
        const message = this.#reader.next()
        if (message === undefined) break
        this.#take(message)
      }
    } catch (error) {
      this.#refuse(error)
    } finally {
      this.#isReading = false
    }
  }

  #take(message: CoapFrame): void {
    this.#options.trace?.message('received', message, this.#reader.messageBytes)
    if (this.#settings === undefined) this.#open(message)
    else if (isSignal(message.code)) this.#follow(decodeSignal(message))
    else this.#receiver?.message(message)
  }

  /** RFC 8323 §5.3: the first message is a CSM. */
  #open(message: CoapFrame): void {
    if (message.code === Code.abort) {
      this.#follow(decodeSignal(message))
      return
    }
    const signal = message.code === Code.csm ? decodeSignal(message) : undefined
    if (signal?.kind !== 'csm') throw new MessageFormatError('the first message is no CSM')
    this.#settings = { ...baseSettings, ...signal.settings }
    // Nobody receives yet.
    this.#pause('opening')
    this.#opened()
  }

  #follow(signal: Signal): void {
    switch (signal.kind) {
      case 'csm':
        this.#settings = { ...this.peerSettings, ...signal.settings }
        this.#receiver?.settingsChanged()
        break
      case 'ping':
        // RFC 8323 §5.4: without the Custody option it says that the Ping was received, and no more.
        if (!this.send(encodePong(signal.token))) this.#pause('pongs')
        break
      case 'pong':
        this.#receiver?.pong(signal.token)
        break
      case 'release':
        this.#receiver?.released()
        break
      case 'abort': {
        const why = signal.text === '' ? '' : `: ${signal.text}`
        this.#fail(new TransportError('ABORTED', `the peer has aborted the connection${why}`))
        break
      }
      case 'unknown':
        break
    }
  }

  #pause(reason: PauseReason | 'opening' | 'pongs'): void {
    if (this.#isClosed) return
    this.#pauses.add(reason)
    this.#stream.pause()
  }

  #resume(reason: PauseReason | 'opening' | 'pongs'): void {
    this.#pauses.delete(reason)
    if (this.#isClosed || this.#pauses.size > 0) return
    this.#read()
    if (this.#pauses.size === 0) this.#stream.resume()
  }

  /** What the peer sent is no message, or asks for what cannot be done (RFC 8323 §3.4, §5.2, §5.6). */
  #refuse(error: unknown): void {
    if (!isOfPeer(error)) throw error
    const option = error instanceof SignalError && error.signal === Code.csm ? error.option : undefined
    this.#fail(
      new TransportError('ABORTED', `the peer broke the rules of CoAP over streams: ${error.message}`),
      error.message,
      option,
    )
  }

  /** Ends the connection; with a reason for the peer that is told by an Abort. */
  #fail(error: TransportError, reason?: string, badCsmOption?: number): void {
    if (this.#isClosed) return
    if (reason !== undefined) this.send(encodeAbort(reason.slice(0, longestReason), badCsmOption))
    const receiver = this.#receiver
    this.#end()
    this.#opened(error)
    if (receiver === undefined) this.#untold = error
    else receiver.closed(error)
  }

  #end(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#receiver = undefined
    this.#stream.close()
  }
}

/** Of the text of an Abort: with it the message is below what every peer accepts. */
const longestReason = 200

function isOfPeer(error: unknown): error is Error {
  return error instanceof MessageFormatError || error instanceof FrameTooLargeError || error instanceof SignalError
}

/** An end before the peer has told its settings: whoever listens there may speak something else. */
function unsettled(error: TransportError): TransportError {
  if (error.code !== 'CLOSED') return error
  const hint = 'before it told its settings (CSM): does this port speak CoAP, and with or without TLS as the URI says?'
  return new TransportError('CLOSED', `${error.message} ${hint}`, { cause: error })
}
