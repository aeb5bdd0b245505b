import { OperationError } from '../objects/errors.ts'
import type { Clock, Timer } from '../transport/clock.ts'
import type { Address } from '../transport/connection.ts'
import type { RegisterParameters, UpdateParameters } from '../transport/lwm2m/uplink.ts'
import type { Random } from '../transport/random.ts'
import { formatAddress } from '../transport/uri.ts'

/** A registered client, as of its last Register or Update; never changed afterwards. */
export interface Registration extends RegisterParameters {
  /** Endpoint Client Name. */
  readonly endpoint: string
  /** The data formats that the client announces: `ct` of the link to its root (LwM2M Core 1.2.2 §6.2.1). */
  readonly contentFormats: readonly number[]
  /** Last segment of its path below `/rd`. */
  readonly location: string
  /** Where requests go. */
  readonly address: Address
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
  /** Of several clients at one address the last that registered or updated: without security there is nothing to tell them apart. */
  readonly #byAddress = new Map<string, Registration>()
  #sweep: { readonly timer: Timer; readonly atMs: number } | undefined

  constructor(options: RegistrationsOptions) {
    this.#options = options
  }

  get byEndpoint(): ReadonlyMap<string, Registration> {
    return this.#byEndpoint
  }

  /** Who speaks from an address. */
  at(address: Address): Registration | undefined {
    return this.#byAddress.get(formatAddress(address))
  }

  /**
   * Registers a client; an earlier registration of its endpoint name ends (LwM2M Core 1.2.2 §6.2.1). Throws
   * OperationError SERVICE_UNAVAILABLE when there is no room.
   */
  register(endpoint: string, parameters: RegisterParameters & Announced, address: Address): Registration {
    const { clock, maximum, onEvent } = this.#options
    const replaced = this.#byEndpoint.get(endpoint)
    if (replaced === undefined && this.#byEndpoint.size >= maximum) {
      throw new OperationError('SERVICE_UNAVAILABLE', 'there is no room for another client')
    }
    const nowMs = clock.now()
    const location = this.#freshLocation()
    const registration = { ...parameters, endpoint, location, address, registeredMs: nowMs, updatedMs: nowMs }
    if (replaced !== undefined) this.#remove(replaced)
    this.#put(registration)
    onEvent({ type: 'registered', registration, replaced })
    return registration
  }

  /** Renews a registration. Throws OperationError NOT_FOUND. */
  update(location: string, parameters: UpdateParameters & Partial<Announced>, address: Address): Registration {
    const previous = this.#at(location)
    const registration = { ...previous, ...parameters, address, updatedMs: this.#options.clock.now() }
    this.#leaveAddress(previous)
    this.#put(registration)
    this.#options.onEvent({ type: 'updated', registration, previous })
    return registration
  }

  /** Throws OperationError NOT_FOUND. */
  deregister(location: string): void {
    const registration = this.#at(location)
    this.#remove(registration)
    this.#options.onEvent({ type: 'deregistered', registration })
  }

  /** Stops the timer. */
  close(): void {
    this.#options.clock.clearTimeout(this.#sweep?.timer)
    this.#sweep = undefined
  }

  #at(location: string): Registration {
    const registration = this.#byLocation.get(location)
    if (registration === undefined) throw new OperationError('NOT_FOUND', 'no such registration')
    return registration
  }

  #put(registration: Registration): void {
    this.#byEndpoint.set(registration.endpoint, registration)
    this.#byLocation.set(registration.location, registration)
    this.#byAddress.set(formatAddress(registration.address), registration)
    this.#sweepAt(expiryMs(registration))
  }

  #remove(registration: Registration): void {
    this.#byEndpoint.delete(registration.endpoint)
    this.#byLocation.delete(registration.location)
    this.#leaveAddress(registration)
  }

  #leaveAddress(registration: Registration): void {
    const key = formatAddress(registration.address)
    if (this.#byAddress.get(key) === registration) this.#byAddress.delete(key)
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

/** A lifetime of 0 never ends (LwM2M Core 1.2.2 §E.2, resource 1). */
function expiryMs({ lifetimeSeconds, updatedMs }: Registration): number {
  return lifetimeSeconds === 0 ? Number.POSITIVE_INFINITY : updatedMs + lifetimeSeconds * 1_000
}
