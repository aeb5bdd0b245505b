import { device } from '../definitions/device.ts'
import { oscore } from '../definitions/oscore.ts'
import { security } from '../definitions/security.ts'
import { server } from '../definitions/server.ts'
import { formatPath, type Path } from '../path.ts'
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

/** The instances of the Bootstrap-Server Accounts: Security, and OSCORE where that is used. */
export function bootstrapAccountInstances(store: ObjectStore): Path[] {
  return securityInstances(store).flatMap(({ path, isBootstrapServer, oscore: link }) => {
    if (!isBootstrapServer) return []
    return link?.objectId === oscore.id ? [path, [link.objectId, link.instanceId]] : [path]
  })
}

/** Tells the instances that no Bootstrap-Delete affects: the Bootstrap-Server Account and the Device (§6.1.7.6). */
export function keptInstances(store: ObjectStore): (path: Path) => boolean {
  const kept = new Set(bootstrapAccountInstances(store).map(formatPath))
  return path => path[0] === device.id || kept.has(formatPath(path))
}

/** 0 and 65535 identify no server (LwM2M Core 1.2.2 §7.4, table of identifiers). */
function shortServerIdOf(value: Value | undefined): number | undefined {
  return typeof value === 'number' && value > 0 && value < 65535 ? value : undefined
}
