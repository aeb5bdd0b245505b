import { server } from '../objects/definitions/server.ts'
import type { EnablerVersion } from '../objects/enabler.ts'
import { ContentFormat } from '../objects/formats/format.ts'
import type { OperationContext } from '../objects/operations/operation.ts'
import { readSend, type SendContent, sendFormat } from '../objects/operations/send.ts'
import type { Path } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { Clock } from '../transport/clock.ts'
import { Code } from '../transport/coap/message.ts'
import type { CoapPeer, PendingRequest } from '../transport/coap/peer.ts'
import { TransportError } from '../transport/errors.ts'
import { encodeSend } from '../transport/lwm2m/uplink.ts'
import { readFailure, rejected, SendError } from './send-error.ts'

export interface ServerSendOptions {
  /** SenML CBOR (112, the default), SenML JSON (110) or, in LwM2M 1.2, LwM2M CBOR (11544, which carries no times). */
  readonly contentFormat?: number
  /**
   * What becomes of it while the server cannot be reached: `reject` it, or `queue` what is read now, with its time, until the
   * client is registered again. What the server does not acknowledge is rejected either way. Default `reject`.
   */
  readonly whenOffline?: 'reject' | 'queue'
}

export interface SendsOptions {
  readonly store: ObjectStore
  readonly clock: Clock
  /** Who the server is, and the enabler of its registration at the time. */
  readonly context: OperationContext
  /** Object instance id in the Server object. */
  readonly serverInstanceId: number
  /** Sends that may wait. */
  readonly maximumWaiting: number
  /** Default: {@link readSend}. */
  readonly read?: typeof readSend
  /** Something waits while the client sleeps; told once a sleep. Called synchronously, so it must not throw. */
  readonly onWaiting: () => void
  /** The server did not acknowledge a Send. Called synchronously, so it must not throw. */
  readonly onUnreachable: (error: TransportError) => void
}

/** A Send with a long time series takes several messages of about this size, each of which counts once it has arrived. */
const maximumSeriesBytes = 1_024

/** Whose objects a Send is about: those of the client, or of a device behind it. */
export interface SendSource {
  readonly store: ObjectStore
  readonly context: OperationContext
}

/** A Send that has not arrived yet. */
interface OpenSend {
  readonly source: SendSource
  /** What is still to be read when it leaves. */
  paths: readonly Path[]
  readonly contentFormat: number
  /** Whether it outlives the connection. */
  readonly queues: boolean
  /** What was read before it could leave, with the time of that. */
  kept?: readonly PathValue[]
  /** That reading, which handlers of the application may delay. */
  keeping?: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** The one Send that is under way. */
interface Turn {
  readonly send: OpenSend
  /** What the message in flight carries, and since when. */
  content?: SendContent
  readMs?: number
  request?: PendingRequest
}

/**
 * The Sends to one server (LwM2M Core 1.2.2 §6.4.6): one at a time, in order, each once its turn has come and something may
 * leave. What it carries is read when it leaves, or, of a Send that is queued, when it is clear that it cannot.
 */
export class Sends {
  readonly #options: SendsOptions
  #state: 'unregistered' | 'open' | 'asleep' | 'offline' = 'unregistered'
  #peer: CoapPeer | undefined
  #waiting: OpenSend[] = []
  #turn: Turn | undefined
  /** Whether `onWaiting` was called since the client fell asleep. */
  #told = false

  constructor(options: SendsOptions) {
    this.#options = options
  }

  /** Whether there is a registration, as far as the client knows. */
  get registered(): boolean {
    return this.#state !== 'unregistered'
  }

  /** Mute Send (LwM2M Core 1.2.2 §E.2, resource 23). */
  get muted(): boolean {
    const { store, serverInstanceId } = this.#options
    return store.get([server.id, serverInstanceId, server.resources.muteSend.id]) === true
  }

  /** Resolves when the server has it. Rejects with SendError, or TransportError when the server does not answer. */
  send(paths: readonly Path[], options: ServerSendOptions = {}, source: SendSource = this.#options): Promise<void> {
    const { contentFormat = ContentFormat.senmlCbor, whenOffline } = options
    return new Promise((resolve, reject) => {
      const send: OpenSend = { source, paths, contentFormat, queues: whenOffline === 'queue', resolve, reject }
      this.#checkAllowed(send)
      if (this.#state === 'offline') this.#checkMayWait(send)
      if (this.#waiting.length >= this.#options.maximumWaiting) {
        const message = `${this.#waiting.length} Sends wait for server ${this.#shortServerId}: send again when some have left`
        throw new SendError('QUEUE_FULL', message)
      }
      this.#waiting.push(send)
      if (this.#state === 'offline') this.#keep(send)
      else this.#proceed()
    })
  }

  /** The server has confirmed the registration over this connection: what waits leaves. */
  release(peer: CoapPeer): void {
    this.#state = 'open'
    this.#peer = peer
    this.#proceed()
  }

  /** The client does not listen: what is to be sent wakes it. */
  sleep(): void {
    if (this.#state !== 'open') return
    this.#waiting = this.#takeAll()
    this.#state = 'asleep'
    this.#told = false
    this.#proceed()
  }

  /** An earlier run of the client was registered; the server has to confirm that. */
  restore(): void {
    if (this.#state === 'unregistered') this.#state = 'offline'
  }

  /** Nothing can leave until `release`: what does not queue is rejected, with `CLOSED` when the registration is over, too. */
  interrupt(code: 'OFFLINE' | 'CLOSED' = 'OFFLINE'): void {
    if (this.#state === 'unregistered') return
    this.#state = 'offline'
    for (const send of this.#takeAll()) {
      try {
        this.#checkMayWait(send, code)
        this.#waiting.push(send)
        this.#keep(send)
      } catch (error) {
        send.reject(error)
      }
    }
  }

  /** The registration is over, and so is all that waits. */
  close(): void {
    this.#state = 'unregistered'
    for (const send of this.#takeAll()) send.reject(this.#unreachable('CLOSED'))
  }

  get #shortServerId(): number {
    return this.#options.context.shortServerId
  }

  get #version(): EnablerVersion {
    return this.#options.context.enablerVersion ?? '1.1'
  }

  /** All that has not arrived, in order; nothing is under way any more. */
  #takeAll(): OpenSend[] {
    const turn = this.#turn
    const open = this.#waiting
    this.#turn = undefined
    this.#peer = undefined
    this.#waiting = []
    if (turn === undefined) return open
    turn.request?.cancel()
    if (turn.content !== undefined) keepContent(turn.send, turn.content, turn.readMs as number)
    return [turn.send, ...open]
  }

  /** Lets the next one go, if it may. */
  #proceed(): void {
    if (this.#turn !== undefined || this.#waiting.length === 0) return
    if (this.#state === 'asleep' && !this.#told) {
      this.#told = true
      this.#options.onWaiting()
    }
    if (this.#peer === undefined) return
    const turn: Turn = { send: this.#waiting.shift() as OpenSend }
    this.#turn = turn
    void this.#take(turn, this.#peer)
  }

  async #take(turn: Turn, peer: CoapPeer): Promise<void> {
    const { send } = turn
    let failure: { readonly error: unknown } | undefined
    try {
      await this.#transmit(turn, peer)
    } catch (error) {
      failure = { error }
    }
    // Somebody else has decided what becomes of it.
    if (this.#turn !== turn) return
    this.#turn = undefined
    if (failure === undefined) send.resolve()
    else send.reject(failure.error)
    const error = failure?.error
    if (error instanceof TransportError && error.code === 'TIMEOUT') this.#options.onUnreachable(error)
    this.#proceed()
  }

  /** Sends what there is, in one message after the other while time series have more. */
  async #transmit(turn: Turn, peer: CoapPeer): Promise<void> {
    const { send } = turn
    // Otherwise what holds now is read now.
    if (send.keeping !== undefined) await send.keeping
    for (;;) {
      this.#checkAllowed(send)
      const content = await this.#read(send)
      if (this.#turn !== turn || content.values.length === 0) return
      turn.content = content
      turn.readMs = this.#options.clock.now()
      turn.request = peer.request(encodeSend(content))
      const response = await turn.request.response
      if (this.#turn !== turn) return
      if (response.code !== Code.changed) throw rejected(response)
      content.series?.delivered()
      if (content.series?.complete !== false) return
      send.kept = []
    }
  }

  #keep(send: OpenSend): void {
    if (send.kept !== undefined || send.keeping !== undefined) return
    const reading = this.#read(send).then(content => keepContent(send, content, this.#options.clock.now()))
    send.keeping = reading
    reading.catch((error: unknown) => {
      this.#waiting = this.#waiting.filter(other => other !== send)
      send.reject(error)
    })
  }

  async #read({ source, paths, contentFormat, kept }: OpenSend): Promise<SendContent> {
    const { read = readSend } = this.#options
    const { store, context } = source
    while (store.locked) await new Promise<void>(resolve => void store.whenUnlocked(resolve))
    try {
      return await read(store, { ...context, maximumSeriesBytes }, { paths, contentFormat, kept })
    } catch (error) {
      throw readFailure(error)
    }
  }

  /** What the server allows at all; it may have changed its mind since the call. Throws SendError. */
  #checkAllowed({ contentFormat }: OpenSend): void {
    if (!this.registered) throw notRegistered(this.#shortServerId)
    if (this.muted) throw isMuted(this.#shortServerId)
    if (this.#version === '1.0') {
      throw new SendError('UNSUPPORTED_VERSION', `server ${this.#shortServerId} speaks LwM2M 1.0, which has no Send`)
    }
    formatOf(contentFormat, this.#version)
  }

  /** Throws SendError for a Send that is not to wait, or not without a time. */
  #checkMayWait({ queues, contentFormat }: OpenSend, code: 'OFFLINE' | 'CLOSED' = 'OFFLINE'): void {
    if (!queues) throw this.#unreachable(code)
    if (formatOf(contentFormat, this.#version).timed === true) return
    const message = `Content-Format ${contentFormat} cannot tell when a value that waits was read; take SenML CBOR`
    throw new SendError('UNSUPPORTED_FORMAT', message)
  }

  #unreachable(code: 'OFFLINE' | 'CLOSED'): SendError {
    const what =
      code === 'CLOSED'
        ? 'the registration ended before the Send had arrived: send again after registered()'
        : "there is no way to it now: send again after registered(), or with whenOffline: 'queue'"
    return new SendError(code, `server ${this.#shortServerId}: ${what}`)
  }
}

export function notRegistered(shortServerId: number | undefined): SendError {
  const what = shortServerId === undefined ? 'any server' : `server ${shortServerId}`
  return new SendError('NOT_REGISTERED', `the client is not registered with ${what}: wait for registered()`)
}

export function isMuted(shortServerId: number | undefined): SendError {
  const who = shortServerId === undefined ? 'every server has' : `server ${shortServerId} has`
  return new SendError('MUTED', `${who} muted Send (/1/x/23), until it writes false there`)
}

function formatOf(contentFormat: number, version: EnablerVersion) {
  try {
    return sendFormat(contentFormat, version)
  } catch (error) {
    throw readFailure(error)
  }
}

/** What goes later instead of being read then; a time series keeps itself, each entry with its own time. */
function keepContent(send: OpenSend, { values, series }: SendContent, readMs: number): void {
  const timeSeconds = readMs / 1_000
  // What was kept before has its time already, and goes as it is.
  const known = send.kept ?? values.filter(value => value.timeSeconds === undefined)
  send.kept = known.map(value => ({ timeSeconds, ...value }))
  if (series === undefined) send.paths = []
}
