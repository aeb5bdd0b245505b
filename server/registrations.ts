import { OperationError } from '../objects/errors.ts'
import type { Clock, Timer } from '../transport/clock.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import type { RegisterParameters, UpdateParameters } from '../transport/lwm2m/uplink.ts'
import type { Random } from '../transport/random.ts'
import { formatAddress } from '../transport/uri.ts'
import { isOwnName } from './answers.ts'
import { type Place, placeOf } from './place.ts'

/** A registered client, and where it was, as of its last Register or Update; never changed afterwards. */
export interface Registration extends RegisterParameters, Place {
  /** Endpoint Client Name. */
  readonly endpoint: string
  /** The data formats that the client announces: `ct` of the link to its root (LwM2M Core 1.2.2 §6.2.1). */
  readonly contentFormats: readonly number[]
  /** Last segment of its path below `/rd`. */
  readonly location: string
  /**
   * Who the client has proved to be, where the server speaks DTLS or TLS: the identity of its pre-shared key, the name in its
   * certificate, or the one that its raw public key is known by.
   */
  readonly identity?: string
  /** When it registered and when it was last heard of by a Register or Update, clock milliseconds. */
  readonly registeredMs: number
  readonly updatedMs: number
}

/** What happens to registrations. */
export type RegistrationEvent =
  /** `replaced` is the registration of the same endpoint that this one ended. */
  | { readonly type: 'registered'; readonly registration: Registration; readonly replaced: Registration | undefined }
  | { readonly type: 'updated'; readonly registration: Registration; readonly previous: Registration }
  | { readonly type: 'deregistered'; readonly registration: Registration }
  | { readonly type: 'expired'; readonly registration: Registration }

type Announced = Pick<Registration, 'contentFormats'>

export interface RegistrationsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly maximum: number
  /** Whether a client that has proved its name by a key of its own may have that name alone. */
  readonly checksEndpoint: boolean
  readonly onEvent: (event: RegistrationEvent) => void
}

const locationBytes = 6

/** Registrations end late by up to this, so that many of them do not make a look at all of them each. */
const sweepStepMs = 1_000

/** The registered clients, by endpoint name and by location. One timer ends all whose lifetime passes. */
export class Registrations {
  readonly #options: RegistrationsOptions
  readonly #byEndpoint = new Map<string, Registration>()
  readonly #byLocation = new Map<string, Registration>()
  /** Where requests go, by location. */
  readonly #connections = new Map<string, PeerConnection>()
  /** Of several clients at one address the last that registered or updated: without security there is nothing to tell them apart. */
  readonly #bySender = new Map<string, Registration>()
  #sweep: { readonly timer: Timer; readonly atMs: number } | undefined

  constructor(options: RegistrationsOptions) {
    this.#options = options
  }

  get byEndpoint(): ReadonlyMap<string, Registration> {
    return this.#byEndpoint
  }

  /** Whose connection it is. */
  of(connection: PeerConnection): Registration | undefined {
    const known = this.#bySender.get(senderOf({ ...placeOf(connection), identity: connection.identity }))
    return known ?? (connection.identity === undefined ? undefined : this.#moved(connection))
  }

  /** By which requests reach a client; undefined when its registration is over. */
  connectionOf({ location }: Registration): PeerConnection | undefined {
    return this.#connections.get(location)
  }

  /**
   * Registers a client; an earlier registration of its endpoint name ends (LwM2M Core 1.2.2 §6.2.1). Throws
   * OperationError SERVICE_UNAVAILABLE when there is no room, FORBIDDEN when the name is that of another identity, or not
   * the one that the client has proved.
   */
  register(endpoint: string, parameters: RegisterParameters & Announced, connection: PeerConnection): Registration {
    const { clock, maximum, checksEndpoint, onEvent } = this.#options
    const { identity } = connection
    if (checksEndpoint && !isOwnName(endpoint, connection)) {
      throw new OperationError('FORBIDDEN', 'the endpoint name is not the one that the client has proved')
    }
    const replaced = this.#byEndpoint.get(endpoint)
    if (replaced !== undefined) checkOwner(replaced, connection)
    if (replaced === undefined && this.#byEndpoint.size >= maximum) {
      throw new OperationError('SERVICE_UNAVAILABLE', 'there is no room for another client')
    }
    const nowMs = clock.now()
    const location = this.#freshLocation()
    const registration = {
      ...parameters,
      endpoint,
      location,
      ...placeOf(connection),
      registeredMs: nowMs,
      updatedMs: nowMs,
      ...(identity === undefined ? {} : { identity }),
    }
    if (replaced !== undefined) this.#remove(replaced)
    this.#put(registration, connection)
    onEvent({ type: 'registered', registration, replaced })
    return registration
  }

  /** Renews a registration, by whichever connection. Throws OperationError NOT_FOUND, FORBIDDEN for another identity. */
  update(
    location: string,
    parameters: UpdateParameters & Partial<Announced>,
    connection: PeerConnection,
  ): Registration {
    const previous = this.#at(location, connection)
    const registration = {
      ...previous,
      ...parameters,
      ...placeOf(connection),
      updatedMs: this.#options.clock.now(),
    }
    this.#leave(previous)
    this.#put(registration, connection)
    this.#options.onEvent({ type: 'updated', registration, previous })
    return registration
  }

  /** Throws OperationError NOT_FOUND, FORBIDDEN for another identity. */
  deregister(location: string, connection: PeerConnection): void {
    const registration = this.#at(location, connection)
    this.#remove(registration)
    this.#options.onEvent({ type: 'deregistered', registration })
  }

  /** Stops the timer. */
  close(): void {
    this.#options.clock.clearTimeout(this.#sweep?.timer)
    this.#sweep = undefined
  }

  /** A session may have moved since the last Update (RFC 9146): all that it is known by then is who is there. */
  #moved({ remote, identity }: PeerConnection): Registration | undefined {
    for (const registration of this.#byEndpoint.values()) {
      if (registration.identity !== identity) continue
      const now = this.#connections.get(registration.location)?.remote
      if (now?.host === remote.host && now.port === remote.port) return registration
    }
    return undefined
  }

  #at(location: string, connection: PeerConnection): Registration {
    const registration = this.#byLocation.get(location)
    if (registration === undefined) throw new OperationError('NOT_FOUND', 'no such registration')
    checkOwner(registration, connection)
    return registration
  }

  #put(registration: Registration, connection: PeerConnection): void {
    this.#byEndpoint.set(registration.endpoint, registration)
    this.#byLocation.set(registration.location, registration)
    this.#connections.set(registration.location, connection)
    this.#bySender.set(senderOf(registration), registration)
    this.#sweepAt(expiryMs(registration))
  }

  #remove(registration: Registration): void {
    this.#byEndpoint.delete(registration.endpoint)
    this.#byLocation.delete(registration.location)
    this.#connections.delete(registration.location)
    this.#leave(registration)
  }

  #leave(registration: Registration): void {
    const sender = senderOf(registration)
    if (this.#bySender.get(sender) === registration) this.#bySender.delete(sender)
  }

  /** Not to be guessed: without security it is all that a De-register needs. */
  #freshLocation(): string {
    let location: string
    do location = this.#options.random.bytes(locationBytes).toString('base64url')
    while (this.#byLocation.has(location))
    return location
  }

  #sweepAt(atMs: number): void {
    if (atMs === Number.POSITIVE_INFINITY || (this.#sweep !== undefined && this.#sweep.atMs <= atMs)) return
    const { clock } = this.#options
    clock.clearTimeout(this.#sweep?.timer)
    this.#sweep = { atMs, timer: clock.setTimeout(() => this.#endExpired(), atMs - clock.now()) }
  }

  #endExpired(): void {
    this.#sweep = undefined
    const nowMs = this.#options.clock.now()
    const expired: Registration[] = []
    let nextMs = Number.POSITIVE_INFINITY
    for (const registration of this.#byEndpoint.values()) {
      const atMs = expiryMs(registration)
      if (atMs <= nowMs) expired.push(registration)
      else if (atMs < nextMs) nextMs = atMs
    }
    for (const registration of expired) this.#remove(registration)
    this.#sweepAt(Math.max(nextMs, nowMs + sweepStepMs))
    for (const registration of expired) this.#options.onEvent({ type: 'expired', registration })
  }
}

/** Who speaks from where. */
function senderOf({ identity = '', transport, address }: Place & { readonly identity?: string | undefined }): string {
  return `${identity} ${transport} ${formatAddress(address)}`
}

/** What a client has registered is its own (LwM2M Core 1.2.2 §6.2.1). Throws OperationError FORBIDDEN. */
function checkOwner(registration: Registration, { identity }: PeerConnection): void {
  if (registration.identity === identity) return
  throw new OperationError('FORBIDDEN', 'this registration belongs to another identity')
}

/** A lifetime of 0 never ends (LwM2M Core 1.2.2 §E.2, resource 1). */
function expiryMs({ lifetimeSeconds, updatedMs }: Registration): number {
  return lifetimeSeconds === 0 ? Number.POSITIVE_INFINITY : updatedMs + lifetimeSeconds * 1_000
}
