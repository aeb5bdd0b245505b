import type { Disabled } from '../machines/account-context.ts'
import type { ClientCommand } from '../machines/client-context.ts'
import type { ClientEvent } from '../machines/events.ts'
import { type ServerAccount, serverAccounts } from '../objects/account.ts'
import { bootstrapOnlyObjects } from '../objects/definition-table.ts'
import { security } from '../objects/definitions/security.ts'
import { server } from '../objects/definitions/server.ts'
import { accountObjectIds } from '../objects/snapshot.ts'
import type { Change } from '../objects/store.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'
import type { IotDevices } from './iot-devices.ts'
import type { SavedServer } from './saved-state.ts'
import { ServerConnection } from './server-connection.ts'

/** The resources by which a Server instance finds its Security instance. */
const shortServerIds = new Map<number, number>([
  [security.id, security.resources.shortServerId.id],
  [server.id, server.resources.shortServerId.id],
])

/**
 * The servers of a client: one connection for each account of the store, with which of them it is registered, and what a change
 * of the store means to them.
 */
export class Servers {
  readonly #environment: ConnectionEnvironment
  readonly #connections = new Map<number, ServerConnection>()
  readonly #registered = new Set<number>()

  constructor(environment: ConnectionEnvironment) {
    this.#environment = environment
  }

  /** Whether the client is registered with every one of them, and there is one. */
  get areRegistered(): boolean {
    return this.#connections.size > 0 && this.#registered.size === this.#connections.size
  }

  /** The devices behind the client. */
  get devices(): IotDevices {
    return this.#environment.devices
  }

  /** Takes the accounts of the store; connections of accounts that are as they were are kept. */
  prepare(): void {
    const former = new Map(this.#connections)
    this.#connections.clear()
    for (const account of serverAccounts(this.#environment.store)) {
      const { shortServerId } = account
      const known = former.get(shortServerId)
      const kept = known?.isOf(account) === true
      if (kept) former.delete(shortServerId)
      this.#connections.set(shortServerId, kept ? known : new ServerConnection(account, this.#environment))
    }
    for (const connection of former.values()) connection.release()
  }

  /** Takes accounts that are new; those that are gone stay until they have de-registered. */
  extend(): void {
    for (const account of serverAccounts(this.#environment.store)) {
      if (this.#connections.has(account.shortServerId)) continue
      this.#connections.set(account.shortServerId, new ServerConnection(account, this.#environment))
    }
  }

  /** Keeps up with the registrations. */
  hear(event: ClientEvent): void {
    switch (event.type) {
      case 'REGISTRATION_COMPLETE':
      case 'REG_UPDATE_COMPLETE':
        this.#registered.add(event.shortServerId)
        break
      case 'REGISTRATION_FAILURE':
      case 'CONNECT_FAILURE':
      case 'REG_TIMEOUT':
      case 'DEREGISTER':
        this.#registered.delete(event.shortServerId)
        break
      case 'SERVER_DISABLED':
        this.#registered.delete(event.shortServerId)
        this.disable(event.shortServerId, event.untilMs === undefined ? {} : { untilMs: event.untilMs })
        break
      case 'DISCONNECT':
        if (event.shortServerId === undefined) break
        this.#registered.delete(event.shortServerId)
        this.#end(event.shortServerId)
        break
      case 'BOOTSTRAP_TRANSFER_COMPLETE':
        this.#registered.clear()
    }
  }

  /** Until then, until `enable`, or until its connection is opened; undefined: not. */
  disable(shortServerId: number, disabled: Disabled | undefined): void {
    const connection = this.#connections.get(shortServerId)
    if (connection !== undefined) connection.disabled = disabled
  }

  /** What is known of a server without a registration. */
  known(shortServerId: number): { location: []; disabled: Disabled } | undefined {
    const disabled = this.#connections.get(shortServerId)?.disabled
    return disabled && { location: [], disabled }
  }

  /** What an earlier run of the client knew of a server. */
  restore(shortServerId: number, saved: SavedServer): void {
    this.#connections.get(shortServerId)?.restore(saved)
  }

  connection(shortServerId: number): ServerConnection {
    const connection = this.#connections.get(shortServerId)
    if (connection === undefined) throw new Error(`there is no server account ${shortServerId}`)
    return connection
  }

  forEach(visit: (connection: ServerConnection) => void): void {
    this.#connections.forEach(visit)
  }

  accountOf(serverInstanceId: number | undefined): ServerAccount | undefined {
    return serverAccounts(this.#environment.store).find(account => account.serverInstanceId === serverInstanceId)
  }

  /** What the statecharts must hear of: lifetimes, bindings, instances that came or went (LwM2M Core 1.2.2 §6.2.2). */
  commandsFor(changes: readonly Change[]): ClientCommand[] {
    const commands: ClientCommand[] = []
    let instancesChanged = false
    for (const { kind, path } of changes) {
      const [objectId, instanceId, resourceId] = path as [number, number, number?]
      if (kind === 'value') {
        if (objectId === server.id) commands.push(...this.#commandsForServer(instanceId, resourceId))
        continue
      }
      if (!bootstrapOnlyObjects.has(objectId)) instancesChanged = true
    }
    return instancesChanged ? [...commands, { type: 'instances.changed' }] : commands
  }

  /** Attributes that a server attached to instances which are gone are gone with them. */
  forgetInstances(changes: readonly Change[]): void {
    for (const { kind, path } of changes) {
      if (kind === 'deleted') this.#connections.forEach(connection => connection.forgetInstance(path))
    }
  }

  /** The account has stopped: lets go of its connection when it is no account any more, or another. */
  #end(shortServerId: number): void {
    const connection = this.#connections.get(shortServerId)
    connection?.endRegistration()
    const account = serverAccounts(this.#environment.store).find(one => one.shortServerId === shortServerId)
    if (account !== undefined && connection?.isOf(account) === true) return
    connection?.release()
    this.#connections.delete(shortServerId)
    if (account !== undefined) this.#connections.set(shortServerId, new ServerConnection(account, this.#environment))
  }

  #commandsForServer(serverInstanceId: number, resourceId: number | undefined): ClientCommand[] {
    const { lifetime, binding } = server.resources
    if (resourceId !== lifetime.id && resourceId !== binding.id) return []
    const account = this.accountOf(serverInstanceId)
    if (account === undefined) return []
    const { shortServerId, lifetimeSeconds } = account
    return resourceId === lifetime.id
      ? [{ type: 'lifetime.changed', shortServerId, lifetimeSeconds }]
      : [{ type: 'binding.changed', shortServerId, binding: account.binding }]
  }
}

/** Whether a change may be of meaning beyond the values that a device reports: to its accounts, or its list of instances. */
export function concernsLifecycle({ kind, path }: Change): boolean {
  return kind !== 'value' || accountObjectIds.includes(path[0] as number)
}

/** Whether a change may have made or ended a server account. */
export function concernsAccounts({ kind, path }: Change): boolean {
  const [objectId, , resourceId] = path as [number, number, number?]
  const shortServerId = shortServerIds.get(objectId)
  return shortServerId !== undefined && (kind !== 'value' || resourceId === shortServerId)
}
