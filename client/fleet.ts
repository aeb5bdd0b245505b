import { auditTime, defer, map, type Observable, Subject, startWith } from 'rxjs'
import { clockScheduler } from '../streams/scheduler.ts'
import { type Clock, systemClock, type Timer } from '../transport/clock.ts'
import type { Random } from '../transport/random.ts'
import type { Lwm2mClient } from './client.ts'
import type { DeviceFile } from './device-file.ts'
import { FleetDevice } from './fleet-device.ts'
import { type FleetProgress, type FleetSummary, FleetTally } from './fleet-tally.ts'
import type { ClientOptions, ServerOptions } from './options.ts'
import { OptionsError } from './options-error.ts'
import type { Security } from './security.ts'

/** What is of one device alone, or not for thousands. */
type OfOneDevice = 'endpoint' | 'servers' | 'bootstrap' | 'persistence' | 'trace' | 'inspect' | 'random'

/** The options of {@link ClientOptions} hold for each device. */
export interface FleetOptions extends Omit<ClientOptions, OfOneDevice> {
  /** Devices, at least 1. Each over UDP or TCP takes a socket of its own, and so a file descriptor. */
  readonly count: number
  /** The server of all of them. */
  readonly server: ServerOptions
  /** Index of the first device: processes that share a fleet have different ones. Default 0. */
  readonly first?: number
  /** The devices start one after another, evenly over this time, seconds. Default 1 s for each 200 devices. */
  readonly startOverSeconds?: number
  /** The Endpoint Client Name of a device. Default `urn:dev:os:fleet-INDEX`. */
  readonly endpoint?: (index: number) => string
  /** The credentials of a device. Default: those of `server`. */
  readonly security?: (index: number) => Security
  /** Objects, values, and how they change by chance that derives from the index: the same in each run. Default: none. */
  readonly deviceFile?: DeviceFile
  /**
   * Chance of the protocol, such as message ids. Default: the system's, since a second run within EXCHANGE_LIFETIME that
   * used the same ids would be taken for repeated messages (RFC 7252 §4.5).
   */
  readonly random?: (index: number) => Random
}

/** As many begin something in one turn of the event loop: what arrives meanwhile does not wait long. */
const devicesATurn = 20
/** The devices end at this rate: a server's socket has no room for the De-registers of thousands at once. */
const endsASecond = 1_000
const startsASecond = 200

/** What so many devices take to start where nobody says. */
export function defaultStartOverSeconds(count: number): number {
  return count / startsASecond
}

const progressMs = 100

/**
 * Many clients in one process, that start one after another.
 *
 * ```ts
 * const fleet = new Fleet({ count: 1_000, server: { uri: 'coap://127.0.0.1', shortServerId: 1 } })
 * fleet.progress$.subscribe(({ registered, count }) => console.log(`${registered} of ${count}`))
 * fleet.start()
 * ```
 */
export class Fleet {
  /** By index. None is started yet; what they hold besides the device file can be given to them before. */
  readonly clients: ReadonlyMap<number, Lwm2mClient>
  readonly #devices: readonly FleetDevice[]
  readonly #clock: Clock
  readonly #startOverMs: number
  readonly #tally: FleetTally
  #counted = new Subject<void>()
  #timer: Timer
  #isRunning = false
  #stopping: Promise<void> | undefined

  /** Opens nothing yet. Throws OptionsError, and as {@link Lwm2mClient}. */
  constructor(options: FleetOptions) {
    checkFleet(options)
    const { count, first = 0, startOverSeconds = defaultStartOverSeconds(count), deviceFile: file, ...others } = options
    const { clock = systemClock } = options
    this.#clock = clock
    this.#startOverMs = startOverSeconds * 1_000
    this.#tally = new FleetTally(count)
    const onCounted = () => this.#counted.next()
    const clients = new Map<number, Lwm2mClient>()
    this.#devices = Array.from({ length: count }, (_, position) => {
      const index = first + position
      const client = clientOptions(others, index, file)
      const device = new FleetDevice({ index, client, file, tally: this.#tally, onCounted })
      clients.set(index, device.client)
      return device
    })
    this.clients = clients
    checkEndpoints(clients)
  }

  get progress(): FleetProgress {
    return this.#tally.progress
  }

  /** How far it is: now, and some times a second while that changes. Completes when {@link stop} is done. */
  get progress$(): Observable<FleetProgress> {
    return defer(() =>
      this.#counted.pipe(
        auditTime(progressMs, clockScheduler(this.#clock)),
        map(() => this.progress),
        startWith(this.progress),
      ),
    )
  }

  /** Of all runs so far. */
  summary(): FleetSummary {
    return this.#tally.summary
  }

  /** Does nothing while the fleet runs or stops. */
  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#spread(this.#startOverMs, device => {
      device.start()
      this.#counted.next()
    })
  }

  /** De-registers the devices, a thousand a second. Resolves when all have ended; see {@link Lwm2mClient.stop}. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined
    })
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#clock.clearTimeout(this.#timer)
    const ends: Promise<void>[] = []
    await new Promise<void>(resolve => {
      this.#spread((this.#tally.running / endsASecond) * 1_000, device => ends.push(device.stop()), resolve)
    })
    await Promise.all(ends)
    this.#isRunning = false
    const counted = this.#counted
    this.#counted = new Subject()
    counted.complete()
  }

  /** Does something with one device after another, evenly in time, with one timer. */
  #spread(overMs: number, act: (device: FleetDevice) => void, done = () => {}): void {
    const beganMs = this.#clock.now()
    const eachMs = overMs / this.#devices.length
    let next = 0
    const turn = () => {
      const passedMs = this.#clock.now() - beganMs
      const end = Math.min(next + devicesATurn, this.#devices.length)
      for (; next < end && next * eachMs <= passedMs; next++) act(this.#devices[next] as FleetDevice)
      if (next === this.#devices.length) return done()
      this.#timer = this.#clock.setTimeout(turn, Math.max(0, Math.ceil(next * eachMs - passedMs)))
    }
    turn()
  }
}

type DeviceOptions = Omit<FleetOptions, 'count' | 'first' | 'startOverSeconds' | 'deviceFile'>

function clientOptions(options: DeviceOptions, index: number, file: DeviceFile | undefined): ClientOptions {
  const { server, endpoint, security, random, objects = [], ...all } = options
  return {
    ...all,
    endpoint: endpoint?.(index) ?? `urn:dev:os:fleet-${index}`,
    servers: [security === undefined ? server : { ...server, security: security(index) }],
    objects: [...objects, ...(file?.definitions ?? [])],
    ...(random && { random: random(index) }),
  }
}

/** Throws OptionsError. */
function checkFleet({ count, first = 0, startOverSeconds = 0 }: FleetOptions): void {
  if (!Number.isSafeInteger(count) || count < 1) throw new OptionsError('`count` must be a whole number from 1 on')
  if (!Number.isSafeInteger(first) || first < 0) throw new OptionsError('`first` must be a whole number from 0 on')
  if (!(startOverSeconds >= 0 && startOverSeconds < Number.POSITIVE_INFINITY)) {
    throw new OptionsError('`startOverSeconds` must be 0 or above')
  }
}

/** Two devices of one name would end each other's registration for ever. Throws OptionsError. */
function checkEndpoints(clients: ReadonlyMap<number, Lwm2mClient>): void {
  const names = new Set([...clients.values()].map(client => client.endpoint))
  if (names.size < clients.size) throw new OptionsError('`endpoint` gives two devices the same name')
}
