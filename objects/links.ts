import type { ObjectDefinition } from './definition.ts'
import { bootstrapOnlyObjects } from './definition-table.ts'
import { ContentFormat } from './formats/format.ts'
import { formatLinks, type Link, type LinkAttributes } from './formats/link-format.ts'
import { formatPath, type Path } from './path.ts'
import type { ObjectStore } from './store.ts'

/** Versions of the objects that LwM2M 1.1 itself defines, where they are not 1.0 (LwM2M Core 1.1 Appendix E). */
const coreVersions = new Map([
  [0, '1.1'],
  [1, '1.1'],
  [3, '1.1'],
  [4, '1.2'],
])

export function linkTo(path: Path, attributes: LinkAttributes = {}): Link {
  return { target: formatPath(path), attributes }
}

/** `ver`, or nothing when the version is the one LwM2M 1.1 presumes (LwM2M Core 1.2.2 §7.2.1). */
export function versionAttribute({ id, version = '1.0' }: ObjectDefinition): LinkAttributes {
  return version === (coreVersions.get(id) ?? '1.0') ? {} : { ver: version }
}

/**
 * The payload of a Register, or of an Update after instances came or went (LwM2M Core 1.2.2 §6.2.1): every object with
 * its instances. An object has a link of its own when it has no instance or its version must be told.
 */
export function registrationLinks(store: ObjectStore): string {
  const links = [linkTo([], { rt: 'oma.lwm2m', ct: ContentFormat.senmlCbor })]
  for (const definition of store.objects()) {
    if (bootstrapOnlyObjects.has(definition.id)) continue
    const instanceIds = store.instanceIds(definition.id)
    const version = versionAttribute(definition)
    if (instanceIds.length === 0 || 'ver' in version) links.push(linkTo([definition.id], version))
    for (const instanceId of instanceIds) links.push(linkTo([definition.id, instanceId]))
  }
  return formatLinks(links)
}
