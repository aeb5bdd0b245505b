import type { Expiry } from '../machines/bootstrap-context.ts'
import type { BootstrapResult } from '../machines/effects.ts'
import { type BootstrapAccount, bootstrapAccounts } from '../objects/account.ts'
import { security } from '../objects/definitions/security.ts'
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
  #expiry: Expiry | undefined

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

  /** Which account is to be purged, and when; undefined when none is left to be. */
  get expiry(): Expiry | undefined {
    return this.#expiry
  }

  /** Takes over what an earlier run of the client had to do. */
  restore(expiry: Expiry | undefined): void {
    this.#expiry ??= expiry
  }

  /** The time of an account is over (/0/x/12). */
  purge(securityInstanceId: number): void {
    this.#expiry = undefined
    this.#connections.delete(securityInstanceId)
    const { store } = this.#environment
    // The application may have been faster.
    if (store.hasInstance(security.id, securityInstanceId)) store.deleteInstance(security.id, securityInstanceId)
  }

  connection(securityInstanceId: number): BootstrapConnection {
    let connection = this.#connections.get(securityInstanceId)
    if (connection === undefined) {
      connection = new BootstrapConnection(securityInstanceId, this.#environment)
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
    this.#expiry =
      accountTimeoutSeconds === undefined
        ? undefined
        : { securityInstanceId, atMs: clock.now() + accountTimeoutSeconds * 1000 }
    return {
      accounts,
      bootstrapAccounts: bootstrapAccountInputs(store),
      ...(this.#expiry && { expiry: this.#expiry }),
    }
  }
}
