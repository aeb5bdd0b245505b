import type { ObservationEvent } from '../../client/observation-event.ts'
import type { ClientEvent } from '../../machines/events.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { decodePaths } from '../../objects/formats/path-list.ts'
import { pathFromSegments } from '../../objects/path.ts'
import type { Clock } from '../../transport/clock.ts'
import { decodeDatagram } from '../../transport/coap/codec.ts'
import { type CoapDatagram, Code, isRequest, isSuccess, MessageType } from '../../transport/coap/message.ts'
import { findStrings, findUint, OptionNumber } from '../../transport/coap/options.ts'
import { type AttributedPaths, AttributeModel, type WireAttributes, wireAttributes } from './attribute-model.ts'
import { type Carried, carriedBy, nameOf } from './carried-values.ts'
import { Journal } from './journal.ts'
import { ObservationWatch } from './observation-watch.ts'
import { keyOf } from './observing-server.ts'
import { StoredReports } from './stored-reports.ts'

export interface ReportingWatchOptions {
  readonly clock: Clock
  readonly confirmable: boolean
  readonly stores: boolean
  readonly unacknowledgedEnds: 'observation' | 'connection'
  readonly defaults: WireAttributes
  /** Whether what arrives while the client sleeps waits until it wakes. */
  readonly restsUnread: boolean
}

/** A confirmable message until it is acknowledged. */
interface Outstanding {
  readonly token: string
  readonly sentMs: number
}

/** A request of the server, until it is answered. */
interface Request {
  readonly message: CoapDatagram
  /** Undoes what it did, if it was refused. */
  readonly undo: (() => void) | undefined
}

/** MAX_TRANSMIT_WAIT (RFC 7252 §4.8.2). */
const maxTransmitWaitMs = 93_000

/**
 * Judges the reporting of a client from outside: by its datagrams, by what the application wrote and did, and by its events
 * as far as they tell when nothing may leave. What it judges is said with each rule.
 */
export class ReportingWatch {
  readonly #options: ReportingWatchOptions
  readonly #journal: Journal
  readonly #attributes: AttributeModel
  readonly #observations = new Map<string, ObservationWatch>()
  readonly #stored = new Map<string, StoredReports>()
  /** Of observations that wait for their server to observe again. */
  readonly #retired = new Map<string, ObservationWatch>()
  readonly #requests = new Map<string, Request>()
  /** Confirmable messages of the client on their way. */
  readonly #outstanding = new Map<number, Outstanding>()
  /** Messages that the client sent and requests that it performed, by this connection. */
  readonly #seen = new Set<string>()
  readonly #seenRequests = new Set<string>()
  readonly #conditioned = new Set<string>()
  /** How many ends of an observation the client has not told yet, by its paths. */
  readonly #unsaid = new Map<string, number>()
  #unread: Uint8Array[] = []
  #isActive = false
  /** A De-register is under way, during which the server may well observe. */
  #isParting = false
  #isAsleep = false
  #activeSinceMs = 0
  #heldSinceMs = 0
  /** When something happened that may let go of what waits. */
  #stirredMs = 0
  /** The Register or Update under way. */
  #uplinkId: number | undefined
  /** The last request: while it had no answer, confirmable notifications waited behind it (RFC 7252 §4.7). */
  #request = { messageId: -1, sentMs: 0, answeredMs: Number.POSITIVE_INFINITY }
  readonly counts = {
    sleeps: 0,
    notifications: 0,
    confirmable: 0,
    retransmissions: 0,
    stored: 0,
    dropped: 0,
    observations: 0,
  }

  constructor(options: ReportingWatchOptions) {
    this.#options = options
    this.#journal = new Journal(options.clock)
    this.#attributes = new AttributeModel(options.defaults)
  }

  /** The first thing that was not as it must be, and what led to it. */
  get violation(): string | undefined {
    return this.#journal.violation
  }

  /** Whether notifications may leave: registered, awake, neither suspended nor offline, as far as the client knows. */
  get isActive(): boolean {
    return this.#isActive
  }

  /** From now on nothing leaves: the application has asked for that. */
  hold(why: string): void {
    this.#look()
    this.#journal.note(why)
    this.#hold()
  }

  /** The application wrote these in one transaction. */
  wrote(values: readonly Carried[]): void {
    this.#look()
    const nowMs = this.#options.clock.now()
    this.#journal.note(`writes ${values.map(nameOf).join(' ')}`)
    for (const observed of [...this.current, ...this.#retired.values()]) {
      const counting = values.filter(({ path }) => observed.covers(path) && !this.#conditioned.has(path))
      if (counting.length === 0) continue
      const isRetired = this.#retired.get(observed.key) === observed
      if (!isRetired) observed.wrote(counting, nowMs)
      const isStored = this.#options.stores && (isRetired || !this.#isActive)
      if (isStored && this.#attributes.hqmax(observed) === undefined) observed.stored.expect(nowMs, counting)
    }
  }

  announced(event: ClientEvent): void {
    this.#look()
    this.#journal.note(JSON.stringify(event))
    switch (event.type) {
      case 'QUEUE_MODE_RX_OFF':
        this.counts.sleeps++
        this.#isAsleep = true
        this.#hold()
        break
      case 'REG_TIMEOUT':
      case 'CONNECT_FAILURE':
      case 'REGISTRATION_FAILURE':
      case 'ENGINE_SUSPENDED':
      case 'DISCONNECT':
        this.#hold()
    }
  }

  observed(event: ObservationEvent): void {
    this.#journal.note(JSON.stringify(event))
    const key = event.paths.join(' ')
    this.#stirredMs = this.#options.clock.now()
    const known = this.current.find(one => one.key === key)
    if (event.type === 'dropped') {
      this.#storedOf(key).dropped += event.droppedCount
      this.counts.dropped += event.droppedCount
    } else if (event.type === 'removed') {
      this.#unsaid.set(key, (this.#unsaid.get(key) ?? 0) - 1)
    } else if (event.type === 'timedOut') {
      if (this.#options.unacknowledgedEnds === 'connection') this.#hold()
      else if (known !== undefined) this.#end(known, false)
    }
  }

  /** There is a new connection; nothing of the one before arrives any more. */
  connected(): void {
    for (const { token } of this.#outstanding.values()) this.#observations.get(token)?.lose(this.#options.clock.now())
    this.#outstanding.clear()
    this.#seen.clear()
    this.#seenRequests.clear()
    this.#unread = []
    this.#isParting = false
    this.#request.answeredMs = 0
    this.#free()
  }

  sent(bytes: Uint8Array): void {
    this.#look()
    const message = decodeDatagram(Buffer.from(bytes))
    // Only who is awake answers or asks.
    if (message.code !== Code.content || message.type === MessageType.acknowledgement) this.#wakeUp()
    const token = Buffer.from(message.token).toString('hex')
    if (isRequest(message.code)) this.#uplink(message)
    if (message.type === MessageType.confirmable && !this.#outstanding.has(message.messageId)) {
      this.#outstanding.set(message.messageId, { token, sentMs: this.#options.clock.now() })
    }
    if (message.type === MessageType.acknowledgement) this.#answered(message, token)
    else if (!isRequest(message.code) && message.code !== Code.empty) this.#notified(message, token)
  }

  received(bytes: Uint8Array): void {
    if (this.#isAsleep && this.#options.restsUnread) {
      this.#unread.push(bytes)
      return
    }
    this.#look()
    const message = decodeDatagram(Buffer.from(bytes))
    const { messageId, type } = message
    this.#stirredMs = this.#options.clock.now()
    if (isRequest(message.code)) {
      const name = `${Buffer.from(message.token).toString('hex')} ${messageId}`
      if (this.#seenRequests.has(name)) return
      this.#seenRequests.add(name)
      // What follows from attributes may leave before the answer.
      const undo = message.code === Code.put ? this.#attributed(message) : undefined
      this.#requests.set(name, { message, undo })
      return
    }
    if (type !== MessageType.acknowledgement && type !== MessageType.reset) return
    this.#delivered(message)
    if (messageId === this.#uplinkId && isSuccess(message.code)) this.#release()
  }

  /** What is wrong in the end, when nothing is left to happen. */
  finish(): void {
    this.#look()
    for (const observed of this.#observations.values()) {
      const unsaid = this.#unsaid.get(observed.key) ?? 0
      this.#journal.expect(unsaid === 0, `${observed.key}: it ended ${unsaid} times more often than it was removed`)
      if (observed.isOver) continue
      const { lost, dropped, expected } = observed.stored
      this.#journal.expect(
        lost <= dropped,
        `${observed.key}: ${lost} of ${expected} stored are lost, ${dropped} dropped`,
      )
    }
  }

  /** Observations that the client has, as far as the wire shows. */
  get current(): readonly ObservationWatch[] {
    return [...this.#observations.values()].filter(({ isOver }) => !isOver)
  }

  /** Seconds. */
  pmax(observed: AttributedPaths): number | undefined {
    return this.#attributes.pmax(observed)
  }

  isConditioned(path: string): boolean {
    return this.#conditioned.has(path)
  }

  fail(what: string): void {
    this.#journal.expect(false, what)
  }

  #hold(): void {
    if (this.#isActive) this.#heldSinceMs = this.#options.clock.now()
    this.#isActive = false
    this.#uplinkId = undefined
  }

  #release(): void {
    const nowMs = this.#options.clock.now()
    this.#stirredMs = nowMs
    this.#isAsleep = false
    if (this.#isActive) return
    this.#isActive = true
    this.#activeSinceMs = nowMs
    for (const observed of this.current) observed.release(this.#heldSinceMs)
  }

  /** A Register or De-register ends all observations; what was stored goes on where it is to be. */
  #uplink(message: CoapDatagram): void {
    const name = `${Buffer.from(message.token).toString('hex')} ${message.messageId}`
    if (this.#seen.has(name)) return
    this.#seen.add(name)
    const path = findStrings(message, OptionNumber.uriPath)
    const isUpdate = message.code === Code.post && path.length > 1
    this.#journal.note(isUpdate ? '→ Update' : message.code === Code.post ? '→ Register' : '→ De-register')
    this.#request = {
      messageId: message.messageId,
      sentMs: this.#options.clock.now(),
      answeredMs: Number.POSITIVE_INFINITY,
    }
    this.#isParting = message.code === Code.delete
    if (this.#isParting) this.#hold()
    else this.#uplinkId = message.messageId
    // Whoever did not observe again in the registration before does not care any more.
    if (!isUpdate && this.current.length > 0) {
      for (const key of this.#retired.keys()) this.#storedOf(key).forget()
      this.#retired.clear()
    }
    if (!isUpdate) for (const observed of this.current) this.#end(observed, this.#options.stores)
  }

  #wakeUp(): void {
    this.#isAsleep = false
    for (const bytes of this.#unread.splice(0)) this.received(bytes)
  }

  #answered(message: CoapDatagram, token: string): void {
    const name = `${token} ${message.messageId}`
    const { message: request, undo } = this.#requests.get(name) ?? {}
    if (request === undefined) return
    this.#requests.delete(name)
    const queries = findStrings(request, OptionNumber.uriQuery)
    const path = pathFromSegments(findStrings(request, OptionNumber.uriPath)) ?? []
    const observe = findUint(request, OptionNumber.observe)
    if (!isSuccess(message.code)) {
      this.#journal.note(`refuses ${queries.join('&')} with ${message.code}`)
      undo?.()
    } else if (observe !== undefined) {
      const isComposite = request.code === Code.fetch
      const paths = isComposite ? decodePaths(ContentFormat.senmlCbor, request.payload) : [path]
      const key = keyOf({ paths })
      for (const observed of this.current) if (observed.key === key) this.#end(observed, false)
      if (observe === 0) this.#started(message, token, { key, paths, isComposite, own: ownOf(queries) })
      else this.#journal.note(`${key} is cancelled`)
    }
  }

  /** Returns how to undo it. */
  #attributed(message: CoapDatagram): () => void {
    const path = `/${findStrings(message, OptionNumber.uriPath).join('/')}`
    const attributes = wireAttributes(findStrings(message, OptionNumber.uriQuery))
    this.#journal.note(`attributes of ${path}: ${JSON.stringify(attributes)}`)
    const undo = this.#attributes.write(path, attributes)
    if (['gt', 'lt', 'st'].some(name => name in attributes)) this.#conditioned.add(path)
    for (const observed of [...this.current, ...this.#retired.values()]) {
      if (!observed.covers(path)) continue
      observed.attributed(path, this.#conditioned.has(path), 'hqmax' in attributes, this.#options.clock.now())
    }
    return undo
  }

  #started(message: CoapDatagram, token: string, observed: AttributedPaths & { readonly key: string }): void {
    this.counts.observations++
    const contentFormat = findUint(message, OptionNumber.contentFormat)
    const former = this.#retired.get(observed.key)
    // Text has no place for what was recorded in another format.
    if (contentFormat === ContentFormat.text && former?.contentFormat !== contentFormat) {
      this.#storedOf(observed.key).forget()
    }
    this.#retired.delete(observed.key)
    this.#journal.note(`${observed.key} is observed by ${token}`)
    this.#observations.set(
      token,
      new ObservationWatch(this.#attributes, this.#journal, {
        ...observed,
        token,
        contentFormat,
        sequence: findUint(message, OptionNumber.observe) ?? -1,
        startedMs: this.#options.clock.now(),
        stored: this.#storedOf(observed.key),
      }),
    )
  }

  #end(observed: ObservationWatch, isRetired: boolean): void {
    observed.isOver = true
    this.#unsaid.set(observed.key, (this.#unsaid.get(observed.key) ?? 0) + 1)
    if (isRetired) this.#retired.set(observed.key, observed)
    else observed.stored.forget()
    for (const [messageId, { token }] of this.#outstanding) {
      if (token === observed.token) this.#outstanding.delete(messageId)
    }
    this.#free()
  }

  #notified(message: CoapDatagram, token: string): void {
    const nowMs = this.#options.clock.now()
    const name = `${token} ${message.messageId}`
    if (this.#seen.has(name)) {
      this.#journal.note(`→ again ${name}`)
      this.counts.retransmissions++
      return
    }
    this.#seen.add(name)
    const observed = this.#observations.get(token)
    if (observed === undefined || observed.isOver) {
      this.#journal.expect(false, `${token}: a notification of an observation that is over`)
      return
    }
    const isConfirmable = message.type === MessageType.confirmable
    const carried = carriedBy(message, observed)
    // What has no times may be of the history as far as it leaves at one go, each when the one before has arrived.
    const mayBeStored = this.#options.stores && isConfirmable && nowMs === this.#stirredMs
    const isStored = carried.some(({ atMs }) => atMs !== undefined) || (mayBeStored && isText(message))
    this.#journal.note(
      `→ ${isConfirmable ? 'CON' : 'NON'} ${isStored ? 'stored' : 'live'} ${observed.key} ` +
        carried.map(nameOf).join(' '),
    )
    this.counts.notifications++
    if (isConfirmable) this.counts.confirmable++
    this.#journal.expect(
      this.#isActive || this.#isParting,
      `${observed.key}: a notification leaves although nothing may`,
    )
    if (isStored) this.counts.stored++
    // It may have waited for the answer to a request, but the time counts from before.
    const isLate = isConfirmable && nowMs <= this.#request.answeredMs
    const notification = {
      name,
      sequence: findUint(message, OptionNumber.observe),
      isConfirmable,
      isStored,
      carried,
      madeMs: isLate ? this.#request.sentMs : nowMs,
    }
    observed.sent(notification, this.#attributes.con(observed) ?? this.#options.confirmable, nowMs)
  }

  #delivered({ type, messageId }: CoapDatagram): void {
    const token = this.#outstanding.get(messageId)?.token
    this.#journal.note(`← ${type === MessageType.reset ? 'RST' : 'ACK'} ${messageId}`)
    this.#outstanding.delete(messageId)
    const observed = token === undefined ? this.#resettable(messageId) : this.#observations.get(token)
    this.#free()
    if (messageId === this.#request.messageId) this.#request.answeredMs = this.#options.clock.now()
    if (type === MessageType.reset) {
      if (observed !== undefined && !observed.isOver) this.#end(observed, false)
      return
    }
    if (token === undefined || observed === undefined) return
    observed.stored.acknowledge(`${token} ${messageId}`)
  }

  /** What waited for something on its way waits no more. */
  #free(): void {
    for (const one of this.current) one.free(this.#options.clock.now())
  }

  #resettable(messageId: number): ObservationWatch | undefined {
    return this.current.find(({ token }) => this.#seen.has(`${token} ${messageId}`))
  }

  /** What had to happen until now has happened. */
  #look(): void {
    if (!this.#isActive) return
    const nowMs = this.#options.clock.now()
    for (const { token, sentMs } of this.#outstanding.values()) {
      this.#journal.expect(nowMs <= sentMs + maxTransmitWaitMs, `${token}: it is not given up`)
    }
    // Whatever waits may wait for an acknowledgement.
    if (this.#outstanding.size > 0) return
    for (const observed of this.#observations.values()) if (!observed.isOver) observed.look(this.#activeSinceMs, nowMs)
  }

  #storedOf(key: string): StoredReports {
    let stored = this.#stored.get(key)
    if (stored === undefined) {
      stored = new StoredReports()
      this.#stored.set(key, stored)
    }
    return stored
  }
}

function ownOf(queries: readonly string[]): WireAttributes | undefined {
  return queries.length === 0 ? undefined : wireAttributes(queries)
}

function isText(message: CoapDatagram): boolean {
  return findUint(message, OptionNumber.contentFormat) === ContentFormat.text
}
