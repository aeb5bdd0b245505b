import type { ActorRefFrom } from 'xstate'
import { server } from '../objects/definitions/server.ts'
import { accountObjectIds } from '../objects/snapshot.ts'
import type { ObjectStore } from '../objects/store.ts'
import { accountInputs, raiseLifetimes } from './accounts.ts'
import type { client } from './actors.ts'
import type { ClientOptions } from './options.ts'
import { concernsAccounts, concernsLifecycle, type Servers } from './servers.ts'

export interface AccountChanges {
  readonly store: ObjectStore
  readonly options: ClientOptions
  readonly servers: Servers
  readonly actor: ActorRefFrom<typeof client>
  /** Whether the accounts run, or will. */
  readonly isStarted: () => boolean
  readonly save: () => void
}

/** Has the statecharts follow what is written to the accounts of a client, and which instances come and go. */
export function followAccountChanges({ store, options, servers, actor, isStarted, save }: AccountChanges): void {
  store.onChanges(changes => {
    // Most changes are values that the device measures.
    if (!changes.some(concernsLifecycle)) return
    const isBootstrapping = actor.getSnapshot().matches('bootstrapping')
    if (!isBootstrapping) {
      if (changes.some(({ path }) => accountObjectIds.includes(path[0] as number))) save()
      if (changes.some(({ path }) => path[0] === server.id)) raiseLifetimes(store, options)
    }
    for (const command of servers.commandsFor(changes)) actor.send(command)
    // The accounts that a session in progress writes count when it is accepted; when it is not, those before are back.
    if (isBootstrapping) return
    servers.forgetInstances(changes)
    if (!changes.some(concernsAccounts) || !isStarted()) return
    const accounts = accountInputs(store, options)
    servers.extend()
    actor.send({ type: 'accounts.changed', accounts })
  })
}
