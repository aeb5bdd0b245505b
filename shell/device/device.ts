import type { Lwm2mClient } from '../../client/client.ts'
import type { ClientEvent } from '../../machines/events.ts'
import { device } from '../../objects/definitions/device.ts'
import type { ObjectsApi } from '../../objects/objects.ts'
import { formatPath } from '../../objects/path.ts'
import type { PathValue } from '../../objects/path-value.ts'
import { accountObjectIds } from '../../objects/snapshot.ts'
import { ConsoleError } from '../../server/console/console-error.ts'

export interface DeviceOptions {
  /** The name to register under, if it is known from the beginning. */
  readonly endpoint: string | undefined
  /** A client of this name, or of any as long as it has none; it is not started. Throws OptionsError. */
  readonly makeClient: (endpoint: string | undefined) => Lwm2mClient
  /** Whether a client of another name has its accounts from elsewhere, and not from the one before. */
  readonly keepsAccounts: boolean
  /** Brings a client to life; returns the function that ends that. */
  readonly equip: (client: Lwm2mClient) => () => void
  /** Before a client is started. */
  readonly onStart: (client: Lwm2mClient) => void
  readonly onEvent: (event: ClientEvent) => void
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** An event and when it came, milliseconds since 1970. */
export interface TimedEvent {
  readonly timeMs: number
  readonly event: ClientEvent
}

const maximumEvents = 1_000

/** The device of a shell: a client that can be started, stopped, and started under another name with the objects it has. */
export class Device {
  readonly events: TimedEvent[] = []
  readonly #options: DeviceOptions
  #isNamed: boolean
  #client: Lwm2mClient
  #endLife: () => void
  #subscription: { unsubscribe(): void } | undefined
  #unlocks: (() => void)[] = []

  constructor(options: DeviceOptions) {
    this.#options = options
    this.#isNamed = options.endpoint !== undefined
    this.#client = options.makeClient(options.endpoint)
    this.#endLife = options.equip(this.#client)
  }

  get client(): Lwm2mClient {
    return this.#client
  }

  get objects(): ObjectsApi {
    return this.#client.objects
  }

  /** Whether it has been started and not stopped, by itself or not. */
  get isRunning(): boolean {
    const snapshot = this.#client.actor.getSnapshot()
    return !(snapshot.matches('stopped') || snapshot.matches('stopping') || snapshot.matches('networkError'))
  }

  /** Where it is in its life: `stopped`, `serving`, `suspended`… */
  get state(): string {
    const { value } = this.#client.actor.getSnapshot()
    return typeof value === 'string' ? value : (Object.keys(value)[0] ?? '')
  }

  /** Throws ConsoleError when it runs, or has no name or nobody to register with; OptionsError for a name that is none. */
  start(endpoint?: string, bootstrapFirst = false): void {
    if (this.isRunning) throw new ConsoleError(`the device runs already, as ${this.#client.endpoint}`)
    if (endpoint === undefined && !this.#isNamed) throw new ConsoleError('missing value for argument: endpoint')
    if (this.objects.entries('/0').length === 0)
      throw new ConsoleError('there is no server to register with: lwm2m client needs --server, or --bootstrap')
    if (bootstrapFirst && !this.hasBootstrapServer) throw noBootstrapServer()
    if (endpoint !== undefined && !(this.#isNamed && endpoint === this.#client.endpoint)) this.#rename(endpoint)
    this.#isNamed = true
    this.#subscription?.unsubscribe()
    this.#subscription = this.#client.events$.subscribe(event => this.#note(event))
    this.#options.onStart(this.#client)
    this.#client.start({ bootstrapFirst })
  }

  /** Without a De-register where it is forced. */
  async stop(isForced = false): Promise<void> {
    if (isForced) this.#client.enterOffline()
    await this.#client.stop()
    if (isForced) this.#client.exitOffline()
  }

  /** Ends all of it. */
  async end(): Promise<void> {
    this.#endLife()
    this.unlockAll()
    await this.#client.stop()
  }

  get hasBootstrapServer(): boolean {
    return this.objects.entries('/0').some(({ path, value }) => path[2] === 1 && value === true)
  }

  get isLocked(): boolean {
    return this.#unlocks.length > 0
  }

  lock(): void {
    this.#unlocks.push(this.objects.lock())
  }

  /** Throws ConsoleError when it is not locked. */
  unlock(): void {
    const unlock = this.#unlocks.pop()
    if (unlock === undefined) throw new ConsoleError('the objects are not locked')
    unlock()
  }

  unlockAll(): void {
    while (this.#unlocks.length > 0) this.unlock()
  }

  #note(event: ClientEvent): void {
    this.events.push({ timeMs: this.#options.now(), event })
    if (this.events.length > maximumEvents) this.events.shift()
    this.#options.onEvent(event)
  }

  /** A client has one name; another one takes over what there is. */
  #rename(endpoint: string): void {
    const former = this.#client
    const client = this.#options.makeClient(endpoint)
    this.#endLife()
    this.unlockAll()
    this.#client = client
    this.#endLife = this.#options.equip(client)
    takeOver(former.objects, client.objects, this.#options.keepsAccounts ? accountObjectIds : [])
    // Where nobody has set another one, the serial number is the name.
    const serialNumber = `/${device.id}/0/${device.resources.serialNumber.id}`
    if (client.objects.get(serialNumber) === former.endpoint) client.objects.set(serialNumber, endpoint)
  }
}

export function noBootstrapServer(): ConsoleError {
  return new ConsoleError('there is no bootstrap server: lwm2m client needs --bootstrap')
}

/** Makes objects what others are, except some. */
function takeOver(from: ObjectsApi, to: ObjectsApi, except: readonly number[]): void {
  const definitions = new Map(from.definitions().map(definition => [definition.id, definition]))
  const isMeant = ({ path: [objectId = 0] }: PathValue) => !except.includes(objectId)
  to.batch(() => {
    for (const definition of definitions.values()) to.define(definition)
    for (const { path } of to.entries('/').filter(isMeant)) {
      const instance = formatPath(path.slice(0, 2))
      if (to.has(instance)) to.delete(instance)
    }
    for (const { path, value } of from.entries('/').filter(isMeant)) {
      const [objectId = 0, instanceId = 0] = path
      const definition = definitions.get(objectId)
      if (definition && !to.has(formatPath([objectId, instanceId]))) to.create(definition, instanceId)
      if (path.length > 2) to.set(formatPath(path), value ?? {})
    }
  })
}
