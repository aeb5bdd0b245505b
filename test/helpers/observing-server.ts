import { ContentFormat } from '../../objects/formats/format.ts'
import { encodePaths } from '../../objects/formats/path-list.ts'
import type { Operation } from '../../objects/operations/operation.ts'
import { formatPath, type Path } from '../../objects/path.ts'
import type { Timer } from '../../transport/clock.ts'
import { CoapEndpoint } from '../../transport/coap/endpoint.ts'
import { type CoapMessage, Code, isSuccess, noPayload } from '../../transport/coap/message.ts'
import { findStrings, OptionNumber } from '../../transport/coap/options.ts'
import type { CoapPeer, PendingObservation } from '../../transport/coap/peer.ts'
import { encodeOperation } from '../../transport/lwm2m/downlink.ts'
import { encodeRegistered } from '../../transport/lwm2m/uplink.ts'
import { type Carried, carriedBy } from './carried-values.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** What a server observes, or would. */
export interface Wanted {
  readonly paths: readonly Path[]
  readonly isComposite: boolean
  readonly accept: number
  /** Queries that go with the Observe. */
  readonly queries: readonly string[]
}

interface Observing {
  readonly wanted: Wanted
  readonly pending: PendingObservation
  isEstablished: boolean
}

const accepted: CoapMessage = { code: Code.changed, options: [], payload: noPayload }

/** Tells the observations of one server apart. */
export function keyOf({ paths }: Pick<Wanted, 'paths'>): string {
  return paths.map(formatPath).join(' ')
}

/**
 * A server that takes every registration, and observes what it wants to: again after each Register, and after an Observe that
 * failed. It sends only when it is told to, or hears of the client.
 */
export class ObservingServer {
  readonly #world: SimulatedWorld
  readonly #wanted = new Map<string, Wanted>()
  readonly #observing = new Map<string, Observing>()
  readonly #newest = new Map<string, Map<string, number>>()
  #endpoint: CoapEndpoint | undefined
  #peer: CoapPeer | undefined
  #timer: Timer
  #registrations = 0
  notifications = 0

  constructor(world: SimulatedWorld) {
    this.#world = world
  }

  async listen(host: string): Promise<void> {
    this.#endpoint = await CoapEndpoint.listen({
      ...this.#world,
      local: { host, port: 5683 },
      // What it asks of a client that sleeps is not to stand in the way of everything else.
      parameters: { nstart: 16 },
      handler: ({ message, peer }) => this.#uplink(message, peer),
    })
  }

  get wanted(): readonly Wanted[] {
    return [...this.#wanted.values()]
  }

  /** The values it was last told of an observation, by path; undefined: it does not observe that. */
  newest(key: string): ReadonlyMap<string, number> | undefined {
    return this.#observing.get(key)?.isEstablished === true ? this.#newest.get(key) : undefined
  }

  /** Observes that, again if it does already. */
  observe(wanted: Wanted): void {
    const key = keyOf(wanted)
    this.#wanted.set(key, wanted)
    this.#observing.get(key)?.pending.cancel()
    this.#observing.delete(key)
    this.catchUp()
  }

  /** Ends an observation by a request, or by forgetting it. */
  cancel(wanted: Wanted, tells: boolean): void {
    const key = keyOf(wanted)
    const observing = this.#observing.get(key)
    this.#wanted.delete(key)
    this.#observing.delete(key)
    if (tells && observing?.isEstablished === true) {
      observing.pending.deregister().catch(() => undefined)
    } else {
      observing?.pending.cancel()
    }
  }

  writeAttributes(path: Path, attributes: readonly string[]): void {
    this.#peer?.request(encodeOperation({ kind: 'writeAttributes', path, attributes })).response.catch(() => undefined)
  }

  /** Observes what it wants to and does not. */
  catchUp(): void {
    if (this.#peer === undefined) return
    for (const [key, wanted] of this.#wanted) if (!this.#observing.has(key)) this.#start(this.#peer, key, wanted)
  }

  async close(): Promise<void> {
    this.#world.clock.clearTimeout(this.#timer)
    await this.#endpoint?.close()
  }

  #start(peer: CoapPeer, key: string, wanted: Wanted): void {
    const pending = peer.observe(encodeOperation(operationOf(wanted)), {
      notification: message => {
        this.notifications++
        this.#take(key, carriedBy(message, wanted))
      },
      ended: () => {
        if (this.#observing.get(key) === observing) this.#observing.delete(key)
      },
    })
    const observing: Observing = { wanted, pending, isEstablished: false }
    this.#observing.set(key, observing)
    pending.response.then(
      response => {
        if (this.#observing.get(key) !== observing) return
        if (!isSuccess(response.code)) throw new Error(`an Observe was answered with ${response.code}`)
        observing.isEstablished = true
        this.#newest.set(key, new Map())
        this.#take(key, carriedBy(response, wanted))
      },
      () => {
        if (this.#observing.get(key) === observing) this.#observing.delete(key)
      },
    )
  }

  #take(key: string, carried: readonly Carried[]): void {
    for (const { path, value } of carried) this.#newest.get(key)?.set(path, value)
  }

  #uplink(message: CoapMessage, peer: CoapPeer): CoapMessage {
    const path = findStrings(message, OptionNumber.uriPath)
    this.#peer = peer
    const isRegister = path.length === 1
    if (isRegister) {
      // What it observed ended with the registration before.
      for (const { pending } of this.#observing.values()) pending.cancel()
      this.#observing.clear()
    }
    const { clock } = this.#world
    clock.clearTimeout(this.#timer)
    if (message.code === Code.post) this.#timer = clock.setTimeout(() => this.catchUp(), 100)
    return isRegister ? encodeRegistered(`r${++this.#registrations}`) : accepted
  }
}

function operationOf({ paths, isComposite, accept, queries }: Wanted): Operation {
  const attributes = queries.length === 0 ? {} : { attributes: queries }
  if (!isComposite) return { kind: 'observe', path: paths[0] as Path, accept, ...attributes }
  const contentFormat = ContentFormat.senmlCbor
  const payload = encodePaths(contentFormat, paths)
  return { kind: 'observeComposite', path: [], contentFormat, payload, accept, ...attributes }
}
