import { bootstrapAccounts, type ServerAccount } from '../objects/account.ts'
import { server } from '../objects/definitions/server.ts'
import { OperationError } from '../objects/errors.ts'
import type { ObjectsApi } from '../objects/objects.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { TransportLetter } from './current-transport.ts'
import type { Servers } from './servers.ts'

/** What a server may have a client do. */
export interface Triggered {
  readonly objects: ObjectsApi
  disable(shortServerId: number, seconds?: number): void
  update(shortServerId: number): void
  bootstrap(): void
}

/** The Executes by which a server controls its registration (LwM2M Core 1.2.2 §E.2). */
export function serveTriggers(client: Triggered, store: ObjectStore, servers: Servers): void {
  const { objects } = client
  objects.onExecute(server, 'disable', ([, instanceId]) => {
    const account = servers.accountOf(instanceId)
    if (account !== undefined) client.disable(account.shortServerId, account.disableTimeoutSeconds)
  })
  objects.onExecute(server, 'registrationUpdateTrigger', ([, instanceId], args) => {
    const account = servers.accountOf(instanceId)
    if (account === undefined) return
    const transport = overridingTransport(account, args.get(0))
    const moves = transport !== undefined && servers.connection(account.shortServerId).moveTo(transport)
    // A new connection begins with an Update anyway.
    if (!moves) client.update(account.shortServerId)
  })
  if (store.resource(server.id, server.resources.bootstrapRequestTrigger.id) === undefined) return
  objects.onExecute(server, 'bootstrapRequestTrigger', () => {
    if (bootstrapAccounts(store).length === 0) {
      throw new OperationError('METHOD_NOT_ALLOWED', 'there is no Bootstrap-Server Account')
    }
    client.bootstrap()
  })
}

/**
 * The binding that the argument of a Registration Update Trigger asks for, if the server has it; UDP each one is taken to have
 * (LwM2M Core 1.2.2 §6.2.1.2).
 */
function overridingTransport({ binding }: ServerAccount, argument: string | undefined): TransportLetter | undefined {
  if (argument === 'U') return argument
  return argument === 'T' && binding.includes(argument) ? argument : undefined
}
