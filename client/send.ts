import { type Path, parsePath } from '../objects/path.ts'
import { isMuted, notRegistered, type Sends, type ServerSendOptions } from './sends.ts'
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
  const paths: Path[] = texts.map(parsePath)
  const results = await Promise.allSettled(receivers(servers, server).map(sends => sends.send(paths, options)))
  const failure = results.find(({ status }) => status === 'rejected')
  if (failure?.status === 'rejected') throw failure.reason
}

/** Throws SendError NOT_REGISTERED, or MUTED when all are. */
function receivers(servers: Servers, server: number | undefined): Sends[] {
  const registered: Sends[] = []
  servers.forEach(({ sends, account }) => {
    if (sends.registered && (server === undefined || account.shortServerId === server)) registered.push(sends)
  })
  if (registered.length === 0) throw notRegistered(server)
  const willing = registered.filter(({ muted }) => !muted)
  if (willing.length === 0) throw isMuted(server)
  return willing
}
