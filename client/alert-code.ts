import { server } from '../objects/definitions/server.ts'
import type { ObjectStore } from '../objects/store.ts'
import { TransportError } from '../transport/errors.ts'

const { id } = server.resources.tlsDtlsAlertCode

/** TLS/DTLS Alert Code (LwM2M Core 1.2.2 §E.2): what the server sent when it ended a connection, or let none come about. */
export function recordAlert(store: ObjectStore, serverInstanceId: number, error: unknown): void {
  if (!(error instanceof TransportError) || !error.isAlertOfPeer || error.alertCode === undefined) return
  if (store.resource(server.id, id) === undefined) return
  if (store.has([server.id, serverInstanceId])) store.set([server.id, serverInstanceId, id], error.alertCode)
}
