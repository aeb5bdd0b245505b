import { type Observable, Subject } from 'rxjs'
import { type ActorRefFrom, createActor, waitFor } from 'xstate'
import type { ClientEvent } from '../machines/events.ts'
import { type ServerAccount, serverAccounts } from '../objects/account.ts'
import { bootstrapOnlyObjects } from '../objects/definition-table.ts'
import { server } from '../objects/definitions/server.ts'
import { ObjectsApi } from '../objects/objects.ts'
import type { Change, ObjectStore } from '../objects/store.ts'
import { changes$ } from '../streams/changes.ts'
import { PathRouter } from '../streams/route.ts'
import { systemClock } from '../transport/clock.ts'
import { TransportError } from '../transport/errors.ts'
import { systemRandom } from '../transport/random.ts'
import { udpNetwork } from '../transport/udp.ts'
import { attachPorts, client } from './actors.ts'
import { factoryBootstrap } from './factory-bootstrap.ts'
import { inspectWith } from './inspector.ts'
import { type ClientOptions, checkOptions } from './options.ts'
import { type ConnectionEnvironment, ServerConnection } from './server-connection.ts'

/**
 * A LwM2M client: objects, their reporting, and a registration with each of its servers that heals itself.
 *
 * ```ts
 * const client = new Lwm2mClient({
 *   endpoint: 'urn:dev:os:1',
 *   servers: [{ uri: 'coap://127.0.0.1', shortServerId: 1 }],
 *   objects: [temperature],
 * })
 * const sensor = client.objects.create(temperature, 0, { sensorValue: 21.5 })
 * client.start()
 * await client.registered()
 * sensor.set({ sensorValue: 22 })
 * await client.stop()
 * ```
 */
export class Lwm2mClient {
  readonly endpoint: string
  /** The objects of the device: create, read, write, and hook into them. */
  readonly objects: ObjectsApi
  /** What happens to the registrations, as it happens; completes never. */
  readonly events$: Observable<ClientEvent>
  /** The root actor, for inspection and for waiting on its states. */
  readonly actor: ActorRefFrom<typeof client>
  readonly #events = new Subject<ClientEvent>()
  readonly #options: ClientOptions
  readonly #store: ObjectStore
  readonly #environment: ConnectionEnvironment
  readonly #connections = new Map<number, ServerConnection>()
  readonly #registered = new Set<number>()

  /** Opens nothing yet. Throws OptionsError, TransportError INVALID_URI, or ValueError for a value of `device`. */
  constructor(options: ClientOptions) {
    checkOptions(options)
    const { endpoint, clock = systemClock, random = systemRandom, network = udpNetwork, inspect } = options
    this.endpoint = endpoint
    this.events$ = this.#events.asObservable()
    this.#options = options
    this.#store = factoryBootstrap(options)
    this.objects = new ObjectsApi(this.#store)
    this.#environment = {
      endpoint,
      store: this.#store,
      router: new PathRouter(changes$(this.#store)),
      clock,
      random,
      network,
      coap: options.coap ?? {},
      trace: options.trace,
      confirmableNotifications: options.confirmableNotifications ?? false,
      maximumObservations: options.maximumObservations ?? 1_000,
      maximumWaitingRequests: options.maximumWaitingRequests ?? 64,
      onError: options.onError ?? (() => undefined),
    }
    const inspection = inspect && { inspect: inspectWith(inspect, this.#environment.onError) }
    this.actor = createActor(client, { id: 'client', clock, ...inspection })
    attachPorts(this.actor.system, {
      clock,
      random,
      connection: shortServerId => this.#connection(shortServerId),
      announce: event => this.#announce(event),
    })
    // An unobserved error of an actor is rethrown globally and would take the process along.
    this.actor.subscribe({ error: this.#environment.onError })
    this.actor.start()
    this.objects.onExecute(server, 'registrationUpdateTrigger', ([, instanceId]) => {
      const account = this.#accountOf(instanceId as number)
      if (account !== undefined) this.update(account.shortServerId)
    })
    this.#store.onChanges(changes => this.#followChanges(changes))
  }

  /**
   * Registers with every server account and keeps at it until `stop`. Does nothing when already started; while the client
   * stops, it starts again after that.
   */
  start(): void {
    if (this.actor.getSnapshot().matches('serving')) return
    const { retry, updateTiming } = this.#options
    const accounts = serverAccounts(this.#store)
    this.#prepareConnections(accounts)
    this.actor.send({
      type: 'start',
      accounts: accounts.map(({ shortServerId, lifetimeSeconds }) => ({
        shortServerId,
        lifetimeSeconds,
        ...(retry && { retry }),
        ...(updateTiming && { updateTiming }),
      })),
    })
  }

  /**
   * De-registers and ends all connections. Resolves when that is done; a server that does not answer delays it by five
   * seconds at most. `start` may follow.
   */
  async stop(): Promise<void> {
    this.actor.send({ type: 'stop' })
    await waitFor(this.actor, snapshot => !snapshot.matches('stopping'))
  }

  /**
   * Resolves once the client is registered with all its servers, at once when it is. Rejects with TransportError CLOSED
   * when it has no server, is not started, or is stopped first.
   */
  registered(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!this.#isStarted()) reject(new TransportError('CLOSED', 'the client is not started'))
        else if (this.#isRegistered()) resolve()
        else return
        subscription.unsubscribe()
      }
      const subscription = this.#events.subscribe(look)
      look()
    })
  }

  /** Sends an Update to one server, or to all, soon and once for several calls (LwM2M Core 1.2.2 §6.2.2). */
  update(shortServerId?: number): void {
    this.actor.send({ type: 'update.requested', ...(shortServerId === undefined ? {} : { shortServerId }) })
  }

  /** Whether the accounts run, or will once those of the last start have stopped. */
  #isStarted(): boolean {
    const snapshot = this.actor.getSnapshot()
    return snapshot.matches('serving') || snapshot.context.next !== undefined
  }

  #isRegistered(): boolean {
    return this.#connections.size > 0 && this.#registered.size === this.#connections.size
  }

  /** Keeps the connections of accounts that are as they were, with what their servers know them by. */
  #prepareConnections(accounts: readonly ServerAccount[]): void {
    const former = new Map(this.#connections)
    this.#connections.clear()
    for (const account of accounts) {
      const { shortServerId } = account
      const known = former.get(shortServerId)
      const kept = known?.isOf(account) === true
      if (kept) former.delete(shortServerId)
      this.#connections.set(shortServerId, kept ? known : new ServerConnection(account, this.#environment))
    }
    for (const connection of former.values()) connection.release()
  }

  #connection(shortServerId: number): ServerConnection {
    const connection = this.#connections.get(shortServerId)
    if (connection === undefined) throw new Error(`there is no server account ${shortServerId}`)
    return connection
  }

  #announce(event: ClientEvent): void {
    switch (event.type) {
      case 'REGISTRATION_COMPLETE':
        this.#registered.add(event.shortServerId)
        break
      case 'REGISTRATION_FAILURE':
      case 'CONNECT_FAILURE':
      case 'REG_TIMEOUT':
      case 'DEREGISTER':
      case 'DISCONNECT':
        this.#registered.delete(event.shortServerId)
    }
    this.#events.next(event)
  }

  /** What a server must hear of: its lifetime, and instances that came or went (LwM2M Core 1.2.2 §6.2.2). */
  #followChanges(changes: readonly Change[]): void {
    let instancesChanged = false
    for (const { kind, path } of changes) {
      const [objectId, instanceId, resourceId] = path as [number, number, number?]
      if (kind === 'value') {
        if (objectId === server.id && resourceId === server.resources.lifetime.id) this.#tellLifetime(instanceId)
        continue
      }
      if (kind === 'deleted') this.#connections.forEach(connection => connection.forgetInstance(path))
      if (!bootstrapOnlyObjects.has(objectId)) instancesChanged = true
    }
    if (instancesChanged) this.actor.send({ type: 'instances.changed' })
  }

  #tellLifetime(serverInstanceId: number): void {
    const account = this.#accountOf(serverInstanceId)
    if (account === undefined) return
    const { shortServerId, lifetimeSeconds } = account
    this.actor.send({ type: 'lifetime.changed', shortServerId, lifetimeSeconds })
  }

  #accountOf(serverInstanceId: number): ServerAccount | undefined {
    return serverAccounts(this.#store).find(account => account.serverInstanceId === serverInstanceId)
  }
}
