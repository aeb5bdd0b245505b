import { PathError } from '../objects/errors.ts'
import { parsePrefixedPaths } from '../objects/prefixed-path.ts'
import { printable } from '../objects/printable.ts'
import type { IotDevice } from './iot-devices.ts'
import { isMuted, notRegistered, type ServerSendOptions } from './sends.ts'
import type { ServerConnection } from './server-connection.ts'
import type { Servers } from './servers.ts'

export interface SendOptions extends ServerSendOptions {
  /** Short Server ID. Default: every server the client is registered with that has not muted Send. */
  readonly server?: number
}

/** Sends what is at some paths to one server, or to all that take it; see `Lwm2mClient.send`. */
export async function sendToServers(
  servers: Servers,
  texts: readonly string[],
  { server, ...options }: SendOptions,
): Promise<void> {
  const { paths, prefix } = parsePrefixedPaths(texts)
  const device = deviceOf(servers, prefix)
  const results = await Promise.allSettled(
    receivers(servers, server).map(({ sends, reporting }) => {
      return device === undefined ? sends.send(paths, options) : sends.send(paths, options, reporting.of(device))
    }),
  )
  const failure = results.find(({ status }) => status === 'rejected')
  if (failure?.status === 'rejected') throw failure.reason
}

/** The device behind the client that has a prefix (LwM2M Gateway 1.1 §8.3.3); none without one. Throws PathError. */
function deviceOf({ devices }: Servers, prefix: string | undefined): IotDevice | undefined {
  if (prefix === undefined) return undefined
  const device = devices.find(prefix)
  if (device === undefined) throw new PathError(`there is no device with the prefix "${printable(prefix)}"`)
  return device
}

/** Throws SendError NOT_REGISTERED, or MUTED when all are. */
function receivers(servers: Servers, server: number | undefined): ServerConnection[] {
  const registered: ServerConnection[] = []
  servers.forEach(connection => {
    const { sends, account } = connection
    if (sends.registered && (server === undefined || account.shortServerId === server)) registered.push(connection)
  })
  if (registered.length === 0) throw notRegistered(server)
  const willing = registered.filter(({ sends }) => !sends.muted)
  if (willing.length === 0) throw isMuted(server)
  return willing
}
