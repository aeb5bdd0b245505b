import type { ActorRefFrom } from 'xstate'
import type { AccountContext, SavedAccount } from '../machines/account-context.ts'
import type { Expiry } from '../machines/bootstrap-context.ts'
import { accountId } from '../machines/client-context.ts'
import { accountObjectIds, restoreSnapshot, takeSnapshot } from '../objects/snapshot.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { client } from './actors.ts'
import type { Persistence } from './persistence.ts'
import type { SavedServer, SavedState } from './saved-state.ts'
import type { Servers } from './servers.ts'

export interface SavingOptions {
  readonly persistence: Persistence
  readonly store: ObjectStore
  /** Tells the options of the client, which count anew when they are others than before. */
  readonly fingerprint: string
  readonly onError: (error: unknown) => void
}

/** Keeps what outlives a restart: accounts, attributes, observations, registrations and deadlines. */
export class Saving {
  readonly #options: SavingOptions
  #restored: SavedState | undefined
  #scheduled = false

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
      onError(error)
    }
  }

  /** Hands on what an earlier run knew of its servers; once, since afterwards it is old. */
  takeServers(servers: Servers): ReadonlyMap<number, SavedAccount> {
    const saved = Object.entries(this.#restored?.servers ?? {})
    const accounts = new Map<number, SavedAccount>()
    for (const [shortServerId, server] of saved) {
      servers.restore(Number(shortServerId), server)
      accounts.set(Number(shortServerId), accountOf(server))
    }
    return accounts
  }

  takeExpiry(): Expiry | undefined {
    const expiry = this.#restored?.bootstrapExpiry
    this.#restored = undefined
    return expiry
  }

  /** Saves once what is to be done now is done. */
  schedule(actor: ActorRefFrom<typeof client>, servers: Servers): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      // What a session in progress writes counts when it is accepted.
      if (actor.getSnapshot().matches('bootstrapping')) return
      const { persistence, onError } = this.#options
      persistence.save(this.#collect(actor, servers)).catch(onError)
    })
  }

  /** Resolves when all is safe, or cannot be. */
  async flush(): Promise<void> {
    // What was scheduled before is saved by then.
    await Promise.resolve()
    await this.#options.persistence.flush().catch(() => undefined)
  }

  #collect(actor: ActorRefFrom<typeof client>, servers: Servers): SavedState {
    const { store, fingerprint } = this.#options
    const { children, context } = actor.getSnapshot()
    const saved: { [shortServerId: number]: SavedServer } = {}
    servers.forEach(connection => {
      const { shortServerId } = connection.account
      const account = children[accountId(shortServerId)]?.getSnapshot() as { context: AccountContext } | undefined
      saved[shortServerId] = { ...savedAccount(account?.context), ...connection.save() }
    })
    const { expiry } = context.bootstrap ?? {}
    return {
      fingerprint,
      objects: takeSnapshot(store, accountObjectIds),
      servers: saved,
      ...(expiry && { bootstrapExpiry: expiry }),
    }
  }
}

function savedAccount(context: AccountContext | undefined): Omit<SavedServer, 'attributes' | 'observations'> {
  if (context === undefined) return { location: [], version: '1.1', lifetimeSeconds: 0 }
  const { location, registeredUntilMs, lifetimeSeconds, versions, disabled } = context
  return {
    location,
    version: versions[0],
    lifetimeSeconds,
    ...(registeredUntilMs === undefined ? {} : { registeredUntilMs }),
    ...(disabled?.untilMs === undefined ? {} : { disabledUntilMs: disabled.untilMs }),
  }
}

function accountOf({ location, version, registeredUntilMs, disabledUntilMs }: SavedServer): SavedAccount {
  return {
    location,
    version,
    ...(registeredUntilMs === undefined ? {} : { registeredUntilMs }),
    ...(disabledUntilMs === undefined ? {} : { disabled: { untilMs: disabledUntilMs } }),
  }
}
