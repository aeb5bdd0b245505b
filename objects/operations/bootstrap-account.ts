import { device } from '../definitions/device.ts'
import { oscore } from '../definitions/oscore.ts'
import { security } from '../definitions/security.ts'
import { server } from '../definitions/server.ts'
import type { Path } from '../path.ts'
import type { ObjectStore } from '../store.ts'
import { isObjectLink, type ObjectLink, type Value } from '../value.ts'

/** A Security instance, as far as bootstrap looks at it. Holds no secret. */
export interface SecurityInstance {
  readonly path: Path
  readonly isBootstrapServer: boolean
  readonly shortServerId: number | undefined
  readonly uri: string | undefined
  readonly oscore: ObjectLink | undefined
}

export function securityInstances(store: ObjectStore): SecurityInstance[] {
  const { bootstrapServer, shortServerId, lwm2mServerUri, oscoreSecurityMode } = security.resources
  return store.instanceIds(security.id).map(instanceId => {
    const path = [security.id, instanceId]
    const uri = store.get([...path, lwm2mServerUri.id])
    const link = store.get([...path, oscoreSecurityMode.id])
    return {
      path,
      isBootstrapServer: store.get([...path, bootstrapServer.id]) === true,
      shortServerId: shortServerIdOf(store.get([...path, shortServerId.id])),
      uri: typeof uri === 'string' ? uri : undefined,
      oscore: isObjectLink(link) ? link : undefined,
    }
  })
}

/** The Short Server ID of a Server instance. */
export function serverOf(store: ObjectStore, serverInstanceId: number): number | undefined {
  return shortServerIdOf(store.get([server.id, serverInstanceId, server.resources.shortServerId.id]))
}

/** The instances that no Bootstrap-Delete affects: the Bootstrap-Server Account and the Device (§6.1.7.6). */
export function isKept(store: ObjectStore, [objectId, instanceId]: Path): boolean {
  if (objectId === device.id) return true
  const account = securityInstances(store).filter(({ isBootstrapServer }) => isBootstrapServer)
  return account.some(({ path, oscore: link }) =>
    objectId === oscore.id
      ? link?.objectId === objectId && link.instanceId === instanceId
      : path[0] === objectId && path[1] === instanceId,
  )
}

/** 0 and 65535 identify no server (LwM2M Core 1.2.2 §7.4, table of identifiers). */
function shortServerIdOf(value: Value | undefined): number | undefined {
  return typeof value === 'number' && value > 0 && value < 65535 ? value : undefined
}
