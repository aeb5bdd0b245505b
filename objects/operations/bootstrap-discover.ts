import type { ObjectDefinition } from '../definition.ts'
import { oscore } from '../definitions/oscore.ts'
import { security } from '../definitions/security.ts'
import { server } from '../definitions/server.ts'
import type { EnablerVersion } from '../enabler.ts'
import { ResponseCode } from '../errors.ts'
import { ContentFormat } from '../formats/format.ts'
import { formatLinks, type Link, type LinkAttributes } from '../formats/link-format.ts'
import { linkTo, versionAttribute, versionText } from '../links.ts'
import type { Path } from '../path.ts'
import type { ObjectStore } from '../store.ts'
import { type SecurityInstance, securityInstances, serverOf } from './bootstrap-account.ts'
import type { BootstrapContext, BootstrapOperationOf, Outcome } from './operation.ts'
import { notAllowed, notFound } from './target.ts'

/**
 * Performs a Bootstrap-Discover on the root or an object: the enabler version, then objects and instances, those of
 * Security and OSCORE too. `ssid` tells which instances belong to which server, `uri` where it is; the
 * Bootstrap-Server's own have neither (LwM2M Core 1.2.2 §6.1.7.3).
 */
export function bootstrapDiscover(
  store: ObjectStore,
  { enablerVersion = '1.1' }: BootstrapContext,
  { path }: BootstrapOperationOf<'bootstrapDiscover'>,
): Outcome {
  if (path.length > 1) throw notAllowed(path, 'Bootstrap-Discover')
  const objects = store.objects().filter(({ id }) => path.length === 0 || id === path[0])
  if (objects.length === 0 && path.length === 1) throw notFound(path)
  const securities = securityInstances(store)
  const links = [
    linkTo([], { lwm2m: versionText(enablerVersion, enablerVersion) }),
    ...objects.flatMap(object => linksOf(store, object, enablerVersion, securities)),
  ]
  return {
    responseCode: ResponseCode.content,
    contentFormat: ContentFormat.link,
    payload: Buffer.from(formatLinks(links)),
  }
}

/** An object has a link of its own when it has no instance or its version must be told. */
function linksOf(
  store: ObjectStore,
  object: ObjectDefinition,
  enabler: EnablerVersion,
  securities: readonly SecurityInstance[],
): Link[] {
  const version = versionAttribute(object, enabler)
  const instances = store.instanceIds(object.id).map(instanceId => {
    const path = [object.id, instanceId]
    return linkTo(path, accountAttributes(store, path, securities))
  })
  const needsOwnLink = instances.length === 0 || 'ver' in version
  return needsOwnLink ? [linkTo([object.id], version), ...instances] : instances
}

function accountAttributes(
  store: ObjectStore,
  [objectId, instanceId]: Path,
  securities: readonly SecurityInstance[],
): LinkAttributes {
  switch (objectId) {
    case server.id:
      return ssid(serverOf(store, instanceId as number))
    case security.id: {
      const instance = securities.find(({ path }) => path[1] === instanceId)
      if (instance === undefined || instance.isBootstrapServer) return {}
      const { shortServerId, uri } = instance
      return { ...ssid(shortServerId), ...(uri === undefined ? {} : { uri }) }
    }
    case oscore.id: {
      const user = securities.find(({ oscore: link }) => link?.objectId === objectId && link.instanceId === instanceId)
      return user === undefined || user.isBootstrapServer ? {} : ssid(user.shortServerId)
    }
    default:
      return {}
  }
}

function ssid(shortServerId: number | undefined): LinkAttributes {
  return shortServerId === undefined ? {} : { ssid: shortServerId }
}
