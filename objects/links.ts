import type { ObjectDefinition } from './definition.ts'
import { bootstrapOnlyObjects } from './definition-table.ts'
import { defaultObjectVersion, type EnablerVersion } from './enabler.ts'
import { ContentFormat } from './formats/format.ts'
import { formatLinks, type Link, type LinkAttributes, type QuotedText } from './formats/link-format.ts'
import { formatPath, type Path } from './path.ts'
import type { ObjectStore } from './store.ts'

export function linkTo(path: Path, attributes: LinkAttributes = {}): Link {
  return { target: formatPath(path), attributes }
}

/** `ver`, or nothing when the version is the one that the enabler presumes (LwM2M Core 1.2.2 §7.2.3). */
export function versionAttribute(
  { id, version = '1.0' }: ObjectDefinition,
  enabler: EnablerVersion = '1.1',
): LinkAttributes {
  return version === defaultObjectVersion(enabler, id) ? {} : { ver: versionText(version, enabler) }
}

/** LwM2M 1.0 writes versions in quotes, later enablers without (LwM2M Core 1.0 §6.2, 1.1 §7.2.1). */
export function versionText(version: string, enabler: EnablerVersion): string | QuotedText {
  return enabler === '1.0' ? { quoted: version } : version
}

/**
 * The payload of a Register, or of an Update after instances came or went (LwM2M Core 1.2.2 §6.2.1): every object with
 * its instances. An object has a link of its own when it has no instance or its version must be told.
 */
export function registrationLinks(store: ObjectStore, enabler: EnablerVersion = '1.1'): string {
  // LwM2M 1.0 knows no format but TLV, which goes without saying, and JSON.
  const dataFormat = enabler === '1.0' ? {} : { ct: ContentFormat.senmlCbor }
  return formatLinks([linkTo([], { rt: 'oma.lwm2m', ...dataFormat }), ...objectLinks(store, enabler)])
}

/**
 * What a device behind a gateway has, in the same format (LwM2M Gateway 1.1 §6, IoT Device Objects). It is told to servers of
 * any enabler, so that a version is told unless all of them presume it.
 */
export function deviceLinks(store: ObjectStore): string {
  return formatLinks(objectLinks(store, '1.2', '1.1'))
}

/** Objects and instances; a version is told where it is not the one that each of the enablers presumes. */
function objectLinks(store: ObjectStore, ...enablers: readonly EnablerVersion[]): Link[] {
  const links: Link[] = []
  for (const definition of store.objects()) {
    if (bootstrapOnlyObjects.has(definition.id)) continue
    const instanceIds = store.instanceIds(definition.id)
    const version = Object.assign(
      {},
      ...enablers.map(enabler => versionAttribute(definition, enabler)),
    ) as LinkAttributes
    if (instanceIds.length === 0 || 'ver' in version) links.push(linkTo([definition.id], version))
    for (const instanceId of instanceIds) links.push(linkTo([definition.id, instanceId]))
  }
  return links
}
