import { createRequire } from 'node:module'
import type { StatelyActorEvent, StatelyInspectionEvent } from '@statelyai/inspect'
import type { WebSocket } from 'ws'
import type { InspectionEvent } from 'xstate'
import { backgroundClock, type Clock } from '../transport/clock.ts'
import { TransportError } from '../transport/errors.ts'
import type { ClientOptions } from './options.ts'
import { OptionsError } from './options-error.ts'

/** What `createInspectorServer` of `@statelyai/inspect/server` listens on by default. */
const defaultUrl = 'ws://localhost:8080'

/** Optional peer dependencies of the engine, loaded for an inspector only. */
const packages = ['@statelyai/inspect', 'ws']

const retryDelayMs = 5_000
const handshakeTimeoutMs = 5_000
/** Messages kept for an inspector that is not there yet. */
const maximumBacklog = 1_000
/** Events of one turn of the event loop; those beyond are left out. */
const maximumBurst = 2_000
/** What a slow inspector may leave unread before it is left, to be told anew later. */
const maximumUnreadBytes = 8 * 1024 * 1024
/** The statecharts nest their states deeper than the default of 10 levels of JSON. */
const maximumDepth = 100

type Inspect = (event: InspectionEvent) => void

/**
 * The function that XState's `inspect` takes, for the option `inspect`. Throws OptionsError when a package for the Stately
 * inspector is not installed. Whoever is inspected goes on, whatever becomes of the inspector; `onError` is told, with
 * TransportError NETWORK_UNREACHABLE, when it cannot be reached, once until it can.
 */
export function inspectWith(
  inspect: Exclude<ClientOptions['inspect'], false | undefined>,
  onError: (error: unknown) => void,
  clock: Clock = backgroundClock,
): Inspect {
  if (typeof inspect === 'function') return inspect
  checkPackages()
  const url = inspect === true ? defaultUrl : inspect
  let waiting = 0
  const inspector = openInspector(url, () => waiting--, onError, clock)
  return event => {
    if (!isShown(event) || (waiting >= maximumBurst && !isMilestone(event))) return
    waiting++
    void inspector.then(opened => opened?.inspect.next?.(event))
  }
}

function checkPackages(): void {
  const { resolve } = createRequire(import.meta.url)
  try {
    for (const name of packages) resolve(name)
  } catch (cause) {
    throw new OptionsError(`to inspect the statecharts, run: npm install ${packages.join(' ')}`, { cause })
  }
}

async function openInspector(url: string, taken: () => void, onError: (error: unknown) => void, clock: Clock) {
  try {
    const [{ createInspector }, { WebSocket }] = await Promise.all([import('@statelyai/inspect'), import('ws')])
    const options = { handshakeTimeout: handshakeTimeoutMs, perMessageDeflate: false }
    const link = new InspectorLink({ url, openSocket: () => new WebSocket(url, options), onError, clock })
    const send = (message: StatelyInspectionEvent) => {
      taken()
      link.send(message)
    }
    return createInspector({ send }, { serializationDepthLimit: maximumDepth })
  } catch (error) {
    onError(error)
    return undefined
  }
}

/** Of the other kinds the inspector shows nothing. */
function isShown({ type }: InspectionEvent): boolean {
  return type === '@xstate.actor' || type === '@xstate.event' || type === '@xstate.snapshot'
}

/** An actor begins or ends. */
function isMilestone(event: InspectionEvent): boolean {
  return event.type === '@xstate.actor' || (event.type === '@xstate.snapshot' && event.snapshot.status !== 'active')
}

interface LinkOptions {
  readonly url: string
  readonly openSocket: () => WebSocket
  readonly onError: (error: unknown) => void
  readonly clock: Clock
}

/**
 * The way to an inspector, made again whenever it breaks. The package's own way goes on trying after it was stopped, keeps the
 * process alive with it, and does not come back when the inspector was restarted.
 */
class InspectorLink {
  readonly #options: LinkOptions
  /** The living actors as they were before the backlog began, so that both together are the whole story. */
  readonly #actors = new Map<string, StatelyActorEvent>()
  readonly #backlog: StatelyInspectionEvent[] = []
  #socket: WebSocket | undefined
  #isFailureTold = false

  constructor(options: LinkOptions) {
    this.#options = options
    this.#connect()
  }

  send(message: StatelyInspectionEvent): void {
    this.#backlog.push(message)
    if (this.#socket !== undefined) this.#flush()
    else if (this.#backlog.length > maximumBacklog) this.#take()
  }

  #connect(): void {
    const { openSocket, clock } = this.#options
    const socket = openSocket()
    // An inspector that listens does not keep alive who has nothing else to do.
    socket.on('upgrade', response => response.socket.unref())
    socket.on('open', () => {
      this.#socket = socket
      this.#isFailureTold = false
      for (const actor of this.#actors.values()) this.#write(socket, actor)
      this.#flush()
    })
    socket.on('error', error => {
      if (this.#socket === undefined) this.#tellFailure(error)
    })
    socket.on('close', () => {
      this.#socket = undefined
      clock.setTimeout(() => this.#connect(), retryDelayMs)
    })
  }

  #flush(): void {
    while (this.#socket !== undefined) {
      const message = this.#take()
      if (message === undefined) return
      this.#write(this.#socket, message)
    }
  }

  /** The oldest message of the backlog; what it tells of its actor is remembered. */
  #take(): StatelyInspectionEvent | undefined {
    const message = this.#backlog.shift()
    if (message?.type === '@xstate.actor') this.#actors.set(message.sessionId, message)
    if (message?.type !== '@xstate.snapshot') return message
    const { sessionId, snapshot } = message
    const actor = this.#actors.get(sessionId)
    if (snapshot.status !== 'active') this.#actors.delete(sessionId)
    else if (actor !== undefined) this.#actors.set(sessionId, { ...actor, snapshot })
    return message
  }

  #write(socket: WebSocket, message: StatelyInspectionEvent): void {
    try {
      socket.send(JSON.stringify(message))
    } catch (error) {
      this.#options.onError(error)
    }
    if (socket.bufferedAmount <= maximumUnreadBytes) return
    this.#socket = undefined
    socket.terminate()
  }

  #tellFailure(error: NodeJS.ErrnoException): void {
    if (this.#isFailureTold) return
    this.#isFailureTold = true
    const { url, onError } = this.#options
    const { protocol, host } = new URL(url)
    const why = error.code ?? error.message
    const message = `no inspector at ${protocol}//${host} (${why}); trying again every ${retryDelayMs / 1000} s`
    onError(new TransportError('NETWORK_UNREACHABLE', message, { cause: error }))
  }
}
