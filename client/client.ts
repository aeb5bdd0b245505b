import { type Observable, type Observer, Subscription } from 'rxjs'
import { type Actor, type ActorOptions, type ActorRefFrom, type AnyStateMachine, createActor, waitFor } from 'xstate'
import type { ClientEvent } from '../machines/events.ts'
import type { Content } from '../objects/content.ts'
import { ObjectsApi } from '../objects/objects.ts'
import type { Change, ObjectStore } from '../objects/store.ts'
import { type Clock, systemClock } from '../transport/clock.ts'
import { TransportError } from '../transport/errors.ts'
import type { Trace } from '../transport/trace.ts'
import { followAccountChanges } from './account-changes.ts'
import { accountInputs, bootstrapInput } from './accounts.ts'
import { attachPorts, client } from './actors.ts'
import { Bootstraps } from './bootstraps.ts'
import { clientEnvironment } from './client-environment.ts'
import { ClientStreams } from './client-streams.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'
import type { ExternalKeys } from './external-keys.ts'
import { factoryBootstrap } from './factory-bootstrap.ts'
import { inspectWith } from './inspector.ts'
import { IotDevices } from './iot-devices.ts'
import type { ObservationEvent } from './observation-event.ts'
import { type ClientOptions, checkOptions } from './options.ts'
import { type Saving, savingOf } from './saving.ts'
import { type SendOptions, sendToServers } from './send.ts'
import { type ServerStatus, serverStatus } from './server-status.ts'
import { Servers } from './servers.ts'
import { Traces } from './traces.ts'
import { serveTriggers } from './triggers.ts'

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
  /** The root actor, for inspection and for waiting on its states. */
  readonly actor: ActorRefFrom<typeof client>
  /** The time of the client, for what runs beside it. */
  readonly clock: Clock
  /** The devices behind the client, which a `Gateway` adds. */
  readonly devices = new IotDevices()
  readonly #options: ClientOptions
  readonly #traces: Traces
  readonly #store: ObjectStore
  readonly #streams: ClientStreams
  readonly #servers: Servers
  readonly #bootstraps: Bootstraps
  readonly #saving: Saving | undefined
  readonly #inspection: Pick<ActorOptions<AnyStateMachine>, 'inspect'>

  /** Opens nothing yet. Throws OptionsError, TransportError INVALID_URI, or ValueError for a value of `device`. */
  constructor(options: ClientOptions) {
    checkOptions(options)
    const { clock = systemClock, inspect } = options
    this.endpoint = options.endpoint
    this.#options = options
    this.#traces = new Traces(options.trace)
    this.clock = clock
    const { store, keys } = factoryBootstrap(options)
    this.#store = store
    this.objects = new ObjectsApi(this.#store, () => clock.now() / 1000)
    this.#streams = new ClientStreams({
      store: this.#store,
      hasGivenUp: () => this.actor.getSnapshot().matches('networkError'),
      onError: error => options.onError?.(error),
    })
    const environment = this.#environment(keys)
    this.#saving = savingOf(options, this.#store, environment)
    this.#servers = new Servers(environment)
    this.#bootstraps = new Bootstraps(environment, options, () => this.#servers.prepare())
    this.#inspection = inspect ? { inspect: inspectWith(inspect, environment.onError) } : {}
    this.actor = createActor(client, { id: 'client', clock, ...this.#inspection })
    attachPorts(this.actor.system, {
      clock,
      random: environment.random,
      connection: shortServerId => this.#servers.connection(shortServerId),
      bootstrapConnection: securityInstanceId => this.#bootstraps.connection(securityInstanceId),
      purgeBootstrapAccount: securityInstanceId => this.#bootstraps.purge(securityInstanceId),
      announce: event => this.#announce(event),
    })
    // An unobserved error of an actor is rethrown globally and would take the process along.
    this.actor.subscribe({ error: environment.onError })
    this.actor.start()
    serveTriggers(this, this.#store, this.#servers)
    followAccountChanges({
      store,
      options,
      servers: this.#servers,
      actor: this.actor,
      isStarted: () => this.#isStarted(),
      save: () => this.#save(),
    })
  }

  /**
   * What happens to the registrations, as it happens, and what a {@link sink} refuses. Subscribers may call whatever the
   * client offers. Whoever subscribes after a fatal event hears that event first. Like all streams of the client it
   * completes when {@link stop} is done; who subscribes then hears of the next run.
   */
  get events$(): Observable<ClientEvent> {
    return this.#streams.events$
  }

  /** What changes in the objects: one batch a transaction, whoever wrote. */
  get changes$(): Observable<readonly Change[]> {
    return this.#streams.changes$
  }

  /** What happens to the observations that servers have, as it happens. */
  get observations$(): Observable<ObservationEvent> {
    return this.#streams.observations$
  }

  /**
   * Registers with every server account, after a bootstrap when there is none, and keeps at it until `stop`. Does nothing
   * when already started; while the client stops, it starts again after that. With `bootstrapFirst` it bootstraps whatever
   * accounts there are, if there is a Bootstrap-Server Account.
   */
  start({ bootstrapFirst = false }: { readonly bootstrapFirst?: boolean } = {}): void {
    const snapshot = this.actor.getSnapshot()
    if (!(snapshot.matches('stopped') || snapshot.matches('stopping') || snapshot.matches('networkError'))) return
    this.#streams.forgetFatal()
    const { restartAfterSeconds } = this.#options
    if (snapshot.matches('stopping')) this.#servers.extend()
    else this.#servers.prepare()
    const saved = this.#saving?.takeServers(this.#servers)
    this.#bootstraps.restore(this.#saving?.takeExpiry())
    const accounts = accountInputs(this.#store, this.#options, shortServerId => {
      return saved?.get(shortServerId) ?? this.#servers.known(shortServerId)
    })
    const bootstrap = bootstrapInput(this.#store, this.#options, this.#bootstraps.expiry)
    this.actor.send({
      type: 'start',
      accounts,
      ...(bootstrap && { bootstrap }),
      ...(bootstrapFirst && { bootstrapFirst }),
      ...(restartAfterSeconds === undefined ? {} : { restartAfterSeconds }),
    })
  }

  /**
   * De-registers and ends all connections. Resolves when that is done; a server that does not answer delays it by five
   * seconds at most. A client that is suspended or offline ends without a De-register. `start` may follow. All streams of
   * the client complete at last, unless it has been started again by then.
   */
  async stop(): Promise<void> {
    this.actor.send({ type: 'stop' })
    await waitFor(this.actor, snapshot => !snapshot.matches('stopping'))
    this.#servers.forEach(connection => {
      connection.resume()
      connection.sends.close()
    })
    await this.#saving?.flush()
    if (this.actor.getSnapshot().matches('stopped')) this.#streams.complete()
  }

  /**
   * The value of a resource or resource instance now, and each different one after it; `undefined` while it is missing.
   * What a `read` handler would supply is not seen. Throws PathError, OperationError `NOT_FOUND`.
   */
  value$(path: string): Observable<Content | undefined> {
    return this.#streams.value$(path)
  }

  /**
   * Where a pipeline ends: `sensor$.subscribe(client.sink('/3303/0/5700'))` sets the resource or resource instance to each
   * value. One that is refused, or an error of the source, becomes SINK_FAILURE in {@link events$}; the sink goes on and can
   * be subscribed again. Throws PathError, OperationError `NOT_FOUND` for an unknown resource.
   */
  sink(path: string): Observer<Content>
  /**
   * The same for what sets several resources, below a path of any kind: `write` is called with each value, as one transaction,
   * and refuses it by a throw, which undoes all of it.
   */
  sink<T>(path: string, write: (value: T) => void): Observer<T>
  sink(path: string, write?: (value: never) => void): Observer<never> {
    return write === undefined ? this.#streams.sink(path) : this.#streams.sinkBelow(path, write)
  }

  /** Shows every CoAP message to one more than the option `trace`, as it passes. Returns the function that ends that. */
  addTrace(trace: Trace): () => void {
    return this.#traces.add(trace)
  }

  /**
   * Stops all that runs by itself: no timer, no notification, no message until `resume`. Registrations stay at the
   * servers as long as their lifetime lasts.
   */
  suspend(): void {
    this.actor.send({ type: 'suspend' })
    if (this.actor.getSnapshot().matches('suspended')) this.#servers.forEach(connection => connection.pause())
  }

  /** Goes on after `suspend`: with an Update, or a Register where the lifetime has passed meanwhile. */
  resume(): void {
    if (!this.actor.getSnapshot().matches('suspended')) return
    this.#servers.forEach(connection => connection.resume())
    this.actor.send({ type: 'resume' })
  }

  /** Closes all connections; registrations stay, and what is observed is noted. */
  enterOffline(): void {
    this.actor.send({ type: 'offline.enter' })
  }

  /** Goes on after `enterOffline` as after `suspend`. */
  exitOffline(): void {
    this.actor.send({ type: 'offline.exit' })
  }

  /** Opens the connection to one server, or to all, anew: the network has changed. An attempt that waits is made now. */
  reconnect(shortServerId?: number): void {
    this.actor.send({ type: 'reconnect', ...(shortServerId === undefined ? {} : { shortServerId }) })
  }

  /**
   * De-registers from a server for so many seconds, or until `enable` (LwM2M Core 1.2.2 §E.2, resource 4). The time goes on
   * while the client is stopped.
   */
  disable(shortServerId: number, seconds?: number): void {
    // No time that is none may come into what is saved.
    const until = Number.isFinite(seconds) ? { untilMs: this.clock.now() + Number(seconds) * 1000 } : {}
    this.actor.send({ type: 'disable', shortServerId, ...until })
  }

  /** Registers again with a server that was disabled. */
  enable(shortServerId: number): void {
    this.#servers.disable(shortServerId, undefined)
    this.actor.send({ type: 'enable', shortServerId })
  }

  /** Bootstraps again, as when a server executes /1/x/9; does nothing when there is no Bootstrap-Server Account. */
  bootstrap(): void {
    this.actor.send({ type: 'bootstrap.requested' })
  }

  /**
   * Resolves once the client is registered with all its servers, at once when it is. Rejects with TransportError CLOSED
   * when it is not started, is stopped first, or gives up.
   */
  registered(): Promise<void> {
    return new Promise((resolve, reject) => {
      const subscription = new Subscription()
      const look = () => {
        if (!this.#isStarted()) reject(new TransportError('CLOSED', 'the client is not started'))
        else if (this.#servers.areRegistered) resolve()
        else return
        subscription.unsubscribe()
      }
      subscription.add(this.events$.subscribe(look))
      subscription.add(this.actor.subscribe({ next: look, error: reject }))
      look()
    })
  }

  /** The servers that the client has, from the first `start` on, as they are at the moment. */
  servers(): ServerStatus[] {
    const snapshot = this.actor.getSnapshot()
    const all: ServerStatus[] = []
    this.#servers.forEach(connection => all.push(serverStatus(connection, snapshot)))
    return all
  }

  /** Sends an Update to one server, or to all, soon and once for several calls (LwM2M Core 1.2.2 §6.2.2). */
  update(shortServerId?: number): void {
    this.actor.send({ type: 'update.requested', ...(shortServerId === undefined ? {} : { shortServerId }) })
  }

  /**
   * Tells a server, or every one that the client is registered with and that has not muted Send, what is at some paths: of
   * objects, instances, resources, resource instances (LwM2M Core 1.2.2 §6.4.6), of the client or of one device behind it.
   * What a server may not read is left out for it. While the client sleeps, this wakes it. Resolves when all of them have it;
   * rejects, when all have settled, with the first failure: SendError, TransportError when a server does not answer (TIMEOUT
   * is a lost connection), PathError.
   */
  async send(paths: readonly string[], options: SendOptions = {}): Promise<void> {
    await sendToServers(this.#servers, paths, options)
  }

  /**
   * An actor of a statechart beside those of the client, for what runs beside it: under its clock, before its inspector, its
   * faults told to `onError`. Whoever asks for it starts it and stops it.
   */
  createActor<TMachine extends AnyStateMachine>(
    machine: TMachine,
    options: Pick<ActorOptions<TMachine>, 'id' | 'input'>,
  ): Actor<TMachine> {
    const actor = createActor<AnyStateMachine>(machine, { ...options, clock: this.clock, ...this.#inspection })
    actor.subscribe({ error: this.#options.onError ?? (() => undefined) })
    return actor as Actor<TMachine>
  }

  #environment(keys: ExternalKeys): ConnectionEnvironment {
    return clientEnvironment(this.#options, {
      store: this.#store,
      router: this.#streams.router,
      devices: this.devices,
      keys,
      trace: this.#traces,
      onObservation: event => this.#streams.announceObservation(event),
      onKeptChanged: () => this.#save(),
      onRecorded: () => this.#saving?.scheduleRecorded(this.actor, this.#servers),
      onTransportOverridden: shortServerId => this.reconnect(shortServerId),
      onTransmissionWaiting: shortServerId => this.actor.send({ type: 'transmission.waiting', shortServerId }),
    })
  }

  /** Whether the accounts run, or will. */
  #isStarted(): boolean {
    const snapshot = this.actor.getSnapshot()
    const isOver = snapshot.matches('stopped') || snapshot.matches('stopping')
    if (snapshot.matches('networkError')) return this.#options.restartAfterSeconds !== undefined
    return !isOver || snapshot.context.next !== undefined
  }

  #announce(event: ClientEvent): void {
    this.#servers.hear(event)
    this.#save()
    this.#streams.announce(event)
  }

  #save(): void {
    this.#saving?.schedule(this.actor, this.#servers)
  }
}
