import type { BootstrapResult } from '../machines/effects.ts'
import { type BootstrapAccount, bootstrapAccounts } from '../objects/account.ts'
import { server } from '../objects/definitions/server.ts'
import { accountInputs, bootstrapAccountInputs } from './accounts.ts'
import { BootstrapConnection, type BootstrapEnvironment } from './bootstrap-connection.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'
import type { ClientOptions } from './options.ts'

/** The Bootstrap-Servers of a client, and what becomes of its accounts when one of them has finished. */
export class Bootstraps {
  readonly #environment: BootstrapEnvironment
  readonly #options: ClientOptions
  readonly #prepareServers: () => void
  readonly #connections = new Map<number, BootstrapConnection>()

  constructor(environment: ConnectionEnvironment, options: ClientOptions, prepareServers: () => void) {
    this.#options = options
    this.#prepareServers = prepareServers
    this.#environment = {
      maximumBootstrapAccounts: Math.max(1, bootstrapAccounts(environment.store).length),
      onFinished: account => this.#finish(account),
      // Last, so that all clients share its hidden class.
      ...environment,
    }
  }

  connection(securityInstanceId: number): BootstrapConnection {
    let connection = this.#connections.get(securityInstanceId)
    if (connection === undefined) {
      const account = bootstrapAccounts(this.#environment.store).find(
        one => one.securityInstanceId === securityInstanceId,
      )
      if (account === undefined) throw new Error(`/0/${securityInstanceId} is no Bootstrap-Server Account`)
      connection = new BootstrapConnection(account, this.#environment)
      this.#connections.set(securityInstanceId, connection)
    }
    return connection
  }

  #finish({ securityInstanceId, accountTimeoutSeconds }: BootstrapAccount): BootstrapResult {
    const { store, clock } = this.#environment
    const { lastBootstrapped } = server.resources
    for (const serverInstanceId of store.instanceIds(server.id)) {
      if (store.resource(server.id, lastBootstrapped.id) === undefined) break
      store.set([server.id, serverInstanceId, lastBootstrapped.id], Math.floor(clock.now() / 1000))
    }
    this.#connections.clear()
    const accounts = accountInputs(store, this.#options)
    this.#prepareServers()
    return {
      accounts,
      bootstrapAccounts: bootstrapAccountInputs(store),
      ...(accountTimeoutSeconds === undefined
        ? {}
        : { expiry: { securityInstanceId, atMs: clock.now() + accountTimeoutSeconds * 1000 } }),
    }
  }
}
