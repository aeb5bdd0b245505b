import type { ActorRefFrom, SnapshotFrom } from 'xstate'
import type { AccountContext } from '../machines/account-context.ts'
import type { Expiry } from '../machines/bootstrap-context.ts'
import { accountId } from '../machines/client-context.ts'
import { accountObjectIds, restoreSnapshot, takeSnapshot } from '../objects/snapshot.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { Clock, Timer } from '../transport/clock.ts'
import type { client } from './actors.ts'
import { fingerprint as fingerprintOf } from './fingerprint.ts'
import { bootstrapServers, type ClientOptions, type SecurityOptions } from './options.ts'
import type { Persistence } from './persistence.ts'
import type { SavedServer, SavedState } from './saved-state.ts'
import type { Servers } from './servers.ts'

export interface SavingOptions {
  readonly persistence: Persistence
  readonly store: ObjectStore
  readonly clock: Clock
  /** Tells the options of the client, which count anew when they are others than before. */
  readonly fingerprint: string
  readonly onError: (error: unknown) => void
}

/** Least time between two saves for recorded changes alone: each one writes all that is kept. */
const recordedIntervalMs = 1_000

/** Keeps what outlives a restart: accounts, attributes, observations, registrations and deadlines. */
export class Saving {
  readonly #options: SavingOptions
  /** From an earlier run, until the client starts. */
  #restored: SavedState | undefined
  #scheduled = false
  #failing = false
  #savedMs = Number.NEGATIVE_INFINITY
  /** Ends the wait of {@link scheduleRecorded}, and saves. */
  #late: (() => void) | undefined
  #timer: Timer

  /** Puts the objects of an earlier run into the store. */
  constructor(options: SavingOptions) {
    this.#options = options
    const { persistence, store, fingerprint, onError } = options
    const loaded = persistence.load()
    if (loaded.kind === 'failed') onError(loaded.error)
    if (loaded.kind !== 'state' || loaded.state.fingerprint !== fingerprint) return
    try {
      restoreSnapshot(store, loaded.state.objects)
      this.#restored = loaded.state
    } catch (error) {
      // The definitions of the program have changed since.
      const why = error instanceof Error ? error.message : String(error)
      onError(persistence.setAside(`it does not fit the objects of this program (${why})`))
    }
  }

  /** Hands on what an earlier run knew of its servers; once, since afterwards it is old. */
  takeServers(servers: Servers): ReadonlyMap<number, SavedServer> {
    const saved = new Map<number, SavedServer>()
    for (const [shortServerId, server] of Object.entries(this.#restored?.servers ?? {})) {
      servers.restore(Number(shortServerId), server)
      saved.set(Number(shortServerId), server)
    }
    return saved
  }

  takeExpiry(): Expiry | undefined {
    const expiry = this.#restored?.bootstrapExpiry
    this.#restored = undefined
    return expiry
  }

  /** Saves once what is to be done now is done. A failure is told once, until it works again. */
  schedule(actor: ActorRefFrom<typeof client>, servers: Servers): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.clock.clearTimeout(this.#timer)
    this.#late = undefined
    queueMicrotask(() => {
      this.#scheduled = false
      this.#savedMs = this.#options.clock.now()
      // What a session in progress writes counts when it is accepted.
      const snapshot = actor.getSnapshot()
      if (!snapshot.matches('bootstrapping') || !snapshot.context.bootstrapDue) void this.#save(snapshot, servers)
    })
  }

  /** Saves changes that were recorded: the first at once, further ones together, at the latest a second after. */
  scheduleRecorded(actor: ActorRefFrom<typeof client>, servers: Servers): void {
    if (this.#scheduled || this.#late !== undefined) return
    const { clock } = this.#options
    const waitMs = this.#savedMs + recordedIntervalMs - clock.now()
    const save = () => this.schedule(actor, servers)
    if (waitMs <= 0) return save()
    this.#late = save
    this.#timer = clock.setTimeout(save, waitMs)
  }

  /** Resolves when all is safe, or cannot be. */
  async flush(): Promise<void> {
    this.#late?.()
    // What was scheduled before is saved by then.
    await Promise.resolve()
    await this.#options.persistence.flush().catch(() => undefined)
  }

  async #save(snapshot: SnapshotFrom<typeof client>, servers: Servers): Promise<void> {
    const { persistence, onError } = this.#options
    try {
      await persistence.save(this.#collect(snapshot, servers))
      this.#failing = false
    } catch (error) {
      if (!this.#failing) onError(error)
      this.#failing = true
    }
  }

  #collect(snapshot: SnapshotFrom<typeof client>, servers: Servers): SavedState {
    const { store, fingerprint } = this.#options
    const state = { fingerprint, objects: takeSnapshot(store, accountObjectIds) }
    // Before the start nothing else can have changed.
    if (this.#restored !== undefined) return { ...this.#restored, ...state }
    const saved: { [shortServerId: number]: SavedServer } = {}
    servers.forEach(connection => {
      const { shortServerId } = connection.account
      saved[shortServerId] = { ...registrationOf(snapshot, shortServerId), ...connection.save() }
    })
    const { expiry } = snapshot.context.bootstrap ?? {}
    return { ...state, servers: saved, ...(expiry && { bootstrapExpiry: expiry }) }
  }
}

type SavedRegistration = Pick<SavedServer, 'location' | 'version' | 'registeredUntilMs'>

/** What the statecharts know of a server. */
function registrationOf(snapshot: SnapshotFrom<typeof client>, shortServerId: number): SavedRegistration {
  const account = snapshot.children[accountId(shortServerId)]?.getSnapshot() as { context: AccountContext } | undefined
  if (account !== undefined) {
    const { location, registeredUntilMs, versions } = account.context
    return savedRegistration(location, versions[0], registeredUntilMs)
  }
  // One whose turn has not come yet has kept what it was given.
  const waiting = snapshot.context.accounts.find(input => input.shortServerId === shortServerId)
  const { location = [], version, registeredUntilMs } = waiting?.saved ?? {}
  return savedRegistration(location, version, registeredUntilMs)
}

function savedRegistration(
  location: readonly string[],
  version: SavedServer['version'],
  registeredUntilMs: number | undefined,
): SavedRegistration {
  return {
    location,
    ...(version && { version }),
    ...(registeredUntilMs === undefined ? {} : { registeredUntilMs }),
  }
}

/** What keeps the state of a client with these options; undefined when nothing does. */
export function savingOf(
  options: ClientOptions,
  store: ObjectStore,
  { clock, onError }: Pick<SavingOptions, 'clock' | 'onError'>,
): Saving | undefined {
  const { endpoint, servers = [], persistence } = options
  if (persistence === undefined) return undefined
  return new Saving({
    persistence,
    store,
    clock,
    fingerprint: fingerprintOf(endpoint, servers.map(comparable), bootstrapServers(options).map(comparable)),
    onError,
  })
}

/** An option as it can be compared: of a key that is kept elsewhere only the identity is known. */
function comparable<Options extends SecurityOptions>(server: Options) {
  const { security } = server
  if (security === undefined || security.key instanceof Uint8Array) return server
  const { key: _, ...known } = security
  return { ...server, security: known }
}
