import type { ObjectDefinition } from '../definition.ts'
import { oscore } from '../definitions/oscore.ts'
import { server } from '../definitions/server.ts'
import type { EnablerVersion } from '../enabler.ts'
import { ResponseCode } from '../errors.ts'
import { ContentFormat } from '../formats/format.ts'
import { formatLinks, type Link, type LinkAttributes } from '../formats/link-format.ts'
import { linkTo, versionAttribute, versionText } from '../links.ts'
import { formatPath } from '../path.ts'
import type { ObjectStore } from '../store.ts'
import { securityInstances, serverOf } from './bootstrap-account.ts'
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
  const accounts = accountAttributes(store)
  const links = [
    linkTo([], { lwm2m: versionText(enablerVersion, enablerVersion) }),
    ...objects.flatMap(object => linksOf(store, object, enablerVersion, accounts)),
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
  accounts: ReadonlyMap<string, LinkAttributes>,
): Link[] {
  const version = versionAttribute(object, enabler)
  const instances = store.instanceIds(object.id).map(instanceId => {
    const path = [object.id, instanceId]
    return linkTo(path, accounts.get(formatPath(path)))
  })
  const needsOwnLink = instances.length === 0 || 'ver' in version
  return needsOwnLink ? [linkTo([object.id], version), ...instances] : instances
}

/** What is told of the instances that belong to a server, by path text. */
function accountAttributes(store: ObjectStore): Map<string, LinkAttributes> {
  const accounts = new Map<string, LinkAttributes>()
  for (const instanceId of store.instanceIds(server.id)) {
    accounts.set(formatPath([server.id, instanceId]), ssid(serverOf(store, instanceId)))
  }
  for (const { path, isBootstrapServer, shortServerId, uri, oscore: link } of securityInstances(store)) {
    if (isBootstrapServer) continue
    accounts.set(formatPath(path), { ...ssid(shortServerId), ...(uri === undefined ? {} : { uri }) })
    if (link?.objectId === oscore.id) accounts.set(formatPath([link.objectId, link.instanceId]), ssid(shortServerId))
  }
  return accounts
}

function ssid(shortServerId: number | undefined): LinkAttributes {
  return shortServerId === undefined ? {} : { ssid: shortServerId }
}
